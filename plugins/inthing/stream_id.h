// The one spelling of a stream's identifier.
#ifndef PLUGINS_INTHING_STREAM_ID_H_
#define PLUGINS_INTHING_STREAM_ID_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::inthing {

// Brings the forms that people give (URL, path, UUID) to what is posted as
// `stream`: a lower-case UUID or "/user/slug/". Rate limits are counted per
// posted spelling, and the service cannot resolve the URL of an unclaimed
// stream, so one spelling is used throughout.
//
//   4D9F242C-0805-11E6-8D28-FB90F1F704E0                  the UUID
//   https://www.inthing.io/s/4d9f242c-.../                the UUID
//   https://www.inthing.io/will/test/?x=1, will/test      /will/test/
//
// The host of a URL is not looked at: posts, and with them the password, go to
// `base_url` alone. See willmcgugan/timeline at 0ca45ba9, logic/tags.xml
// (get-stream), for what the service makes of it.
//
//   kInvalidArgument: it is no stream; the message says why.
absl::StatusOr<std::string> NormalizeStreamId(std::string_view text,
                                              std::string_view base_url);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_STREAM_ID_H_
