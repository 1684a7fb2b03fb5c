// Events as the body of a request.
#ifndef PLUGINS_HTTP_BODY_ENCODER_H_
#define PLUGINS_HTTP_BODY_ENCODER_H_

#include <string>
#include <string_view>
#include <vector>

#include "pipeline/api/sink.h"
#include "pipeline/cloud_event/cloud_event_json.h"
#include "plugins/http/config.pb.h"

namespace sluice::http {

// The media type of bodies in `format`.
std::string_view ContentTypeOf(v1::Format format);

// Writes bodies, events in their order:
//
//   JSON_ARRAY    [{"value":24.9},{"value":25.1}]
//   JSON_LINES    {"value":24.9}<LF>{"value":25.1}<LF>
//   CLOUD_EVENTS  [{"specversion":"1.0","id":"e1",...},{...}]
//
// In the first two an event is its `data`:
//
//   - data whose media type says JSON is copied byte for byte and not looked
//     into; whether it is JSON is for the service to find out. In JSON_LINES a
//     line break in it becomes a space, or, inside of a string, where JSON has
//     none, an escape: nothing of the data gets lost, and no line is broken.
//   - other data becomes a JSON string: its text if that is UTF-8, else base64
//     (RFC 4648 section 4, padded).
//   - no data becomes null.
//
// CLOUD_EVENTS is what CloudEventJsonWriter writes.
//
// Thread-safety: none; a parser is used again for each event.
class BodyEncoder {
 public:
  explicit BodyEncoder(v1::Format format) : format_(format) {}

  // The body for `items`, which are not empty.
  std::string Encode(const std::vector<DeliveryItem>& items);

 private:
  std::string EncodeArray(const std::vector<DeliveryItem>& items) const;
  std::string EncodeLines(const std::vector<DeliveryItem>& items) const;
  std::string EncodeCloudEvents(const std::vector<DeliveryItem>& items);

  const v1::Format format_;
  CloudEventJsonWriter cloud_events_;
};

}  // namespace sluice::http

#endif  // PLUGINS_HTTP_BODY_ENCODER_H_
