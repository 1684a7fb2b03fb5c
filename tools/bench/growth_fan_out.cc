// growth_sinks, growth_devices, growth_catch_up: more sinks, more devices, and
// a sink that is behind.
#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "tools/bench/bench_events.h"
#include "tools/bench/bench_process.h"
#include "tools/bench/growth_scenarios.h"

namespace sluice::bench {
namespace {

constexpr int kSinkCounts[] = {1, 4, 16, 64};
constexpr int kDeviceCounts[] = {10, 1000, 10'000};
// A window for each of 64 sinks takes more than the default.
constexpr uint64_t kManySinksMemory = uint64_t{512} << 20;

struct FiniteRun {
  std::string folder;
  uint64_t memory_bytes = 0;
  std::string pipelines;
  uint64_t events = 0;
  // The work and bytes that the run took; every sink has `events` delivered.
  Work work;
  double written_bytes_per_event = 0;
};

// Runs to the end. False: a sink does not have every event.
absl::StatusOr<bool> RunToTheEnd(const ScenarioOptions& options,
                                 FiniteRun* run) {
  SLUICE_ASSIGN_OR_RETURN(const std::string folder,
                          MakeFolder(options, run->folder));
  const Stopwatch watch;
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<Process> process,
                          StartProcess({.data_dir = folder,
                                        .memory_bytes = run->memory_bytes,
                                        .pipelines = run->pipelines}));
  WaitUntilFinished(process.get());
  run->work = watch.Observe(run->events);
  run->written_bytes_per_event =
      Ratio(static_cast<double>(watch.written_bytes()),
            static_cast<double>(run->events));
  const admin::v1::PipelineStatus status = StopProcess(process.get());
  bool complete = status.imbalances_size() == 0;
  for (const admin::v1::SinkStatus& sink : status.sinks()) {
    complete = complete && sink.delivered() == run->events;
  }
  return complete;
}

std::string NullSinks(int count) {
  std::string sinks;
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&sinks, i == 0 ? "" : ", ", "out-", i, ": {null: {}}");
  }
  return sinks;
}

