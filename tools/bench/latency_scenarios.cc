#include "tools/bench/latency_scenarios.h"

#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "tools/bench/bench_process.h"
#include "tools/bench/probe.h"

namespace sluice::bench {
namespace {

constexpr uint64_t kLoneEvents = 1000;
// Events of the run that finds the capacity, for each lone event; also the
// most that a run under load takes.
constexpr uint64_t kLoadPerLoneEvent = 1000;
constexpr absl::Duration kLoadDuration = absl::Seconds(3);
// A quiet sensor leaves the pipeline idle for longer than this.
constexpr absl::Duration kBetweenLoneEvents = absl::Milliseconds(2);

struct Load {
  const char* name;
  double share;  // Of the capacity.
};
constexpr Load kLoads[] = {{"load_10", 0.1}, {"load_80", 0.8}};

struct LatencyRun {
  const ScenarioOptions& options;
  const char* level;
};

absl::StatusOr<std::unique_ptr<Process>> StartRun(const LatencyRun& run,
                                                  const std::string& name,
                                                  const std::string& source,
                                                  Probe* probe) {
  SLUICE_ASSIGN_OR_RETURN(const std::string folder,
                          MakeFolder(run.options, name));
  return StartProcess(
      {.data_dir = folder,
       .memory_bytes = run.options.memory_bytes,
       .pipelines = OnePipeline(absl::StrCat("in: {", source, "}"),
                                "out: {probe: {}}", run.level),
       .probe = probe});
}

bool AllDelivered(const admin::v1::PipelineStatus& status, uint64_t events) {
  return status.sinks(0).delivered() == events && status.imbalances_size() == 0;
}

absl::Duration SyncTime(const Process& process) {
  const google::protobuf::Duration time =
      process.Status().pipelines(0).log().sync_time();
  return absl::Seconds(time.seconds()) + absl::Nanoseconds(time.nanos());
}

// One event at a time through an idle pipeline. Returns whether all arrived.
absl::StatusOr<bool> MeasureLone(const LatencyRun& run, uint64_t events,
                                 Figures* figures) {
  Probe probe;
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<Process> process,
                          StartRun(run, "idle", "probe: {}", &probe));
  Distribution delivered;
  Distribution acknowledged;
  Distribution syncs;
  Distribution without_sync;
  absl::Duration synced_before = SyncTime(*process);
  for (uint64_t i = 0; i < events; ++i) {
    const Probe::Passage passage = probe.PassOne();
    // One event is under way at a time, so the syncs since the last one are its
    // own.
    const absl::Duration synced = SyncTime(*process);
    delivered.Add(passage.delivered);
    acknowledged.Add(passage.acknowledged);
    syncs.Add(synced - synced_before);
    without_sync.Add(passage.delivered - (synced - synced_before));
    synced_before = synced;
    absl::SleepFor(kBetweenLoneEvents);
  }
  AddQuantiles("idle", delivered, figures);
  AddQuantiles("idle_acknowledged", acknowledged, figures);
  AddQuantiles("idle_sync", syncs, figures);
  AddQuantiles("idle_without_sync", without_sync, figures);
  return AllDelivered(StopProcess(process.get()), events);
}

// Runs `events` events of `generate` at `rate` (0: as fast as possible).
absl::StatusOr<bool> MeasureLoad(const LatencyRun& run, const std::string& name,
                                 uint64_t events, double rate, Work* work,
                                 Distribution* latencies) {
  Probe probe;
  probe.StartNoting();
  const Stopwatch watch;
  SLUICE_ASSIGN_OR_RETURN(
      const std::unique_ptr<Process> process,
      StartRun(
          run, name,
          absl::StrFormat("generate: {count: %d, rate: %.3f, devices: 1000}",
                          events, rate),
          &probe));
  WaitUntilFinished(process.get());
  *work = watch.Observe(events);
  *latencies = probe.TakeNoted();
  return AllDelivered(StopProcess(process.get()), events);
}

absl::StatusOr<ScenarioResult> Latency(const ScenarioOptions& options,
                                       const char* level) {
  const LatencyRun run = {options, level};
  const uint64_t lone = EventsOr(options, kLoneEvents);
  const uint64_t most = lone * kLoadPerLoneEvent;
  ScenarioResult result;
  result.figures.emplace_back("events", static_cast<double>(lone));
  SLUICE_ASSIGN_OR_RETURN(result.complete,
                          MeasureLone(run, lone, &result.figures));
  Work work;
  Distribution latencies;
  SLUICE_ASSIGN_OR_RETURN(
      bool complete, MeasureLoad(run, "capacity", most, 0, &work, &latencies));
  result.complete = result.complete && complete;
  const double capacity = work.events_per_second();
  result.figures.emplace_back("capacity_events_per_second", capacity);
  for (const Load& load : kLoads) {
    const double rate = capacity * load.share;
    const uint64_t events = EventsOfLoad(rate, kLoadDuration, most);
    SLUICE_ASSIGN_OR_RETURN(
        complete, MeasureLoad(run, load.name, events, rate, &work, &latencies));
    result.complete = result.complete && complete;
    // What was really reached: the source never makes up for lost time.
    AddWork(absl::StrCat(load.name, "_"), work, &result.figures);
    AddQuantiles(load.name, latencies, &result.figures);
  }
  return result;
}

absl::StatusOr<ScenarioResult> LatencyReceived(const ScenarioOptions& options) {
  return Latency(options, "received");
}

absl::StatusOr<ScenarioResult> LatencyBuffered(const ScenarioOptions& options) {
  return Latency(options, "buffered");
}

absl::StatusOr<ScenarioResult> LatencyDurable(const ScenarioOptions& options) {
  return Latency(options, "durable");
}

}  // namespace

uint64_t EventsOfLoad(double rate, absl::Duration duration, uint64_t most) {
  const double events = rate * absl::ToDoubleSeconds(duration);
  if (!(events < static_cast<double>(most))) return most;
  return std::max<uint64_t>(1, static_cast<uint64_t>(events));
}

std::vector<Scenario> LatencyScenarios() {
  constexpr ScenarioGroup kGroup = ScenarioGroup::kLatency;
  return {
      {"latency_received", kGroup,
       "source to sink, acknowledged when received: idle, at 10 % and 80 %",
       &LatencyReceived},
      {"latency_buffered", kGroup,
       "the same, acknowledged when in the log, not synced", &LatencyBuffered},
      {"latency_durable", kGroup, "the same, acknowledged when synced",
       &LatencyDurable},
  };
}

}  // namespace sluice::bench
