#include "tools/bench/log_scenarios.h"

#include <memory>
#include <string>

#include "storage/base/status_macros.h"
#include "tools/bench/bench_events.h"
#include "tools/bench/log_load.h"

namespace sluice::bench {
namespace {

absl::StatusOr<ScenarioResult> StageAppend(const ScenarioOptions& options,
                                           Durability durability) {
  const uint64_t events = EventsOr(options, 5'000'000);
  PreparedBatches();
  SLUICE_ASSIGN_OR_RETURN(const std::string folder, MakeFolder(options, "log"));
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<RocksDbEventLog> log,
                          OpenLog(folder));
  Distribution appends;
  const Stopwatch watch;
  const ThreadStopwatch thread_watch;
  SLUICE_RETURN_IF_ERROR(
      AppendEvents(log.get(), events, durability,
                   [&appends](absl::Duration took) { appends.Add(took); }));
  const Work thread_work = thread_watch.Observe(events);
  const uint64_t written = watch.written_bytes();
  ScenarioResult result;
  AddMainWork(watch.Observe(events), &result.figures);
  result.figures.emplace_back("thread_cpu_seconds_per_million_events",
                              thread_work.cpu_seconds_per_million_events());
  const LogStats stats = log->stats();
  const auto all = static_cast<double>(events);
  result.figures.emplace_back("received_bytes_per_event", PreparedEventBytes());
  result.figures.emplace_back(
      "stored_bytes_per_event",
      Ratio(static_cast<double>(stats.stored_bytes), all));
  result.figures.emplace_back("written_bytes_per_event",
                              Ratio(static_cast<double>(written), all));
  AddQuantiles("append", appends, &result.figures);
  result.complete = stats.next_sequence == events + 1;
  return result;
}

absl::StatusOr<ScenarioResult> StageAppendBuffered(
    const ScenarioOptions& options) {
  return StageAppend(options, Durability::kBuffered);
}

absl::StatusOr<ScenarioResult> StageAppendDurable(
    const ScenarioOptions& options) {
  return StageAppend(options, Durability::kDurable);
}

absl::StatusOr<ScenarioResult> StageRead(const ScenarioOptions& options) {
  const uint64_t events = EventsOr(options, 5'000'000);
  SLUICE_ASSIGN_OR_RETURN(const std::string folder, MakeFolder(options, "log"));
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<RocksDbEventLog> log,
                          OpenLog(folder));
  SLUICE_RETURN_IF_ERROR(AppendEvents(log.get(), events, Durability::kBuffered,
                                      [](absl::Duration) {}));
  // Opened anew, it has nothing in memory to read from.
  log.reset();
  SLUICE_ASSIGN_OR_RETURN(log, OpenLog(folder));
  const ThreadStopwatch watch;
  SLUICE_ASSIGN_OR_RETURN(const uint64_t read,
                          ReadEvents(log.get(), 1, events));
  ScenarioResult result;
  AddMainWork(watch.Observe(events), &result.figures);
  result.complete = read == events;
  return result;
}

}  // namespace

std::vector<Scenario> LogScenarios() {
  constexpr ScenarioGroup kGroup = ScenarioGroup::kStages;
  return {
      {"stage_append_buffered", kGroup,
       "the log: groups of 10 batches of 1,000, not synced",
       &StageAppendBuffered},
      {"stage_append_durable", kGroup, "the same, each group synced",
       &StageAppendDurable},
      {"stage_read", kGroup, "the log, opened anew: read from the start",
       &StageRead},
  };
}

}  // namespace sluice::bench
