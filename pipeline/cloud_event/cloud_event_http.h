// CloudEvents 1.0 in the binary mode of HTTP, as events.
#ifndef PIPELINE_CLOUD_EVENT_CLOUD_EVENT_HTTP_H_
#define PIPELINE_CLOUD_EVENT_CLOUD_EVENT_HTTP_H_

#include <deque>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "pipeline/http/http_client.h"
#include "storage/event/event_view.h"

namespace sluice {

// Whether a request is a CloudEvent in binary mode: its attributes are in
// headers that begin with "ce-", its data is the body.
bool IsBinaryCloudEvent(const HttpHeaders& headers);

// Reads such requests
// (https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/bindings/http-protocol-binding.md#31-binary-content-mode).
// Extension attributes become labels, Content-Type the media type of the data.
//
// Thread-safety: none; memory is reused from event to event.
class BinaryCloudEventReader {
 public:
  // The views of `*event` point into `headers`, `body` and this; they hold
  // until the next call.
  //   kInvalidArgument: it is no CloudEvent; the message says why.
  absl::Status Read(const HttpHeaders& headers, std::string_view body,
                    EventFields* event);

 private:
  // Names and values, decoded.
  std::deque<std::string> texts_;
  std::vector<LabelView> labels_;
};

}  // namespace sluice

#endif  // PIPELINE_CLOUD_EVENT_CLOUD_EVENT_HTTP_H_
