#include "pipeline/runtime/dead_letter_edit.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "pipeline/runtime/dead_letter.h"
#include "proto/event/v1/event.pb.h"
#include "storage/base/status_macros.h"
#include "storage/event/event_view.h"

namespace sluice {
namespace {

constexpr std::string_view kLabels = "labels.";

void SetLabel(std::string_view key, std::string value,
              event::v1::Event* event) {
  for (event::v1::Label& label : *event->mutable_labels()) {
    if (label.key() != key) continue;
    label.set_value(std::move(value));
    return;
  }
  event::v1::Label* added = event->add_labels();
  added->set_key(std::string(key));
  added->set_value(std::move(value));
}

absl::Status SetTime(const std::string& value, event::v1::Event* event) {
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full, value, &time, &error)) {
    return absl::InvalidArgumentError(
        absl::StrCat("time \"", value,
                     "\" is not allowed; must be like 2024-05-01T12:00:00Z"));
  }
  event->set_time_unix_nanos(absl::ToUnixNanos(time));
  return absl::OkStatus();
}

absl::Status SetAttribute(const std::string& name, std::string value,
                          event::v1::Event* event) {
  if (!IsUtf8(value) || !IsUtf8(name)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the value of ", name, " is not UTF-8"));
  }
  if (name == "id" && value.empty()) {
    return absl::InvalidArgumentError("id must not be empty");
  }
  if (name == "id") {
    event->set_id(std::move(value));
  } else if (name == "source") {
    event->set_source(std::move(value));
  } else if (name == "type") {
    event->set_type(std::move(value));
  } else if (name == "subject") {
    event->set_subject(std::move(value));
  } else if (name == "datacontenttype") {
    event->set_datacontenttype(std::move(value));
  } else if (name == "time") {
    return SetTime(value, event);
  } else if (name.size() > kLabels.size() && name.starts_with(kLabels)) {
    SetLabel(std::string_view(name).substr(kLabels.size()), std::move(value),
             event);
  } else {
    return absl::InvalidArgumentError(absl::StrCat(
        "there is no attribute \"", name,
        "\"; allowed: id, source, type, subject, time, datacontenttype, "
        "labels.KEY"));
  }
  return absl::OkStatus();
}

absl::Status UnsetLabel(const std::string& name, event::v1::Event* event) {
  if (!name.starts_with(kLabels)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "\"", name, "\" cannot be removed; only labels can: labels.KEY"));
  }
  const std::string_view key = std::string_view(name).substr(kLabels.size());
  auto* const labels = event->mutable_labels();
  for (int i = 0; i < labels->size(); ++i) {
    if (labels->Get(i).key() != key) continue;
    labels->DeleteSubrange(i, 1);
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("the event has no label \"", std::string(key), "\""));
}

// The event to change: the letter's, or a new one with its input.
absl::StatusOr<event::v1::Event> Content(const storage::v1::DeadLetter& letter,
                                         bool data_is_given) {
  if (letter.has_event()) {
    // Not Protobuf's own parser: attributes that are not UTF-8 are what may
    // have to be changed.
    SLUICE_ASSIGN_OR_RETURN(const EventView view,
                            EventView::Parse(letter.event()));
    return view.ToProto();
  }
  if (letter.truncated_bytes() > 0 && !data_is_given) {
    return absl::FailedPreconditionError(absl::StrCat(
        "the input of dead letter ", letter.id(), " lacks its last ",
        letter.truncated_bytes(), " bytes; give the whole payload as data"));
  }
  event::v1::Event event;
  event.set_data(letter.input());
  return event;
}

}  // namespace

absl::Status ApplyEdit(const DeadLetterEdit& edit, absl::Time now,
                       storage::v1::DeadLetter* letter) {
  storage::v1::DeadLetterPast past;
  auto* const edited = past.mutable_edited();
  edited->set_time_unix_nanos(absl::ToUnixNanos(now));
  SLUICE_ASSIGN_OR_RETURN(event::v1::Event event,
                          Content(*letter, edit.data.has_value()));
  for (const auto& [name, value] : edit.set) {
    SLUICE_RETURN_IF_ERROR(SetAttribute(name, value, &event));
    edited->add_fields(name);
  }
  for (const std::string& name : edit.unset) {
    SLUICE_RETURN_IF_ERROR(UnsetLabel(name, &event));
    edited->add_fields(name);
  }
  if (edit.data.has_value()) {
    event.set_data(*edit.data);
    edited->add_fields("data");
  }
  if (edited->fields().empty()) {
    return absl::InvalidArgumentError("there is nothing to change");
  }
  if (letter->original_case() == storage::v1::DeadLetter::ORIGINAL_NOT_SET) {
    if (letter->has_event()) {
      letter->set_original_event(letter->event());
    } else {
      letter->set_original_input(letter->input());
    }
  }
  letter->set_event(event.SerializeAsString());
  letter->set_truncated_bytes(0);
  AddPast(std::move(past), letter->mutable_past());
  return absl::OkStatus();
}

}  // namespace sluice
