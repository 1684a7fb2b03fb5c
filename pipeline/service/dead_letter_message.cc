#include "pipeline/service/dead_letter_message.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

using google::protobuf::util::TimeUtil;

absl::StatusOr<absl::Time> ToTime(const google::protobuf::Timestamp& time,
                                  const char* field) {
  if (time.seconds() < TimeUtil::kTimestampMinSeconds ||
      time.seconds() > TimeUtil::kTimestampMaxSeconds || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    return absl::InvalidArgumentError(
        absl::StrCat("filter.", field, " is no moment of the years 1 to 9999"));
  }
  return absl::FromUnixSeconds(time.seconds()) +
         absl::Nanoseconds(time.nanos());
}

void SetTime(int64_t unix_nanos, google::protobuf::Timestamp* time) {
  *time = TimeUtil::NanosecondsToTimestamp(unix_nanos);
}

admin::v1::DeadLetterPast PastToMessage(
    const storage::v1::DeadLetterPast& past) {
  admin::v1::DeadLetterPast message;
  switch (past.what_case()) {
    case storage::v1::DeadLetterPast::kDied:
      *message.mutable_died() = ToMessage(past.died(), /*with_content=*/false);
      SetTime(past.died().dead_unix_nanos(), message.mutable_time());
      break;
    case storage::v1::DeadLetterPast::kEdited:
      *message.mutable_edited()->mutable_fields() = past.edited().fields();
      SetTime(past.edited().time_unix_nanos(), message.mutable_time());
      break;
    case storage::v1::DeadLetterPast::kRedriven:
      *message.mutable_redriven()->mutable_sinks() = past.redriven().sinks();
      SetTime(past.redriven().time_unix_nanos(), message.mutable_time());
      break;
    case storage::v1::DeadLetterPast::WHAT_NOT_SET:
      break;
  }
  return message;
}

void SetContent(const storage::v1::DeadLetter& letter,
                admin::v1::DeadLetter& message) {
  if (letter.has_input()) {
    message.set_input(letter.input());
  } else if (letter.has_event() &&
             !message.mutable_event()->ParseFromString(letter.event())) {
    // Text that is not UTF-8, for instance: the bytes say more than nothing.
    message.set_input(letter.event());
  }
}

storage::v1::DeadLetterPast PastFromMessage(
    const admin::v1::DeadLetterPast& message) {
  storage::v1::DeadLetterPast past;
  const int64_t time = TimeUtil::TimestampToNanoseconds(message.time());
  switch (message.what_case()) {
    case admin::v1::DeadLetterPast::kDied:
      *past.mutable_died() = FromMessage(message.died());
      break;
    case admin::v1::DeadLetterPast::kEdited:
      *past.mutable_edited()->mutable_fields() = message.edited().fields();
      past.mutable_edited()->set_time_unix_nanos(time);
      break;
    case admin::v1::DeadLetterPast::kRedriven:
      *past.mutable_redriven()->mutable_sinks() = message.redriven().sinks();
      past.mutable_redriven()->set_time_unix_nanos(time);
      break;
    case admin::v1::DeadLetterPast::WHAT_NOT_SET:
      break;
  }
  return past;
}

void SetMoment(absl::Time time, google::protobuf::Timestamp* message) {
  SetTime(absl::ToUnixNanos(time), message);
}

}  // namespace

admin::v1::DeadLetter ToMessage(const storage::v1::DeadLetter& letter,
                                bool with_content) {
  admin::v1::DeadLetter message;
  message.set_id(letter.id());
  message.set_component(letter.component());
  if (with_content) SetContent(letter, message);
  message.set_truncated_bytes(letter.truncated_bytes());
  message.set_sequence(letter.sequence());
  message.set_reason(letter.reason());
  message.set_message(letter.message());
  message.set_attempts(letter.attempts());
  message.set_first_error(letter.first_error());
  message.set_last_error(letter.last_error());
  SetTime(letter.first_attempt_unix_nanos(), message.mutable_first_attempt());
  SetTime(letter.last_attempt_unix_nanos(), message.mutable_last_attempt());
  SetTime(letter.dead_unix_nanos(), message.mutable_died());
  for (const storage::v1::DeadLetterPast& past : letter.past()) {
    *message.add_past() = PastToMessage(past);
  }
  message.set_edited(letter.original_case() !=
                     storage::v1::DeadLetter::ORIGINAL_NOT_SET);
  return message;
}

absl::StatusOr<DeadLetterFilter> FromMessage(
    const admin::v1::DeadLetterFilter& message) {
  DeadLetterFilter filter;
  filter.ids.assign(message.ids().begin(), message.ids().end());
  filter.components.assign(message.components().begin(),
                           message.components().end());
  filter.reasons.assign(message.reasons().begin(), message.reasons().end());
  filter.event_id = message.event_id();
  if (message.has_since()) {
    SLUICE_ASSIGN_OR_RETURN(filter.from, ToTime(message.since(), "since"));
  }
  if (message.has_until()) {
    SLUICE_ASSIGN_OR_RETURN(filter.to, ToTime(message.until(), "until"));
  }
  return filter;
}

admin::v1::DeadLetterFilter ToMessage(const DeadLetterFilter& filter) {
  admin::v1::DeadLetterFilter message;
  message.mutable_ids()->Assign(filter.ids.begin(), filter.ids.end());
  message.mutable_components()->Assign(filter.components.begin(),
                                       filter.components.end());
  message.mutable_reasons()->Assign(filter.reasons.begin(),
                                    filter.reasons.end());
  message.set_event_id(filter.event_id);
  if (filter.from != absl::InfinitePast()) {
    SetMoment(filter.from, message.mutable_since());
  }
  if (filter.to != absl::InfiniteFuture()) {
    SetMoment(filter.to, message.mutable_until());
  }
  return message;
}

storage::v1::DeadLetter FromMessage(const admin::v1::DeadLetter& message) {
  storage::v1::DeadLetter letter;
  letter.set_id(message.id());
  letter.set_component(message.component());
  if (message.has_event()) {
    letter.set_event(message.event().SerializeAsString());
  } else if (message.has_input()) {
    letter.set_input(message.input());
  }
  letter.set_truncated_bytes(message.truncated_bytes());
  letter.set_sequence(message.sequence());
  letter.set_reason(message.reason());
  letter.set_message(message.message());
  letter.set_attempts(message.attempts());
  letter.set_first_error(message.first_error());
  letter.set_last_error(message.last_error());
  letter.set_first_attempt_unix_nanos(
      TimeUtil::TimestampToNanoseconds(message.first_attempt()));
  letter.set_last_attempt_unix_nanos(
      TimeUtil::TimestampToNanoseconds(message.last_attempt()));
  letter.set_dead_unix_nanos(TimeUtil::TimestampToNanoseconds(message.died()));
  for (const admin::v1::DeadLetterPast& past : message.past()) {
    *letter.add_past() = PastFromMessage(past);
  }
  return letter;
}

DeadLetterEdit FromMessage(const admin::v1::EditDeadLetterRequest& request) {
  DeadLetterEdit edit;
  edit.set.assign(request.set().begin(), request.set().end());
  // A map has no order, and labels are added in that of the edit.
  std::sort(edit.set.begin(), edit.set.end());
  edit.unset.assign(request.unset().begin(), request.unset().end());
  if (request.has_data()) edit.data = request.data();
  return edit;
}

}  // namespace sluice
