#include "tools/bench/systems_scenarios.h"

#include <unistd.h>

#include <algorithm>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/substitute.h"
#include "boost/json.hpp"
#include "storage/base/status_macros.h"
#include "tools/bench/bench_process.h"
#include "tools/bench/figures.h"
#include "tools/bench/measurement.h"
#include "tools/sandbox/sample_config.h"
#include "tools/sandbox/sandbox.h"

namespace sluice::bench {
namespace {

namespace json = boost::json;

// The most that the sandbox takes, and more than it can.
constexpr int kReadingsPerSecond = 1'000'000;

// As in WriteSampleConfig(), whose files of secrets are used. $0 their folder,
// $1 base URL and $2 token URL of the device cloud, $3 project.
constexpr char kSource[] =
    R"(sensors: {disruptive: {project: "$3", base_url: "$1", token_url: "$2",
    credentials: {file: "$0/credentials.json"}}})";
// $0 the folder, $1 URL and $2 key of the feed.
constexpr char kSink[] =
    R"(room-feed: {feed: {base_url: "$1", api_key: "$2",
    api_secret: {file: "$0/feed_secret"}, feed: "building:hq",
    verb: "{{ type }}", extra: {celsius: "{{ data.temperature.value }}",
    at: "{{ time }}"}}})";

std::string Text(const json::value& ready, const char* service,
                 const char* name) {
  return std::string(ready.at(service).at(name).as_string());
}

absl::StatusOr<std::unique_ptr<Process>> StartPipeline(
    const ScenarioOptions& options, const std::string& ready_json) {
  SLUICE_ASSIGN_OR_RETURN(const std::string secrets,
                          MakeFolder(options, "secrets"));
  SLUICE_RETURN_IF_ERROR(
      sandbox::WriteSampleConfig(ready_json, secrets, 1).status());
  SLUICE_ASSIGN_OR_RETURN(const std::string folder,
                          MakeFolder(options, "data"));
  const json::value ready = json::parse(ready_json);
  return StartProcess(
      {.data_dir = folder,
       .memory_bytes = options.memory_bytes,
       .pipelines = OnePipeline(
           absl::Substitute(kSource, secrets,
                            Text(ready, "disruptive", "base_url"),
                            Text(ready, "disruptive", "token_url"),
                            Text(ready, "disruptive", "project")),
           absl::Substitute(kSink, secrets, Text(ready, "feed", "base_url"),
                            Text(ready, "feed", "api_key")),
           "durable")});
}

// CPU time of some threads, all together and of the busiest.
struct Side {
  absl::Duration cpu;
  absl::Duration busiest;

  void Add(absl::Duration thread) {
    cpu += thread;
    busiest = std::max(busiest, thread);
  }
};

void AddSide(const std::string& prefix, const Side& side, uint64_t events,
             absl::Duration elapsed, Figures* figures) {
  figures->emplace_back(absl::StrCat(prefix, "cpu_seconds_per_million_events"),
                        Ratio(absl::ToDoubleSeconds(side.cpu),
                              static_cast<double>(events) / 1e6));
  figures->emplace_back(absl::StrCat(prefix, "busiest_thread_percent"),
                        100 * absl::FDivDuration(side.busiest, elapsed));
}

absl::StatusOr<ScenarioResult> StreamToFeed(const ScenarioOptions& options) {
  const uint64_t events = EventsOr(options, 200'000);
  sandbox::SandboxOptions sandbox_options;
  sandbox_options.disruptive.devices = 100;
  sandbox_options.disruptive.access.rate_limit = 0;
  // A service that tells of no limits is held to those that are documented.
  sandbox_options.feed.rate_limits = true;
  sandbox_options.feed.rate_limit_factor = 1e6;
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<sandbox::Sandbox> sandbox,
                          sandbox::Sandbox::Start(sandbox_options));
  // The threads of this process until now are the sandbox's.
  const std::map<int, absl::Duration> sandbox_threads = ThreadCpuTimes();
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Process> process,
                          StartPipeline(options, sandbox->ReadyJson()));
  WaitUntil(process.get(), [](const admin::v1::PipelineStatus& status) {
    return status.sources(0).health().state() == admin::v1::HEALTHY;
  });

  const std::map<int, absl::Duration> before = ThreadCpuTimes();
  const Stopwatch watch;
  SLUICE_RETURN_IF_ERROR(
      sandbox
          ->Control("POST", "/devices/start",
                    absl::StrCat("{\"rate\":", kReadingsPerSecond,
                                 ",\"count\":", events, "}"))
          .status());
  WaitUntil(process.get(), [events](const admin::v1::PipelineStatus& status) {
    return status.sinks(0).delivered() >= events;
  });
  const absl::Duration elapsed = watch.Observe(events).elapsed;
  Side ours;
  Side theirs;
  const int self = gettid();  // Has only looked on.
  for (const auto& [thread, cpu] : ThreadCpuTimes()) {
    if (thread == self) continue;
    const auto earlier = before.find(thread);
    const absl::Duration spent =
        cpu -
        (earlier == before.end() ? absl::ZeroDuration() : earlier->second);
    (sandbox_threads.count(thread) > 0 ? theirs : ours).Add(spent);
  }

  ScenarioResult result;
  result.figures = {{"events", static_cast<double>(events)},
                    {"elapsed_seconds", absl::ToDoubleSeconds(elapsed)},
                    {kRateUnit, Work{events, elapsed, {}}.events_per_second()}};
  AddSide("", ours, events, elapsed, &result.figures);
  AddSide("sandbox_", theirs, events, elapsed, &result.figures);
  const admin::v1::PipelineStatus status = StopProcess(process.get());
  process.reset();
  result.complete = status.imbalances_size() == 0;
  for (const auto& destination : sandbox->ledger().Totals().destinations) {
    if (destination.name != "feed") continue;
    result.complete = result.complete && destination.missing == 0 &&
                      destination.duplicated == 0;
  }
  return result;
}

}  // namespace

std::vector<Scenario> SystemsScenarios() {
  return {{"stream_to_feed", ScenarioGroup::kSystems,
           "the event stream of the sandbox to its feed, in batches of 100",
           &StreamToFeed}};
}

}  // namespace sluice::bench
