// libcurl's error codes in our words.
#ifndef PIPELINE_HTTP_CURL_STATUS_H_
#define PIPELINE_HTTP_CURL_STATUS_H_

#include <string_view>

#include "absl/status/status.h"

namespace sluice {

// The status of a request that ended with `code` (a CURLcode), as HttpFailure
// names them. `detail` is libcurl's text for this case, if it has one; `origin`
// says where the request went. `sent`: bytes of it had gone out, so that it
// cannot be the URL that is wrong.
absl::Status CurlStatus(int code, bool sent, std::string_view origin,
                        std::string_view detail);

// Scheme, host and port of `url`: what may be shown of it. User names, paths
// and queries can hold secrets.
std::string_view UrlOrigin(std::string_view url);

}  // namespace sluice

#endif  // PIPELINE_HTTP_CURL_STATUS_H_
