// CloudEvents 1.0 in JSON, as events.
#ifndef PIPELINE_CLOUD_EVENT_CLOUD_EVENT_READER_H_
#define PIPELINE_CLOUD_EVENT_CLOUD_EVENT_READER_H_

#include <cstddef>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "storage/event/event_view.h"

namespace sluice {

// The counterpart of CloudEventJsonWriter, which also reads what the SDKs of
// CloudEvents write
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md):
//
// - `specversion` is "1.0"; `id`, `source` and `type` are there and not empty.
// - `data` is taken over byte for byte. With a media type that is not JSON, a
//   text in `data` is the payload itself; `data_base64` is decoded.
// - The members of an object `labels` and all extension attributes become
//   labels: texts, and numbers and booleans as they are written. `ingesttime`
//   becomes the ingest time.
// - An attribute that is null is not there. Of two members of one name the last
//   counts.
//
// Thread-safety: none; the JSON parsers are reused from event to event.
class CloudEventReader {
 public:
  // More labels than this are refused: they are looked for one by one.
  static constexpr size_t kMaxLabels = 256;
  // With so many readable bytes behind it, whatever they are, an event is read
  // where it stands; else from a copy.
  static constexpr size_t kPadding = 64;

  CloudEventReader();
  ~CloudEventReader();
  CloudEventReader(const CloudEventReader&) = delete;
  CloudEventReader& operator=(const CloudEventReader&) = delete;

  // Reads the one object that `json` is into `*event`. Its views point into
  // `json` and into this; they hold until the next call, as long as `json`
  // does. `readable_behind`: bytes behind `json` that may be read.
  //   kInvalidArgument: it is no CloudEvent; the message says why, and reason()
  //   is the word for it. `*event` is then of no use.
  absl::Status Read(std::string_view json, size_t readable_behind,
                    EventFields* event);

  // Of the last refusal: "malformed_json", or "malformed_event" for JSON that
  // is no CloudEvent.
  std::string_view reason() const { return reason_; }

 private:
  struct State;  // Keeps the JSON library out of this header.

  std::string_view reason_;
  std::unique_ptr<State> state_;
};

}  // namespace sluice

#endif  // PIPELINE_CLOUD_EVENT_CLOUD_EVENT_READER_H_