absl::StatusOr<ScenarioResult> GrowthSinks(const ScenarioOptions& options) {
  const uint64_t events = EventsOr(options, 500'000);
  PreparedBatches();
  ScenarioResult result;
  result.complete = true;
  result.figures.emplace_back("events", static_cast<double>(events));
  result.figures.emplace_back("received_bytes_per_event", PreparedEventBytes());
  double cpu_of_one = 0;
  for (const int sinks : kSinkCounts) {
    const std::string prefix = absl::StrCat("sinks_", sinks, "_");
    FiniteRun run = {
        .folder = absl::StrCat(prefix, "data"),
        .memory_bytes = std::max(options.memory_bytes, kManySinksMemory),
        .pipelines =
            OnePipeline(absl::StrCat("in: {devices: {count: ", events, "}}"),
                        NullSinks(sinks), "durable"),
        .events = events};
    SLUICE_ASSIGN_OR_RETURN(const bool complete, RunToTheEnd(options, &run));
    result.complete = result.complete && complete;
    AddWork(prefix, run.work, &result.figures);
    result.figures.emplace_back(absl::StrCat(prefix, "written_bytes_per_event"),
                                run.written_bytes_per_event);
    const double cpu = run.work.cpu_seconds_per_million_events();
    if (sinks == 1) cpu_of_one = cpu;
    result.figures.emplace_back(
        absl::StrCat(prefix, "cpu_seconds_per_million_events_and_more_sink"),
        Ratio(cpu - cpu_of_one, sinks - 1));
  }
  return result;
}

absl::StatusOr<ScenarioResult> GrowthDevices(const ScenarioOptions& options) {
  const uint64_t events = EventsOr(options, 1'000'000);
  ScenarioResult result;
  result.complete = true;
  result.figures.emplace_back("events", static_cast<double>(events));
  for (const int devices : kDeviceCounts) {
    const std::string prefix = absl::StrCat("devices_", devices, "_");
    FiniteRun run = {
        .folder = absl::StrCat(prefix, "data"),
        .memory_bytes = options.memory_bytes,
        .pipelines = OnePipeline(absl::StrCat("in: {generate: {count: ", events,
                                              ", devices: ", devices, "}}"),
                                 NullSinks(1), "durable"),
        .events = events};
    SLUICE_ASSIGN_OR_RETURN(const bool complete, RunToTheEnd(options, &run));
    result.complete = result.complete && complete;
    AddWork(prefix, run.work, &result.figures);
  }
  result.figures.emplace_back(
      "peak_rss_mib",
      ToMib(static_cast<double>(CurrentResourceUse().peak_rss_bytes)));
  return result;
}

// How long it took until events were stored, and until a sink had them.
struct Phase {
  absl::Duration stored;
  absl::Duration near_delivered;
  absl::Duration far_delivered;
  bool complete = false;
};

// Takes in events up to number `events` with the sink `near` keeping up, and
// `far` being the plugin `far_plugin`; waits for `far` if that delivers.
absl::StatusOr<Phase> RunPhase(const ScenarioOptions& options, uint64_t events,
                               const std::string& far_plugin) {
  SLUICE_ASSIGN_OR_RETURN(const std::string folder,
                          MakeFolder(options, "data"));
  const bool far_delivers = far_plugin != "down";
  const absl::Time begin = absl::Now();
  SLUICE_ASSIGN_OR_RETURN(
      const std::unique_ptr<Process> process,
      StartProcess(
          {.data_dir = folder,
           .memory_bytes = options.memory_bytes,
           .pipelines = OnePipeline(
               absl::StrCat("in: {devices: {count: ", events, "}}"),
               absl::StrCat("far: {", far_plugin, ": {}}, near: {null: {}}"),
               "durable")}));
  Phase phase;
  // Sinks are in order of name.
  WaitUntil(process.get(), [&](const admin::v1::PipelineStatus& status) {
    const absl::Duration now = absl::Now() - begin;
    const auto note = [now](bool reached, absl::Duration* when) {
      if (reached && *when == absl::ZeroDuration()) *when = now;
      return reached;
    };
    const bool stored =
        note(status.sources(0).stored() >= events, &phase.stored);
    const bool near_done =
        note(status.sinks(1).delivered() >= events, &phase.near_delivered);
    const bool far_done =
        note(status.sinks(0).delivered() >= events, &phase.far_delivered);
    return stored && near_done && (far_done || !far_delivers);
  });
  const admin::v1::PipelineStatus status = StopProcess(process.get());
  phase.complete = status.imbalances_size() == 0 &&
                   status.sinks(1).delivered() == events &&
                   status.sinks(0).delivered() == (far_delivers ? events : 0);
  return phase;
}

absl::StatusOr<ScenarioResult> GrowthCatchUp(const ScenarioOptions& options) {
  const uint64_t events = EventsOr(options, 2'000'000);
  PreparedBatches();
  // First `far` is down and falls behind, which costs nearly nothing; then it
  // catches up while as many events come in again.
  SLUICE_ASSIGN_OR_RETURN(const Phase alone, RunPhase(options, events, "down"));
  SLUICE_ASSIGN_OR_RETURN(const Phase both,
                          RunPhase(options, 2 * events, "null"));
  const auto rate = [](uint64_t count, absl::Duration took) {
    return Work{count, took, {}}.events_per_second();
  };
  ScenarioResult result;
  Figures& figures = result.figures;
  figures.emplace_back("events", static_cast<double>(events));
  figures.emplace_back("alone_intake_events_per_second",
                       rate(events, alone.stored));
  figures.emplace_back("alone_near_events_per_second",
                       rate(events, alone.near_delivered));
  figures.emplace_back("catch_up_intake_events_per_second",
                       rate(events, both.stored));
  figures.emplace_back("catch_up_near_events_per_second",
                       rate(events, both.near_delivered));
  figures.emplace_back("catch_up_far_events_per_second",
                       rate(2 * events, both.far_delivered));
  figures.emplace_back("ratio_of_intake_to_alone",
                       Ratio(absl::ToDoubleSeconds(alone.stored),
                             absl::ToDoubleSeconds(both.stored)));
  figures.emplace_back("ratio_of_near_to_alone",
                       Ratio(absl::ToDoubleSeconds(alone.near_delivered),
                             absl::ToDoubleSeconds(both.near_delivered)));
  result.complete = alone.complete && both.complete;
  return result;
}

}  // namespace

std::vector<Scenario> FanOutGrowthScenarios() {
  constexpr ScenarioGroup kGroup = ScenarioGroup::kGrowth;
  return {
      {"growth_sinks", kGroup, "1, 4, 16 and 64 null sinks on one pipeline",
       &GrowthSinks},
      {"growth_catch_up", kGroup, "one sink far behind while another keeps up",
       &GrowthCatchUp},
      {"growth_devices", kGroup, "10, 1,000 and 10,000 subjects",
       &GrowthDevices},
  };
}

}  // namespace sluice::bench
