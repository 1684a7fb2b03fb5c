#include "pipeline/runtime/dead_letter.h"

#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/runtime/admission.h"
#include "proto/event/v1/event.pb.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

// An earlier letter without its content and past: what it says of the failure.
storage::v1::DeadLetterPast DeathOf(const storage::v1::DeadLetter& letter) {
  storage::v1::DeadLetterPast past;
  storage::v1::DeadLetter* died = past.mutable_died();
  died->set_id(letter.id());
  died->set_component(letter.component());
  died->set_sequence(letter.sequence());
  died->set_reason(letter.reason());
  died->set_message(letter.message());
  died->set_attempts(letter.attempts());
  died->set_first_error(letter.first_error());
  died->set_last_error(letter.last_error());
  died->set_first_attempt_unix_nanos(letter.first_attempt_unix_nanos());
  died->set_last_attempt_unix_nanos(letter.last_attempt_unix_nanos());
  died->set_dead_unix_nanos(letter.dead_unix_nanos());
  return past;
}

absl::Status NotFit(const storage::v1::DeadLetter& letter,
                    std::string_view why) {
  return absl::FailedPreconditionError(absl::StrCat(
      "dead letter ", letter.id(), " cannot be redriven: ", std::string(why)));
}

}  // namespace

void SetDeath(std::string_view message, absl::Time now,
              storage::v1::DeadLetter* letter) {
  letter->set_first_error(std::string(message));
  letter->set_last_error(std::string(message));
  const int64_t nanos = absl::ToUnixNanos(now);
  letter->set_first_attempt_unix_nanos(nanos);
  letter->set_last_attempt_unix_nanos(nanos);
  letter->set_dead_unix_nanos(nanos);
}

void FillContent(const EventView& event, storage::v1::DeadLetter* letter) {
  storage::v1::DeadLetterHistory history;
  event::v1::Event message;
  const bool redriven =
      !event.past().empty() &&
      history.ParseFromArray(event.past().data(),
                             static_cast<int>(event.past().size())) &&
      message.ParseFromArray(event.wire().data(),
                             static_cast<int>(event.wire().size()));
  if (!redriven) {
    letter->set_event(std::string(event.wire()));
    return;
  }
  message.clear_past();
  letter->set_event(message.SerializeAsString());
  letter->mutable_past()->Swap(history.mutable_past());
}

absl::StatusOr<std::string> ReviveEvent(const storage::v1::DeadLetter& letter,
                                        const std::vector<std::string>& sinks,
                                        absl::Time now) {
  if (!letter.has_event()) {
    return NotFit(letter,
                  "it is input that no event could be read from; edit it into "
                  "one, giving at least its id");
  }
  const absl::StatusOr<EventView> view = EventView::Parse(letter.event());
  if (!view.ok()) {
    return NotFit(letter, std::string(view.status().message()));
  }
  const std::optional<storage::v1::DeadLetter> refused = RefuseEvent(
      *view, std::numeric_limits<size_t>::max(), letter.component(), now);
  if (refused.has_value()) {
    return NotFit(letter, absl::StrCat(refused->message(), "; edit it"));
  }
  event::v1::Event event;
  if (!event.ParseFromString(letter.event())) {
    return NotFit(letter, "its event cannot be decoded");
  }
  storage::v1::DeadLetterHistory history;
  *history.mutable_past() = letter.past();
  AddPast(DeathOf(letter), history.mutable_past());
  storage::v1::DeadLetterPast redriven;
  redriven.mutable_redriven()->set_time_unix_nanos(absl::ToUnixNanos(now));
  redriven.mutable_redriven()->mutable_sinks()->Assign(sinks.begin(),
                                                       sinks.end());
  AddPast(std::move(redriven), history.mutable_past());
  event.set_ingest_time_unix_nanos(absl::ToUnixNanos(now));
  if (event.time_unix_nanos() == 0) {
    event.set_time_unix_nanos(absl::ToUnixNanos(now));
  }
  event.set_past(history.SerializeAsString());
  return event.SerializeAsString();
}

void AddPast(
    storage::v1::DeadLetterPast past,
    google::protobuf::RepeatedPtrField<storage::v1::DeadLetterPast>* to) {
  *to->Add() = std::move(past);
  if (to->size() > kMaxDeadLetterPast) to->DeleteSubrange(1, 1);
}

}  // namespace sluice
