#include "pipeline/http/request_text.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "storage/base/to_absl.h"

namespace sluice {

bool IsHttpToken(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '-' || c == '_';
         });
}

bool IsSendable(const HttpHeader& header) {
  return IsHttpToken(header.first) &&
         header.second.find_first_of(std::string_view("\r\n\0", 3)) ==
             std::string::npos;
}

bool IsLoopbackUrl(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme == url.npos) return false;
  const absl::string_view host = ToAbsl(url.substr(scheme + 3));
  return absl::StartsWith(host, "127.") || absl::StartsWith(host, "[::1]") ||
         absl::StartsWithIgnoreCase(host, "localhost:") ||
         absl::StartsWithIgnoreCase(host, "localhost/");
}

}  // namespace sluice
