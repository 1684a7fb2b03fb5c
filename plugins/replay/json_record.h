// Lines that are JSON objects.
#ifndef PLUGINS_REPLAY_JSON_RECORD_H_
#define PLUGINS_REPLAY_JSON_RECORD_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "plugins/replay/record.h"

namespace sluice::replay {

// Reads three kinds of objects, told apart by their members:
//
//   specversion     a CloudEvent
//                   (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md);
//                   other attributes with a plain value become labels, and so
//                   do the members of an object `labels`
//   eventId,        an event of Disruptive Technologies, as its event stream
//   targetName      (also inside {"result":{"event":...}}), history and Data
//                   Connectors send it
//                   (https://developer.disruptive-technologies.com/docs/concepts/events);
//                   source is the project, subject the device; pings are no
//                   events
//   anything else   by the names given
//
// `data` is taken over byte for byte.
class JsonRecordParser final : public RecordParser {
 public:
  explicit JsonRecordParser(FieldNames names);
  ~JsonRecordParser() override;

  // Reasons: malformed_json, malformed_event (JSON, but an attribute has the
  // wrong type or no sense).
  absl::Status Parse(std::string_view line, Record* record) override;
  std::string_view reason() const override { return reason_; }

 private:
  struct Parsers;  // Keeps the JSON library out of this header.

  absl::Status ParseCloudEvent(Record* record);
  absl::Status ParseDisruptive(bool is_wrapped, Record* record);
  absl::Status ParseOther(std::string_view line, Record* record);
  // Appends the JSON text of the member at `path` ("a.b") to `out`, as it
  // stands in the line. False: there is none.
  bool CopyRaw(std::string_view path, std::string* out);

  const FieldNames names_;
  std::string_view reason_;
  std::unique_ptr<Parsers> parsers_;
};

}  // namespace sluice::replay

#endif  // PLUGINS_REPLAY_JSON_RECORD_H_
