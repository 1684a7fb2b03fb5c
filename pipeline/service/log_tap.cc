#include "pipeline/service/log_tap.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "pipeline/service/log_place.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

using google::protobuf::util::TimeUtil;

// Events read for one answer.
constexpr size_t kBytesPerStep = size_t{256} << 10;
// An answer ends before it gets too large for clients with usual limits.
constexpr size_t kMaxAnswerBytes = size_t{1} << 20;
// Between looks at a log where nothing has come.
constexpr absl::Duration kPoll = absl::Milliseconds(100);
// Who is further behind a live log goes on at its end.
constexpr uint64_t kMaxBehind = 100'000;

}  // namespace

admin::v1::TappedEvent ToMessage(Sequence sequence, const LogBatch& batch,
                                 const EventView& event, bool with_data) {
  admin::v1::TappedEvent tapped;
  tapped.set_sequence(sequence);
  *tapped.mutable_appended() =
      TimeUtil::NanosecondsToTimestamp(batch.append_unix_nanos);
  *tapped.mutable_event() = event.ToProto();
  if (!with_data) tapped.mutable_event()->clear_data();
  tapped.mutable_event()->clear_past();
  if (batch.only_cursors != nullptr) {
    tapped.mutable_only_sinks()->Assign(batch.only_cursors->begin(),
                                        batch.only_cursors->end());
  }
  return tapped;
}

LogTap::LogTap(admin::v1::TapEventsRequest request)
    : request_(std::move(request)),
      select_(FromMessage(request_.select())),
      live_(!request_.has_from() || request_.from().end()) {}

absl::Status LogTap::Begin(EventLog& log) {
  begun_ = true;
  Sequence from = log.stats().next_sequence;
  if (!live_) {
    SLUICE_ASSIGN_OR_RETURN(from, FindPlace(log, request_.from(), "from"));
  }
  walk_ = LogWalk(from, from);
  return absl::OkStatus();
}

absl::StatusOr<NextStep> LogTap::Step(
    EventLog& log, std::vector<admin::v1::TapEventsResponse>& answers) {
  if (!begun_) SLUICE_RETURN_IF_ERROR(Begin(log));
  const Sequence end = log.stats().next_sequence;
  if (live_ && end > walk_.next() && end - walk_.next() > kMaxBehind) {
    walk_.SkipTo(end);
  }
  walk_.set_end(end);
  SLUICE_ASSIGN_OR_RETURN(
      const bool read, walk_.Step(log, kBytesPerStep,
                                  [&](Sequence sequence, const LogBatch& batch,
                                      const EventView& event) {
                                    Take(sequence, batch, event, answers);
                                  }));
  if (walk_.missed() > missed_told_) {
    if (answers.empty()) answers.emplace_back();
    answers.front().set_missed(walk_.missed() - missed_told_);
    missed_told_ = walk_.missed();
  }
  if (reached_limit()) return NextStep{};
  return NextStep{.more = true, .delay = read ? absl::ZeroDuration() : kPoll};
}

void LogTap::Take(Sequence sequence, const LogBatch& batch,
                  const EventView& event,
                  std::vector<admin::v1::TapEventsResponse>& answers) {
  if (reached_limit() || !select_.Matches(event)) return;
  const uint64_t every = std::max<uint64_t>(1, request_.every());
  if (matched_++ % every != 0) return;
  ++told_;
  if (answers.empty() || answer_bytes_ >= kMaxAnswerBytes) {
    answers.emplace_back();
    answer_bytes_ = 0;
  }
  answer_bytes_ += event.wire().size();
  *answers.back().add_events() =
      ToMessage(sequence, batch, event, !request_.without_data());
}

}  // namespace sluice
