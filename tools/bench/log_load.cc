#include "tools/bench/log_load.h"

#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "tools/bench/bench_events.h"
#include "tools/bench/store_limit.h"

namespace sluice::bench {

absl::StatusOr<std::unique_ptr<RocksDbEventLog>> OpenLog(
    const std::string& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat("cannot make the folder ", folder, ": ", error.message()));
  }
  RocksDbLogOptions options;
  options.log.max_bytes = kLogBytes;
  SLUICE_ASSIGN_OR_RETURN(
      std::unique_ptr<RocksDbEventLog> log,
      RocksDbEventLog::Open(folder, options, Clock::Real()));
  SLUICE_RETURN_IF_ERROR(log->OpenCursor(kCursor, true).status());
  return log;
}

absl::Status AppendEvents(EventLog* log, uint64_t events, Durability durability,
                          absl::FunctionRef<void(absl::Duration)> appended) {
  BatchCycle cycle(events);
  while (cycle.left() > 0) {
    AppendRequest request;
    while (request.batches.size() < kGroupBatches && cycle.left() > 0) {
      request.batches.push_back(cycle.Next());
    }
    const absl::Time before = absl::Now();
    SLUICE_RETURN_IF_ERROR(log->Append(request, durability).status());
    appended(absl::Now() - before);
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> ReadEvents(EventLog* log, Sequence from,
                                    uint64_t events) {
  uint64_t read = 0;
  while (read < events) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<LogBatch> batches,
                            log->Read(from + read, kReadBytes));
    if (batches.empty()) break;
    for (const LogBatch& batch : batches) read += batch.events->size();
  }
  return read;
}

absl::Status ConsumeEvents(EventLog* log, Sequence end) {
  Sequence from = log->Cursors().at(0).state.next_sequence();
  while (from < end) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<LogBatch> batches,
                            log->Read(from, kReadBytes));
    if (batches.empty()) {
      return absl::DataLossError(
          absl::StrCat("the log ends at event ", from, " instead of ", end));
    }
    const Sequence next =
        batches.back().first_sequence + batches.back().events->size();
    CursorCommit commit;
    commit.cursor = kCursor;
    commit.completed = {{from, next - 1, Completion::kDelivered}};
    SLUICE_RETURN_IF_ERROR(log->Commit(std::move(commit)));
    from = next;
  }
  return absl::OkStatus();
}

}  // namespace sluice::bench
