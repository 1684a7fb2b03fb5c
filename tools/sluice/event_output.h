// Events for people and for scripts.
#ifndef TOOLS_SLUICE_EVENT_OUTPUT_H_
#define TOOLS_SLUICE_EVENT_OUTPUT_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "boost/json.hpp"

namespace sluice {

// Whether payloads are shown, or only how many bytes they have.
enum class Payload { kWhole, kSize };

// RFC 3339; "" for 0, which stands for none.
std::string Moment(int64_t unix_nanos);

// These set a field. Bytes that are not UTF-8 stand under "NAME_base64" instead
// of "NAME"; a payload that is not to be shown is the number "NAME_bytes"; a
// moment of 0 is left out.
void PutBytes(std::string_view name, std::string_view bytes,
              boost::json::object* object);
void PutPayload(std::string_view name, std::string_view bytes, Payload payload,
                boost::json::object* object);
void PutMoment(std::string_view name, int64_t unix_nanos,
               boost::json::object* object);

// `wire`: a serialized sluice.event.v1.Event.
boost::json::object EventToJson(std::string_view wire, Payload payload);

}  // namespace sluice

#endif  // TOOLS_SLUICE_EVENT_OUTPUT_H_
