// `sluice disruptive stream`.
#include <algorithm>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/random/random.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "pipeline/json/json_value.h"
#include "plugins/disruptive/api_error.h"
#include "plugins/disruptive/event_stream.h"
#include "plugins/disruptive/typed_event.h"
#include "plugins/disruptive/typed_json.h"
#include "tools/sluice/disruptive_commands.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/http_session.h"
#include "tools/sluice/stop_signals.h"

namespace sluice {
namespace {

using disruptive::v1::DisruptiveConfig;

struct StreamOptions : DisruptiveOptions {
  std::vector<std::string> devices;
  std::vector<std::string> device_types;
  std::vector<std::string> event_types;
  std::vector<std::string> labels;
  bool add_labels = false;
  uint64_t count = 0;
  bool no_reconnect = false;
};

// Prints what comes, on the loop's thread, and wakes the command when it is to
// end.
class StreamPrinter final : public disruptive::EventStream::Listener {
 public:
  StreamPrinter(const StreamOptions* options, StopSignals* signals)
      : options_(options), signals_(signals) {}

  void OnEvent(const EventView& event) override {
    if (ended_) return;
    if (options_->output == OutputFormat::kJson) {
      PrintJson(event);
    } else {
      PrintText(event);
    }
    std::cout.flush();
    if (++count_ == options_->count || !std::cout.good()) End();
  }

  void OnMalformed(const MalformedInput& malformed) override {
    std::cerr << "sluice: a line is no event: " << malformed.message << "\n";
  }

  void OnHealth(const Health& health) override {
    if (ended_ || health.state == HealthState::kStarting) return;
    const bool healthy = health.state == HealthState::kHealthy;
    if (opened_ != healthy || !healthy) {
      std::cerr << "sluice: " << health.message << "\n";
    }
    if (options_->no_reconnect && !healthy) {
      if (!opened_) failure_ = absl::UnavailableError(health.message);
      End();
    }
    opened_ = opened_ || healthy;
  }

  // Why it never began; read once the stream is stopped.
  const absl::Status& failure() const { return failure_; }

 private:
  void End() {
    ended_ = true;
    signals_->Wake();
  }

  // The envelope, with "labels" if the event has some.
  static void PrintJson(const EventView& event) {
    std::string json = disruptive::EnvelopeOf(event);
    std::string labels = "{";
    event.ForEachLabel([&](LabelView label) {
      disruptive::AppendMemberName(label.key, &labels);
      AppendJsonLineString(label.value, &labels);
    });
    if (labels.size() > 1) {
      json.pop_back();
      absl::StrAppend(&json, ",\"labels\":", labels, "}}");
    }
    std::cout << json << "\n";
  }

  static void PrintText(const EventView& event) {
    const auto typed = disruptive::TypedEvent(event);
    if (!typed.ok()) return;
    std::vector<std::string> row = Row(*typed);
    event.ForEachLabel([&](LabelView label) {
      absl::StrAppend(&row.back(), "  ", Plain(label.key), "=",
                      Plain(label.value));
    });
    // As wide as ids and types become, so that later rows keep their columns.
    row[1].resize(std::max<size_t>(row[1].size(), 23), ' ');
    row[2].resize(std::max<size_t>(row[2].size(), 18), ' ');
    std::cout << FormatTable({row});
  }

  const StreamOptions* options_;
  StopSignals* signals_;
  uint64_t count_ = 0;
  bool opened_ = false;
  bool ended_ = false;
  absl::Status failure_;
};

absl::StatusOr<disruptive::Settings> SettingsOf(
    const StreamOptions& options, const PluginRegistry& registry) {
  absl::StatusOr<DisruptiveConfig> config =
      MakeDisruptiveConfig(options.access, registry);
  if (!config.ok()) return config.status();
  for (const std::string& id : options.devices) config->add_device_ids(id);
  for (const std::string& type : options.device_types) {
    config->add_device_types(type);
  }
  for (const std::string& type : options.event_types) {
    config->add_event_types(type);
  }
  for (const std::string& text : options.labels) {
    const auto [key, value] = SplitAssignment(text);
    auto& match = (*config->mutable_label_filters())[key];
    if (key.size() < text.size()) match.set_value(value);
  }
  config->mutable_labels()->set_off(!options.add_labels);
  absl::StatusOr<disruptive::Settings> settings =
      disruptive::MakeSettings(*config);
  if (settings.ok()) return settings;
  return disruptive::ArgumentError(ConfigErrorField(settings.status()),
                                   std::string(settings.status().message()));
}

int RunStream(const StreamOptions& options, const PluginRegistry& registry) {
  absl::StatusOr<disruptive::Settings> settings = SettingsOf(options, registry);
  if (!settings.ok()) {
    return FinishDisruptive(settings.status(), std::cout, std::cerr);
  }
  StopSignals signals;
  StreamPrinter printer(&options, &signals);
  HttpSession http;
  absl::BitGen random;
  std::unique_ptr<disruptive::EventStream> stream;
  absl::Status status = http.Run([&] {
    stream = std::make_unique<disruptive::EventStream>(
        *std::move(settings), http.executor(), http.http(), random, &printer);
    return stream->Start();
  });
  if (status.ok()) signals.Wait(absl::InfiniteDuration());
  absl::Notification stopped;
  http.Run([&] { stream->Stop([&stopped] { stopped.Notify(); }); });
  stopped.WaitForNotification();
  http.Run([&] { stream.reset(); });
  status.Update(printer.failure());
  return FinishDisruptive(status, std::cout, std::cerr);
}

}  // namespace

void AddDisruptiveStream(CLI::App& parent, const DisruptiveCommands& commands) {
  auto options = std::make_shared<StreamOptions>();
  CLI::App* command = commands.Add(parent, "stream",
                                   "Print events as they come", options.get());
  AddRepeated(command, "--device", &options->devices, "Only of this device",
              "ID");
  AddRepeated(command, "--device-type", &options->device_types,
              "Only of devices of this type", "TYPE");
  AddRepeated(command, "--event-type", &options->event_types,
              "Only events of this type", "TYPE");
  AddRepeated(command, "--label", &options->labels,
              "Only of devices with this label, whatever its value or with "
              "this one; several: with one of them",
              "KEY[=VALUE]");
  command->add_flag("--add-labels", options->add_labels,
                    "Put the labels of the device on each event");
  command->add_option("--count", options->count, "End after so many events")
      ->type_name("N");
  command->add_flag("--no-reconnect", options->no_reconnect,
                    "End with the first connection, and do not wait for one");
  command->footer(
      "A lost connection is opened again, and what was missed meanwhile is "
      "read\n"
      "from the event history. Ends on Ctrl-C.\n"
      "\n"
      "Examples:\n"
      "  sluice disruptive stream -p PROJECT\n"
      "  sluice disruptive stream -p PROJECT --label room-number=99\n"
      "      --device-type temperature --event-type touch\n"
      "  sluice disruptive stream -p PROJECT --output json --add-labels |\n"
      "      jq -r '[.labels.name, .data.temperature.value] | @tsv'");
  command->callback([registry = commands.registry, action = commands.action,
                     options] {
    *action = [registry, options] { return RunStream(*options, *registry); };
  });
}

}  // namespace sluice
