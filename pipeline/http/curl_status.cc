#include "pipeline/http/curl_status.h"

#include <curl/curl.h>

#include <algorithm>
#include <string>

namespace sluice {
namespace {

absl::StatusCode CodeOf(int code, bool sent) {
  switch (code) {
    case CURLE_OK:
      return absl::StatusCode::kOk;
    case CURLE_OPERATION_TIMEDOUT:
      return absl::StatusCode::kDeadlineExceeded;
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CRL_BADFILE:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_PINNEDPUBKEYNOTMATCH:
    case CURLE_SSL_INVALIDCERTSTATUS:
    case CURLE_SSL_CERTPROBLEM:
      return absl::StatusCode::kFailedPrecondition;
    case CURLE_URL_MALFORMAT:
      return absl::StatusCode::kInvalidArgument;
    case CURLE_UNSUPPORTED_PROTOCOL:
      // Also what libcurl says to an answer that is not HTTP.
      return sent ? absl::StatusCode::kUnavailable
                  : absl::StatusCode::kInvalidArgument;
    default:
      return absl::StatusCode::kUnavailable;
  }
}

}  // namespace

absl::Status CurlStatus(int code, bool sent, std::string_view origin,
                        std::string_view detail) {
  if (code == CURLE_OK) return absl::OkStatus();
  std::string text(origin);
  if (!text.empty()) text.append(": ");
  text.append(detail.empty() ? curl_easy_strerror(static_cast<CURLcode>(code))
                             : detail);
  return absl::Status(CodeOf(code, sent), text);
}

std::string_view UrlOrigin(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == url.npos) return "";
  const size_t start = scheme + 3;
  const size_t end = std::min(url.find_first_of("/?#", start), url.size());
  const size_t user = url.substr(start, end - start).rfind('@');
  if (user != url.npos) {
    return url.substr(start + user + 1, end - start - user - 1);
  }
  return url.substr(0, end);
}

}  // namespace sluice
