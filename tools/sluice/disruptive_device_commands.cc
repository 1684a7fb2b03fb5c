// `sluice disruptive devices|device|labels|transfer|history`.
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "plugins/disruptive/device_calls.h"
#include "tools/sluice/disruptive_commands.h"
#include "tools/sluice/moment.h"

namespace sluice {
namespace {

namespace v1 = disruptive::v1;

struct DeviceOptions : DisruptiveOptions {
  disruptive::DeviceQuery query;
  std::vector<std::string> labels;
  uint64_t limit = 0;
  // `device`, `labels`, `transfer`.
  std::vector<std::string> devices;
  std::vector<std::string> set;
  std::vector<std::string> remove;
  std::string to;
};

struct HistoryOptions : DisruptiveOptions {
  disruptive::HistoryQuery query;
  uint64_t limit = 0;
};

// Prints what failed; an error if anything did.
absl::Status ReportErrors(
    const google::protobuf::RepeatedPtrField<v1::DeviceError>& errors,
    DisruptiveSession& session) {
  for (const v1::DeviceError& error : errors) {
    session.err() << LastPart(error.device()) << ": "
                  << v1::DeviceError::Code_Name(error.status().code()) << ": "
                  << error.status().message() << "\n";
  }
  if (errors.empty()) return absl::OkStatus();
  return absl::UnknownError(
      absl::StrCat("it failed for ", Count(errors.size(), "device")));
}

void AddDevices(CLI::App& parent, const DisruptiveCommands& commands) {
  auto options = std::make_shared<DeviceOptions>();
  CLI::App* command =
      commands.Add(parent, "devices", "List devices", options.get());
  disruptive::DeviceQuery* query = &options->query;
  AddRepeated(command, "--device", &query->device_ids, "Only this device",
              "ID");
  AddRepeated(command, "--device-type", &query->device_types,
              "Only devices of this type", "TYPE");
  AddRepeated(command, "--label", &options->labels,
              "Only devices with this label, whatever its value or with this "
              "one; several: with all of them",
              "KEY[=VALUE]");
  command->add_option("--query", query->query, "Words of types, labels and ids")
      ->type_name("TEXT");
  command
      ->add_option("--order-by", query->order_by,
                   "labels.name, reported.temperature.value and so on; with "
                   "a - in front: descending")
      ->type_name("FIELD");
  command
      ->add_option("--organization", query->organization,
                   "All projects of this organization, with --project -")
      ->type_name("ID");
  AddRepeated(command, "--in-project", &query->projects,
              "Only this project of the organization", "ID");
  command->add_option("--limit", options->limit, "At most so many")
      ->type_name("N");
  command->footer(
      "Examples:\n"
      "  sluice disruptive devices -p PROJECT --label room-number=99\n"
      "  sluice disruptive devices -p PROJECT --device-type co2 --output json "
      "|\n"
      "      jq -r .reported.co2.ppm");
  commands.OnRun(command, options, [options](DisruptiveSession& session) {
    disruptive::DeviceQuery query = options->query;
    query.project = session.project();
    query.label_filters = SplitAssignments(options->labels);
    return session.ShowList(disruptive::ListDevices(query), options->limit);
  });
}

void AddDevice(CLI::App& parent, const DisruptiveCommands& commands) {
  auto options = std::make_shared<DeviceOptions>();
  CLI::App* command = commands.Add(
      parent, "device", "Show everything about one device", options.get());
  options->devices.resize(1);
  AddPositional(command, "DEVICE", &options->devices[0], "Its id");
  command->footer("Without --project it is looked for in all projects.");
  commands.OnRun(command, options, [options](DisruptiveSession& session) {
    return session.Show(disruptive::GetDevice(
        options->devices[0],
        session.project().empty() ? "-" : session.project()));
  });
}

void AddLabels(CLI::App& parent, const DisruptiveCommands& commands) {
  auto options = std::make_shared<DeviceOptions>();
  CLI::App* command = commands.Add(
      parent, "labels", "Set and remove labels of devices", options.get());
  command->add_option("DEVICE", options->devices, "Their ids")
      ->required()
      ->type_name("");
  AddRepeated(command, "--set", &options->set, "Give them this label",
              "KEY=VALUE");
  AddRepeated(command, "--remove", &options->remove, "Take this label away",
              "KEY");
  command->footer(
      "Examples:\n"
      "  sluice disruptive labels -p PROJECT DEVICE --set room-number=99\n"
      "  sluice disruptive labels -p PROJECT DEVICE1 DEVICE2 --remove group");
  commands.OnRun(command, options, [options](DisruptiveSession& session) {
    for (const std::string& text : options->set) {
      if (text.find('=') == std::string::npos) {
        return absl::InvalidArgumentError(
            absl::StrCat("--set: \"", text, "\" must be KEY=VALUE"));
      }
    }
    const auto result = session.Send(disruptive::UpdateLabels(
        session.project(), options->devices, SplitAssignments(options->set),
        options->remove));
    if (!result.ok()) return result.status();
    if (session.output() == OutputFormat::kJson) session.ShowItem(*result);
    return ReportErrors(result->batch_errors(), session);
  });
}

void AddTransfer(CLI::App& parent, const DisruptiveCommands& commands) {
  auto options = std::make_shared<DeviceOptions>();
  CLI::App* command = commands.Add(
      parent, "transfer", "Move devices to another project", options.get());
  command->add_option("DEVICE", options->devices, "Their ids")
      ->required()
      ->type_name("");
  command->add_option("--to", options->to, "Id of the other project")
      ->required()
      ->type_name("ID");
  commands.OnRun(command, options, [options](DisruptiveSession& session) {
    const auto result = session.Send(disruptive::TransferDevices(
        session.project(), options->devices, options->to));
    if (!result.ok()) return result.status();
    if (session.output() == OutputFormat::kJson) {
      session.ShowItem(*result);
    } else {
      for (const std::string& name : result->transferred_devices()) {
        session.out() << name << "\n";
      }
    }
    return ReportErrors(result->transfer_errors(), session);
  });
}

void AddHistory(CLI::App& parent, const DisruptiveCommands& commands) {
  auto options = std::make_shared<HistoryOptions>();
  CLI::App* command =
      commands.Add(parent, "history",
                   "List the events of a device, newest first", options.get());
  disruptive::HistoryQuery* query = &options->query;
  AddPositional(command, "DEVICE", &query->device, "Its id");
  AddRepeated(command, "--event-type", &query->event_types,
              "Only events of this type", "TYPE");
  command
      ->add_option_function<std::string>(
          "--since",
          [query](const std::string& text) {
            query->start = ParseMoment("--since", text);
          },
          "From this moment on, or so long back; default 24h")
      ->type_name("TIME");
  command
      ->add_option_function<std::string>(
          "--until",
          [query](const std::string& text) {
            query->end = ParseMoment("--until", text);
          },
          "Up to this moment, or so long back; default now")
      ->type_name("TIME");
  command->add_option("--limit", options->limit, "At most so many")
      ->type_name("N");
  command->footer(
      "The service keeps 30 days, and no changes of labels.\n"
      "\n"
      "Examples:\n"
      "  sluice disruptive history -p PROJECT DEVICE --since 7d\n"
      "  sluice disruptive history -p PROJECT DEVICE --event-type temperature\n"
      "      --since 2024-05-01T00:00:00Z --until 2024-05-02T00:00:00Z");
  commands.OnRun(command, options, [options](DisruptiveSession& session) {
    disruptive::HistoryQuery query = options->query;
    query.project = session.project();
    return session.ShowList(disruptive::ListEvents(query), options->limit);
  });
}

}  // namespace

void AddDisruptiveDevices(CLI::App& parent,
                          const DisruptiveCommands& commands) {
  AddDevices(parent, commands);
  AddDevice(parent, commands);
  AddLabels(parent, commands);
  AddTransfer(parent, commands);
  AddHistory(parent, commands);
}

}  // namespace sluice
