// Whether a URL of a configuration can be sent to.
#ifndef PIPELINE_HTTP_CHECK_URL_H_
#define PIPELINE_HTTP_CHECK_URL_H_

#include <string_view>

#include "absl/status/status.h"

namespace sluice {

// OK when HttpRequest::url can be `url` as it stands: http:// or https://, a
// host, a port if any, path and query as RFC 3986 wants them, at most 8 KiB.
//   kInvalidArgument: it cannot; the message says why and what would be right,
//   to stand behind the name of a field ("is missing; ..."). It never repeats
//   the URL, whose user info and query can hold secrets.
//
// User info is refused, because whoever prints a URL prints it too, and so is a
// fragment, which never leaves a client.
absl::Status CheckHttpUrl(std::string_view url);

}  // namespace sluice

#endif  // PIPELINE_HTTP_CHECK_URL_H_
