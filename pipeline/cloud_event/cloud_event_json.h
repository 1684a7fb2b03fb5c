// Events as CloudEvents 1.0 in JSON.
#ifndef PIPELINE_CLOUD_EVENT_CLOUD_EVENT_JSON_H_
#define PIPELINE_CLOUD_EVENT_CLOUD_EVENT_JSON_H_

#include <memory>
#include <string>
#include <string_view>

#include "storage/event/event_view.h"

namespace sluice {

// Prints events in the JSON format of CloudEvents
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md):
//
//   {"specversion":"1.0","id":"e1","source":"//p","type":"temperature",
//    "subject":"device-1","time":"2024-05-16T08:15:18.318Z",
//    "datacontenttype":"application/json","data":{"value":24.9},
//    "labels":{"room":"99"},"ingesttime":"2024-05-16T08:15:18.400Z"}
//
// - `id`, `source` and `type` are always there, all else only when set.
// - `data` holds the payload itself when its media type says JSON (or nothing)
//   and it is valid JSON; anything else is in `data_base64`.
// - `labels` and `ingesttime` are Sluice's own. `labels` is an object, which
//   the type system of CloudEvents extensions does not know; readers that
//   insist on it have to leave it out.
//
// Thread-safety: none; the JSON parser is reused from event to event.
class CloudEventJsonWriter {
 public:
  CloudEventJsonWriter();
  ~CloudEventJsonWriter();
  CloudEventJsonWriter(const CloudEventJsonWriter&) = delete;
  CloudEventJsonWriter& operator=(const CloudEventJsonWriter&) = delete;

  // Appends `event` as one JSON object without line breaks to `out`.
  void Append(const EventView& event, std::string* out);
  // The same with a line feed behind it.
  void AppendLine(const EventView& event, std::string* out);

 private:
  struct Parser;  // Keeps the JSON library out of this header.

  void AppendData(const EventView& event, std::string* out);

  std::unique_ptr<Parser> parser_;
};

}  // namespace sluice

#endif  // PIPELINE_CLOUD_EVENT_CLOUD_EVENT_JSON_H_
