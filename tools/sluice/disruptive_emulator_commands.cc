// `sluice disruptive publish|emulator`.
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "plugins/disruptive/api_error.h"
#include "plugins/disruptive/device_calls.h"
#include "tools/sluice/disruptive_commands.h"

namespace sluice {
namespace {

struct EmulatorOptions : DisruptiveOptions {
  std::string device;
  std::string device_type;
  std::string name;
  std::vector<std::string> labels;
  // `publish`.
  std::string event_type;
  std::string data;
  std::vector<std::string> members;
};

disruptive::LabelList LabelsOf(const EmulatorOptions& options) {
  disruptive::LabelList labels = SplitAssignments(options.labels);
  if (!options.name.empty()) labels.emplace_back("name", options.name);
  return labels;
}

// {"value": 22.5} of "value=22.5": a value that is JSON is taken as such, any
// other is a text.
absl::StatusOr<std::string> DataOf(const EmulatorOptions& options) {
  if (!options.data.empty() && !options.members.empty()) {
    return disruptive::ArgumentError("--data", "contradicts NAME=VALUE");
  }
  if (!options.data.empty()) return options.data;
  boost::json::object data;
  for (const std::string& member : options.members) {
    const auto [name, text] = SplitAssignment(member);
    if (name.empty() || name.size() == member.size()) {
      return disruptive::ArgumentError(
          "DATA", absl::StrCat("\"", member, "\" must be NAME=VALUE"));
    }
    boost::system::error_code error;
    boost::json::value value = boost::json::parse(text, error);
    data[name] = error ? boost::json::value(text) : std::move(value);
  }
  return JsonText(data);
}

void AddPublish(CLI::App& parent, const DisruptiveCommands& commands) {
  auto options = std::make_shared<EmulatorOptions>();
  CLI::App* command =
      commands.Add(parent, "publish", "Publish an event of an emulated device",
                   options.get());
  AddPositional(command, "DEVICE", &options->device, "Its id");
  AddPositional(command, "TYPE", &options->event_type, "Type of the event");
  command->add_option("DATA", options->members, "What it says")
      ->type_name("NAME=VALUE");
  command->add_option("--data", options->data, "The same as a JSON object")
      ->type_name("JSON");
  command->footer(
      "What is left out the service adds; updateTime is now.\n"
      "\n"
      "Examples:\n"
      "  sluice disruptive publish -p PROJECT DEVICE touch\n"
      "  sluice disruptive publish -p PROJECT DEVICE temperature value=22.5\n"
      "  sluice disruptive publish -p PROJECT DEVICE humidity\n"
      "      --data '{\"temperature\": 20, \"relativeHumidity\": 55.5}'");
  commands.OnRun(command, options, [options](DisruptiveSession& session) {
    const absl::StatusOr<std::string> data = DataOf(*options);
    if (!data.ok()) return data.status();
    return session.Do(
        disruptive::PublishEvent(session.project(), options->device,
                                 options->event_type, *data),
        absl::StrCat("published ", options->event_type));
  });
}

CLI::App* AddOfDevice(CLI::App& parent, const DisruptiveCommands& commands,
                      const char* name, const char* what,
                      EmulatorOptions* options) {
  CLI::App* command = commands.Add(parent, name, what, options);
  AddPositional(command, "DEVICE", &options->device, "Its id");
  return command;
}

void AddNewState(CLI::App* command, EmulatorOptions* options) {
  AddPositional(command, "TYPE", &options->device_type, "Type of the device");
  command->add_option("--name", options->name, "Display name")
      ->type_name("TEXT");
  AddRepeated(command, "--label", &options->labels, "A label of it",
              "KEY=VALUE");
}

}  // namespace

void AddDisruptiveEmulator(CLI::App& parent,
                           const DisruptiveCommands& commands) {
  AddPublish(parent, commands);
  CLI::App* group =
      parent.add_subcommand("emulator", "Make and delete emulated devices");
  group->require_subcommand(1);

  auto list = std::make_shared<EmulatorOptions>();
  CLI::App* command =
      commands.Add(*group, "list", "List emulated devices", list.get());
  commands.OnRun(command, list, [](DisruptiveSession& session) {
    return session.ShowList(disruptive::ListEmulatedDevices(session.project()));
  });

  auto get = std::make_shared<EmulatorOptions>();
  command = AddOfDevice(*group, commands, "get", "Show an emulated device",
                        get.get());
  commands.OnRun(command, get, [get](DisruptiveSession& session) {
    return session.Show(
        disruptive::GetEmulatedDevice(session.project(), get->device));
  });

  auto create = std::make_shared<EmulatorOptions>();
  command =
      commands.Add(*group, "create", "Make an emulated device", create.get());
  AddNewState(command, create.get());
  commands.OnRun(command, create, [create](DisruptiveSession& session) {
    return session.Show(disruptive::CreateEmulatedDevice(
        session.project(), create->device_type, LabelsOf(*create)));
  });

  auto replace = std::make_shared<EmulatorOptions>();
  command = AddOfDevice(*group, commands, "replace",
                        "Give an emulated device these labels and no other",
                        replace.get());
  AddNewState(command, replace.get());
  commands.OnRun(command, replace, [replace](DisruptiveSession& session) {
    return session.Show(disruptive::ReplaceEmulatedDevice(
        session.project(), replace->device, replace->device_type,
        LabelsOf(*replace)));
  });

  auto remove = std::make_shared<EmulatorOptions>();
  command = AddOfDevice(*group, commands, "delete", "Delete an emulated device",
                        remove.get());
  commands.OnRun(command, remove, [remove](DisruptiveSession& session) {
    return session.Do(
        disruptive::DeleteEmulatedDevice(session.project(), remove->device),
        absl::StrCat("deleted ", remove->device));
  });
}

}  // namespace sluice
