// Events of the service as typed messages, for authors of plugins and for
// commands. Sources do not need it: they hand the JSON on as it is.
#ifndef PLUGINS_DISRUPTIVE_TYPED_EVENT_H_
#define PLUGINS_DISRUPTIVE_TYPED_EVENT_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "proto/disruptive/v1/event.pb.h"
#include "storage/event/event_view.h"

namespace sluice::disruptive {

// From an envelope as it stands in a history page, a data connector's push, or
// inside of {"result": {"event": ...}} of the stream. Nothing is lost: see
// JsonMember. An unknown type of event is no error.
//   kInvalidArgument: `envelope` is no JSON object.
absl::StatusOr<v1::Event> EventFromJson(std::string_view envelope);

// The envelope, on one line, its members in the service's order.
std::string EventToJson(const v1::Event& event);

// From an event of a pipeline that the source `disruptive` (or
// `disruptive_webhook`) published; labels are not part of the result.
//   kInvalidArgument: the event is of another source, or its data is no JSON.
absl::StatusOr<v1::Event> TypedEvent(const EventView& event);

// The envelope of such an event, without decoding its data.
std::string EnvelopeOf(const EventView& event);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_TYPED_EVENT_H_
