#include "pipeline/service/sink_cursor.h"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/time_util.h"
#include "pipeline/service/log_place.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

using admin::v1::SinkCursor;
using google::protobuf::util::TimeUtil;

constexpr int kMaxRangesTold = 100;

absl::StatusOr<CursorInfo> FindCursor(const EventLog& log,
                                      const std::string& sink) {
  for (CursorInfo& cursor : log.Cursors()) {
    if (cursor.name == sink) return std::move(cursor);
  }
  return absl::NotFoundError(
      absl::StrCat("the log has no cursor of sink \"", sink, "\""));
}

// When an event that is there was appended.
absl::StatusOr<std::optional<int64_t>> AppendedAt(EventLog& log,
                                                  Sequence sequence) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<LogBatch> batches,
                          log.Read(sequence, /*max_bytes=*/1));
  if (batches.empty()) return std::optional<int64_t>();
  return std::optional<int64_t>(batches.front().append_unix_nanos);
}

SinkCursor ToMessage(const CursorInfo& info) {
  const storage::v1::CursorState& state = info.state;
  const storage::v1::CursorCounters& counters = state.counters();
  SinkCursor cursor;
  cursor.set_sink(info.name);
  cursor.set_next_sequence(state.next_sequence());
  for (const storage::v1::SequenceRange& done : state.done()) {
    if (cursor.done_ahead_size() == kMaxRangesTold) break;
    admin::v1::EventRange* range = cursor.add_done_ahead();
    range->set_first(done.first());
    range->set_last(done.last());
  }
  cursor.set_waiting(info.waiting);
  cursor.set_start_sequence(state.start_sequence());
  cursor.set_parked(state.parked());
  cursor.set_delivered(counters.delivered());
  cursor.set_dead_lettered(counters.dead_lettered());
  cursor.set_filtered(counters.filtered());
  cursor.set_dropped(counters.dropped());
  cursor.set_corrupt(counters.corrupt());
  cursor.set_skipped(counters.skipped());
  cursor.set_rewound(counters.rewound());
  return cursor;
}

// Events of the cursor from `first` on, before `end`, that are done, or not.
uint64_t DoneBetween(const storage::v1::CursorState& state, Sequence first,
                     Sequence end) {
  const auto overlap = [&](Sequence range_first, Sequence range_end) {
    const Sequence from = std::max(first, range_first);
    const Sequence to = std::min(end, range_end);
    return from < to ? to - from : 0;
  };
  uint64_t done = overlap(0, state.next_sequence());
  for (const storage::v1::SequenceRange& range : state.done()) {
    done += overlap(range.first(), range.last() + 1);
  }
  return done;
}

}  // namespace

absl::StatusOr<SinkCursor> DescribeSinkCursor(EventLog& log,
                                              const std::string& sink) {
  SLUICE_ASSIGN_OR_RETURN(const CursorInfo info, FindCursor(log, sink));
  SinkCursor cursor = ToMessage(info);
  const LogStats stats = log.stats();
  cursor.set_log_first_sequence(stats.first_sequence);
  cursor.set_log_next_sequence(stats.next_sequence);
  SLUICE_ASSIGN_OR_RETURN(const std::optional<int64_t> next,
                          AppendedAt(log, cursor.next_sequence()));
  if (next.has_value()) {
    *cursor.mutable_next_appended() = TimeUtil::NanosecondsToTimestamp(*next);
  }
  SLUICE_ASSIGN_OR_RETURN(const std::optional<int64_t> first,
                          AppendedAt(log, stats.first_sequence));
  if (first.has_value()) {
    *cursor.mutable_log_first_appended() =
        TimeUtil::NanosecondsToTimestamp(*first);
  }
  return cursor;
}

absl::Status RewindSink(EventLog& log,
                        const admin::v1::RewindSinkRequest& request,
                        admin::v1::RewindSinkResponse& response) {
  SLUICE_ASSIGN_OR_RETURN(const CursorInfo before,
                          FindCursor(log, request.sink()));
  SLUICE_ASSIGN_OR_RETURN(const Sequence to,
                          FindPlace(log, request.to(), "to"));
  if (to > before.state.next_sequence()) {
    return absl::FailedPreconditionError(
        absl::StrCat("sink \"", request.sink(), "\" has come to event ",
                     before.state.next_sequence(), ", and ", to,
                     " is behind that; to go forward use SkipSink"));
  }
  response.set_to_sequence(to);
  if (request.dry_run()) {
    const Sequence end = log.stats().next_sequence;
    response.set_rewound(DoneBetween(before.state, to, end));
  } else {
    SLUICE_ASSIGN_OR_RETURN(const CursorInfo after,
                            log.RewindCursor(request.sink(), to));
    response.set_rewound(after.waiting -
                         std::min(after.waiting, before.waiting));
  }
  SLUICE_ASSIGN_OR_RETURN(*response.mutable_cursor(),
                          DescribeSinkCursor(log, request.sink()));
  return absl::OkStatus();
}

absl::Status SkipSink(EventLog& log, const admin::v1::SkipSinkRequest& request,
                      admin::v1::SkipSinkResponse& response) {
  SLUICE_ASSIGN_OR_RETURN(const CursorInfo before,
                          FindCursor(log, request.sink()));
  SLUICE_ASSIGN_OR_RETURN(const Sequence to,
                          FindPlace(log, request.to(), "to"));
  const Sequence from = before.state.next_sequence();
  if (to < from) {
    return absl::FailedPreconditionError(absl::StrCat(
        "sink \"", request.sink(), "\" has come to event ", from, ", and ", to,
        " is before that; to go back use RewindSink"));
  }
  response.set_to_sequence(to);
  response.set_skipped(to - from - DoneBetween(before.state, from, to));
  if (!request.dry_run() && to > from) {
    CursorCommit commit;
    commit.cursor = request.sink();
    commit.completed.push_back({from, to - 1, Completion::kSkipped});
    SLUICE_RETURN_IF_ERROR(log.Commit(std::move(commit)));
    SLUICE_RETURN_IF_ERROR(log.Flush(Durability::kDurable));
  }
  SLUICE_ASSIGN_OR_RETURN(*response.mutable_cursor(),
                          DescribeSinkCursor(log, request.sink()));
  return absl::OkStatus();
}

}  // namespace sluice
