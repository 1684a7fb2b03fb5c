#include "pipeline/service/event_search.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "google/protobuf/util/time_util.h"
#include "pipeline/service/log_tap.h"
#include "storage/base/status_macros.h"
#include "storage/event/event_view.h"
#include "storage/log/cursor_progress.h"

namespace sluice {
namespace {

using admin::v1::EventDelivery;
using google::protobuf::util::TimeUtil;

constexpr size_t kBytesPerStep = size_t{4} << 20;
constexpr size_t kLettersPerStep = 64;
// What the events carry is left out of the answer beyond that.
constexpr size_t kMaxDataBytes = size_t{2} << 20;
constexpr int kMaxStories = 100;
constexpr int kMaxLetters = 100;

EventSelection Selection(const admin::v1::ExplainEventRequest& request) {
  EventSelection select;
  select.ids.push_back(request.id());
  if (!request.source().empty()) select.sources.push_back(request.source());
  return select;
}

bool IsFor(const admin::v1::TappedEvent& event, const std::string& sink) {
  return event.only_sinks().empty() ||
         std::find(event.only_sinks().begin(), event.only_sinks().end(),
                   sink) != event.only_sinks().end();
}

}  // namespace

EventSearch::EventSearch(const admin::v1::ExplainEventRequest& request,
                         FindPending find_pending)
    : select_(Selection(request)), find_pending_(std::move(find_pending)) {}

absl::Status EventSearch::Begin(EventLog& log) {
  const LogStats stats = log.stats();
  first_ = stats.first_sequence;
  walk_.emplace(first_, stats.next_sequence);
  answer_.set_total(stats.next_sequence - first_);
  SLUICE_ASSIGN_OR_RETURN(const std::vector<LogBatch> oldest,
                          log.Read(first_, /*max_bytes=*/1));
  if (!oldest.empty()) {
    *answer_.mutable_log_begins() =
        TimeUtil::NanosecondsToTimestamp(oldest.front().append_unix_nanos);
  }
  return absl::OkStatus();
}

absl::StatusOr<NextStep> EventSearch::Step(
    EventLog& log, std::vector<admin::v1::ExplainEventResponse>& answers) {
  if (!walk_.has_value()) SLUICE_RETURN_IF_ERROR(Begin(log));
  SLUICE_ASSIGN_OR_RETURN(bool more, SearchLog(log));
  if (!more) {
    SLUICE_ASSIGN_OR_RETURN(more, SearchLetters(log));
  }
  if (more) {
    admin::v1::ExplainEventResponse progress;
    progress.set_seen(answer_.seen());
    progress.set_total(answer_.total());
    answers.push_back(std::move(progress));
    return NextStep{.more = true};
  }
  Conclude(log);
  answer_.set_done(true);
  answers.push_back(std::move(answer_));
  return NextStep{};
}

absl::StatusOr<bool> EventSearch::SearchLog(EventLog& log) {
  SLUICE_ASSIGN_OR_RETURN(
      const bool more,
      walk_->Step(log, kBytesPerStep,
                  [&](Sequence sequence, const LogBatch& batch,
                      const EventView& event) {
                    if (!select_.Matches(event) ||
                        answer_.stories_size() == kMaxStories) {
                      return;
                    }
                    data_bytes_ += event.data().size();
                    *answer_.add_stories()->mutable_event() =
                        ToMessage(sequence, batch, event,
                                  /*with_data=*/data_bytes_ <= kMaxDataBytes);
                  }));
  answer_.set_seen(more ? walk_->next() - first_ : answer_.total());
  return more;
}

absl::StatusOr<bool> EventSearch::SearchLetters(EventLog& log) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<storage::v1::DeadLetter> letters,
                          log.ListDeadLetters(next_letter_, kLettersPerStep));
  for (const storage::v1::DeadLetter& letter : letters) {
    next_letter_ = letter.id() + 1;
    if (!letter.has_event()) continue;
    const absl::StatusOr<EventView> event = EventView::Parse(letter.event());
    if (!event.ok() || !select_.Matches(*event)) continue;
    letters_.push_back({letter.id(), letter.component(), letter.sequence()});
    if (answer_.dead_letters_size() < kMaxLetters) {
      answer_.add_dead_letters(letter.id());
    }
  }
  return letters.size() == kLettersPerStep;
}

void EventSearch::Conclude(const EventLog& log) {
  const std::vector<CursorInfo> cursors = log.Cursors();
  for (admin::v1::EventStory& story : *answer_.mutable_stories()) {
    const Pipeline::PendingDeliveries pending =
        find_pending_(story.event().sequence());
    for (const CursorInfo& cursor : cursors) {
      *story.add_deliveries() =
          DescribeDelivery(cursor, story.event(), pending);
    }
  }
}

EventDelivery EventSearch::DescribeDelivery(
    const CursorInfo& cursor, const admin::v1::TappedEvent& event,
    const Pipeline::PendingDeliveries& pending) const {
  EventDelivery delivery;
  delivery.set_sink(cursor.name);
  for (const Letter& letter : letters_) {
    if (letter.sequence != event.sequence() ||
        letter.component != cursor.name) {
      continue;
    }
    delivery.set_state(admin::v1::DELIVERY_DEAD_LETTERED);
    delivery.set_dead_letter(letter.id);
    return delivery;
  }
  if (!IsFor(event, cursor.name)) {
    delivery.set_state(admin::v1::DELIVERY_NOT_FOR_IT);
    return delivery;
  }
  const CursorProgress progress(cursor.state);
  if (progress.IsDone(event.sequence())) {
    delivery.set_state(admin::v1::DELIVERY_DONE);
    return delivery;
  }
  delivery.set_state(admin::v1::DELIVERY_WAITING);
  delivery.set_waiting_before(progress.Waiting(event.sequence()));
  const auto found = pending.find(cursor.name);
  if (found == pending.end()) return delivery;
  const PendingDelivery& known = found->second;
  delivery.set_state(known.in_flight ? admin::v1::DELIVERY_IN_FLIGHT
                                     : admin::v1::DELIVERY_PENDING);
  delivery.set_attempts(known.attempts);
  delivery.set_first_error(known.first_error);
  delivery.set_last_error(known.last_error);
  if (known.last_attempt != absl::InfinitePast()) {
    *delivery.mutable_last_attempt() =
        TimeUtil::NanosecondsToTimestamp(absl::ToUnixNanos(known.last_attempt));
  }
  return delivery;
}

}  // namespace sluice
