#include "tools/bench/path_scenarios.h"

#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "tools/bench/bench_events.h"
#include "tools/bench/bench_process.h"
#include "tools/bench/limit_scenarios.h"
#include "tools/bench/path_costs.h"

namespace sluice::bench {
namespace {

struct Path {
  const char* level;
  const char* sink;
  uint64_t events = 0;
};

absl::StatusOr<std::unique_ptr<Process>> StartPath(
    const ScenarioOptions& options, const Path& path) {
  SLUICE_ASSIGN_OR_RETURN(const std::string folder,
                          MakeFolder(options, "data"));
  return StartProcess(
      {.data_dir = folder,
       .memory_bytes = options.memory_bytes,
       .pipelines = OnePipeline(
           absl::StrCat("in: {devices: {count: ", path.events, "}}"),
           absl::StrCat("out: {", path.sink, ": {}}"), path.level)});
}

absl::StatusOr<ScenarioResult> Throughput(const ScenarioOptions& options,
                                          const char* level,
                                          Durability durability) {
  const Path path = {level, "null", EventsOr(options, 3'000'000)};
  PreparedBatches();
  const Stopwatch watch;
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Process> process,
                          StartPath(options, path));
  WaitUntilFinished(process.get());
  ScenarioResult result;
  AddCosts(watch, path.events, PreparedEventBytes(), &result.figures);
  const admin::v1::PipelineStatus status = StopProcess(process.get());
  process.reset();
  AddSyncs(status, &result.figures);
  SLUICE_RETURN_IF_ERROR(AddLimits(options,
                                   FindFigure(result.figures, kRateUnit),
                                   path.events, durability, &result.figures));
  result.complete = status.sinks(0).delivered() == path.events &&
                    status.imbalances_size() == 0;
  return result;
}

absl::StatusOr<ScenarioResult> ThroughputDurable(
    const ScenarioOptions& options) {
  return Throughput(options, "durable", Durability::kDurable);
}

absl::StatusOr<ScenarioResult> ThroughputBuffered(
    const ScenarioOptions& options) {
  return Throughput(options, "buffered", Durability::kBuffered);
}

absl::StatusOr<ScenarioResult> Backlog(const ScenarioOptions& options) {
  const Path path = {"durable", "down", EventsOr(options, 5'000'000)};
  PreparedBatches();
  const Stopwatch watch;
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Process> process,
                          StartPath(options, path));
  WaitUntil(process.get(), [&path](const admin::v1::PipelineStatus& status) {
    return status.sources(0).stored() >= path.events;
  });
  ScenarioResult result;
  AddCosts(watch, path.events, PreparedEventBytes(), &result.figures);
  const admin::v1::PipelineStatus status = StopProcess(process.get());
  process.reset();
  AddSyncs(status, &result.figures);
  result.figures.emplace_back(
      "stored_bytes_per_event",
      Ratio(static_cast<double>(status.log().stored_bytes()),
            static_cast<double>(path.events)));
  SLUICE_RETURN_IF_ERROR(
      AddLimits(options, FindFigure(result.figures, kRateUnit), path.events,
                Durability::kDurable, &result.figures));
  result.complete =
      status.sinks(0).waiting() == path.events && status.imbalances_size() == 0;
  return result;
}

}  // namespace

std::vector<Scenario> PathScenarios() {
  constexpr ScenarioGroup kGroup = ScenarioGroup::kPaths;
  return {
      {"throughput_durable", kGroup,
       "events of devices to null through the log, synced", &ThroughputDurable},
      {"throughput_buffered", kGroup,
       "events of devices to null through the log, not synced",
       &ThroughputBuffered},
      {"backlog", kGroup, "a sink that is down while events come in", &Backlog},
  };
}

}  // namespace sluice::bench
