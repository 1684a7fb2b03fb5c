// Which payloads are JSON, by what their events say of them.
#ifndef PIPELINE_JSON_JSON_MEDIA_TYPE_H_
#define PIPELINE_JSON_JSON_MEDIA_TYPE_H_

#include <string_view>

namespace sluice {

// True when `media_type`, a `datacontenttype`, says JSON as section 3.1 of
// https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/formats/json-format.md
// has it: the subtype, without parameters and in any case, is "json" or ends
// with "+json". No media type at all says JSON too.
bool IsJsonMediaType(std::string_view media_type);

}  // namespace sluice

#endif  // PIPELINE_JSON_JSON_MEDIA_TYPE_H_
