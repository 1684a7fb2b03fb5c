#include "tools/sluice/event_output.h"

#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"
#include "storage/base/rfc3339.h"
#include "storage/event/event_view.h"

namespace sluice {

std::string Moment(int64_t unix_nanos) {
  std::string text;
  if (unix_nanos != 0) AppendRfc3339(unix_nanos, &text);
  return text;
}

void PutBytes(std::string_view name, std::string_view bytes,
              boost::json::object* object) {
  if (IsUtf8(bytes)) {
    (*object)[boost::json::string_view(name.data(), name.size())] =
        boost::json::string_view(bytes.data(), bytes.size());
    return;
  }
  (*object)[absl::StrCat(std::string(name), "_base64")] =
      absl::Base64Escape(absl::string_view(bytes.data(), bytes.size()));
}

void PutPayload(std::string_view name, std::string_view bytes, Payload payload,
                boost::json::object* object) {
  if (payload == Payload::kWhole) {
    PutBytes(name, bytes, object);
  } else {
    (*object)[absl::StrCat(std::string(name), "_bytes")] = bytes.size();
  }
}

void PutMoment(std::string_view name, int64_t unix_nanos,
               boost::json::object* object) {
  if (unix_nanos != 0) PutBytes(name, Moment(unix_nanos), object);
}

boost::json::object EventToJson(std::string_view wire, Payload payload) {
  boost::json::object object;
  const absl::StatusOr<EventView> event = EventView::Parse(wire);
  if (!event.ok()) {
    PutPayload("undecodable", wire, payload, &object);
    return object;
  }
  PutBytes("id", event->id(), &object);
  PutBytes("source", event->source(), &object);
  PutBytes("type", event->type(), &object);
  PutBytes("subject", event->subject(), &object);
  PutMoment("time", event->time_unix_nanos(), &object);
  PutMoment("ingest_time", event->ingest_time_unix_nanos(), &object);
  PutBytes("datacontenttype", event->datacontenttype(), &object);
  boost::json::object labels;
  event->ForEachLabel([&labels](const LabelView& label) {
    PutBytes(IsUtf8(label.key) ? label.key : "?", label.value, &labels);
  });
  object["labels"] = std::move(labels);
  PutPayload("data", event->data(), payload, &object);
  return object;
}

}  // namespace sluice
