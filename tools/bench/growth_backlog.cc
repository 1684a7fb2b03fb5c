// growth_backlog: does a log that holds much become slow?
#include <algorithm>
#include <atomic>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "pipeline/runtime/data_directory.h"
#include "storage/base/status_macros.h"
#include "tools/bench/bench_events.h"
#include "tools/bench/bench_process.h"
#include "tools/bench/growth_scenarios.h"
#include "tools/bench/log_load.h"
#include "tools/bench/store_limit.h"

namespace sluice::bench {
namespace {

constexpr uint64_t kDefaultLargest = 10'000'000;
constexpr uint64_t kMostEvents = 100'000'000;
constexpr uint64_t kLeastSize = 100'000;
// Appended and read at each size to see how fast that goes.
constexpr uint64_t kStretch = 1'000'000;
constexpr uint64_t kGroupEvents = kGroupBatches * kPreparedBatchEvents;
// The backlog is reclaimed long before so many groups were appended.
constexpr int kMostReclaimGroups = 5000;

void Ignore(absl::Duration /*append*/) {}

// The prefix of figures at that size.
std::string At(uint64_t size) { return absl::StrCat("at_", size, "_"); }

// Appends until `size` events are there, and then a stretch that is measured.
absl::Status GrowTo(EventLog* log, uint64_t size, Figures* figures) {
  const uint64_t held = log->stats().next_sequence - 1;
  const uint64_t missing = size > held ? size - held : 0;
  // The last of the backlog is as good a stretch as any.
  const uint64_t stretch = std::min(missing, kStretch);
  SLUICE_RETURN_IF_ERROR(
      AppendEvents(log, missing - stretch, Durability::kDurable, Ignore));
  Distribution appends;
  const Stopwatch watch;
  SLUICE_RETURN_IF_ERROR(
      AppendEvents(log, stretch, Durability::kDurable,
                   [&appends](absl::Duration took) { appends.Add(took); }));
  AddWork(absl::StrCat(At(size), "append_"), watch.Observe(stretch), figures);
  AddQuantiles(absl::StrCat(At(size), "append"), appends, figures);
  return absl::OkStatus();
}

// Reads from the start of a log that was just opened, so from the disk.
absl::Status ReadBack(EventLog* log, uint64_t size, Figures* figures) {
  const uint64_t stretch = std::min(size, kStretch);
  const ThreadStopwatch watch;
  SLUICE_ASSIGN_OR_RETURN(const uint64_t read, ReadEvents(log, 1, stretch));
  AddWork(absl::StrCat(At(size), "read_"), watch.Observe(read), figures);
  if (read >= stretch) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat("read ", read, " events of ", stretch));
}

// Starts a process that has this backlog and a sink that is down.
absl::Status StartUp(const ScenarioOptions& options, const std::string& folder,
                     uint64_t size, Figures* figures) {
  const absl::Time begin = absl::Now();
  SLUICE_ASSIGN_OR_RETURN(
      const std::unique_ptr<Process> process,
      StartProcess({.data_dir = folder,
                    .memory_bytes = options.memory_bytes,
                    .pipelines = absl::StrCat(
                        "{", kPipeline, ": {log: {max_bytes: ", kLogBytes,
                        "}, sources: {in: {devices: {}}}, sinks: {", kCursor,
                        ": {down: {}}}}}")}));
  figures->emplace_back(absl::StrCat(At(size), "start_seconds"),
                        absl::ToDoubleSeconds(absl::Now() - begin));
  const uint64_t waiting = StopProcess(process.get()).sinks(0).waiting();
  if (waiting == size) return absl::OkStatus();
  return absl::DataLossError(
      absl::StrCat(waiting, " events wait instead of ", size));
}

// A sink takes the backlog while events come in, and the log frees it: how long
// does the longest append take? Returns whether all was freed.
absl::StatusOr<bool> Reclaim(EventLog* log, Figures* figures) {
  const Sequence end = log->stats().next_sequence;
  absl::Status consumed;
  std::atomic<bool> done{false};
  std::thread sink([&] {
    consumed = ConsumeEvents(log, end);
    done.store(true);
  });
  Distribution appends;
  absl::Status appended;
  const absl::Time begin = absl::Now();
  // One append more than the sink needs carries its last commit.
  for (int i = 0; i < kMostReclaimGroups && appended.ok(); ++i) {
    const bool last = done.load();
    appended =
        AppendEvents(log, kGroupEvents, Durability::kDurable,
                     [&appends](absl::Duration took) { appends.Add(took); });
    if (last && log->stats().first_sequence >= end) break;
  }
  sink.join();
  SLUICE_RETURN_IF_ERROR(appended);
  SLUICE_RETURN_IF_ERROR(consumed);
  figures->emplace_back("reclaim_seconds",
                        absl::ToDoubleSeconds(absl::Now() - begin));
  AddQuantiles("reclaim_append", appends, figures);
  figures->emplace_back("reclaim_longest_append_milliseconds",
                        absl::ToDoubleMilliseconds(appends.Quantile(1)));
  SLUICE_RETURN_IF_ERROR(log->Flush(Durability::kDurable));
  return log->stats().first_sequence >= end;
}

absl::StatusOr<ScenarioResult> GrowthBacklog(const ScenarioOptions& options) {
  const uint64_t largest = EventsOr(options, kDefaultLargest);
  if (largest > kMostEvents) {
    return absl::InvalidArgumentError(
        absl::StrCat("growth_backlog holds at most ", kMostEvents,
                     " events, not ", largest));
  }
  PreparedBatches();
  SLUICE_ASSIGN_OR_RETURN(const std::string folder,
                          MakeFolder(options, "data"));
  const std::string log_folder = PipelineLogPath(folder, kPipeline);
  const Stopwatch watch;
  ScenarioResult result;
  result.figures.emplace_back("events", static_cast<double>(largest));
  for (const uint64_t size : BacklogSizes(largest)) {
    SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<RocksDbEventLog> log,
                            OpenLog(log_folder));
    SLUICE_RETURN_IF_ERROR(GrowTo(log.get(), size, &result.figures));
    log.reset();
    SLUICE_ASSIGN_OR_RETURN(log, OpenLog(log_folder));
    SLUICE_RETURN_IF_ERROR(ReadBack(log.get(), size, &result.figures));
    log.reset();
    SLUICE_RETURN_IF_ERROR(StartUp(options, folder, size, &result.figures));
  }
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<RocksDbEventLog> log,
                          OpenLog(log_folder));
  const auto all = static_cast<double>(largest);
  result.figures.emplace_back("received_bytes_per_event", PreparedEventBytes());
  result.figures.emplace_back(
      "stored_bytes_per_event",
      Ratio(static_cast<double>(log->stats().stored_bytes), all));
  result.figures.emplace_back(
      "written_bytes_per_event",
      Ratio(static_cast<double>(watch.written_bytes()), all));
  SLUICE_ASSIGN_OR_RETURN(result.complete, Reclaim(log.get(), &result.figures));
  result.figures.emplace_back(
      "peak_rss_mib",
      ToMib(static_cast<double>(CurrentResourceUse().peak_rss_bytes)));
  return result;
}

}  // namespace

std::vector<uint64_t> BacklogSizes(uint64_t largest) {
  std::vector<uint64_t> sizes;
  for (uint64_t size = kLeastSize; size < largest; size *= 10) {
    sizes.push_back(size);
  }
  sizes.push_back(largest);
  return sizes;
}

std::vector<Scenario> BacklogGrowthScenarios() {
  return {{"growth_backlog", ScenarioGroup::kGrowth,
           "10^5 to 10^7 events in the log: append, read, start, reclaim",
           &GrowthBacklog}};
}

}  // namespace sluice::bench
