#include "pipeline/http/check_url.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

constexpr size_t kMaxUrlBytes = 8 << 10;
// Unreserved characters and delimiters of paths and queries, RFC 3986 section
// 3.3 and 3.4, without letters and digits.
constexpr std::string_view kOthersInPaths = "-._~!$&'()*+,;=:@/?";

bool IsAlnum(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c));
}

bool IsHexDigit(char c) {
  return absl::ascii_isxdigit(static_cast<unsigned char>(c));
}

absl::Status Refuse(absl::string_view why) {
  return absl::InvalidArgumentError(why);
}

// A name or an address. Names outside of ASCII have a form inside of it.
bool IsHost(std::string_view host) {
  if (host.starts_with('[')) {
    if (!host.ends_with(']') || host.size() < 4) return false;
    const std::string_view address = host.substr(1, host.size() - 2);
    return std::all_of(address.begin(), address.end(), [](char c) {
      return IsHexDigit(c) || c == ':' || c == '.';
    });
  }
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return IsAlnum(c) || c == '-' || c == '.' || c == '_';
  });
}

bool IsPort(std::string_view port) {
  int number = 0;
  return std::all_of(
             port.begin(), port.end(),
             [](char c) {
               return absl::ascii_isdigit(static_cast<unsigned char>(c));
             }) &&
         absl::SimpleAtoi(ToAbsl(port), &number) && number >= 1 &&
         number <= 65'535;
}

// What stands between "http://" and the path.
absl::Status CheckAuthority(std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) {
    return Refuse(
        "must not hold a user name or a password; give credentials in the "
        "field for them");
  }
  // Colons inside of brackets belong to an address.
  const size_t after_address =
      authority.starts_with('[') ? authority.find(']') : 0;
  const size_t colon =
      authority.find(':', std::min(after_address, authority.size()));
  if (!IsHost(authority.substr(0, colon))) {
    return Refuse(
        "has no host that can be called; give a name in ASCII or an address, "
        "e.g. https://example.com/events or http://[::1]:8080");
  }
  if (colon != std::string_view::npos && !IsPort(authority.substr(colon + 1))) {
    return Refuse("has a port that is not a number from 1 to 65535");
  }
  return absl::OkStatus();
}

// Path and query; `offset` is where they begin in the URL.
absl::Status CheckPath(std::string_view path, size_t offset) {
  for (size_t i = 0; i < path.size(); ++i) {
    const char c = path[i];
    if (c == '%') {
      if (i + 2 < path.size() && IsHexDigit(path[i + 1]) &&
          IsHexDigit(path[i + 2])) {
        continue;
      }
      return Refuse(absl::StrCat("has a % at byte ", offset + i + 1,
                                 " that no two hexadecimal digits follow; "
                                 "write %25 for the character itself"));
    }
    if (IsAlnum(c) || kOthersInPaths.find(c) != std::string_view::npos) {
      continue;
    }
    return Refuse(absl::StrFormat(
        "has a character at byte %d that cannot stand there; write it as "
        "%%%02X",
        offset + i + 1, static_cast<unsigned char>(c)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckHttpUrl(std::string_view url) {
  if (url.empty()) {
    return Refuse("is missing; give e.g. https://example.com/events");
  }
  if (url.size() > kMaxUrlBytes) {
    return Refuse(absl::StrCat("has ", url.size(), " bytes; give at most ",
                               kMaxUrlBytes));
  }
  const size_t scheme = url.starts_with("https://")  ? 8
                        : url.starts_with("http://") ? 7
                                                     : 0;
  if (scheme == 0) {
    return Refuse(
        "must begin with http:// or https://, e.g. https://example.com/events");
  }
  if (url.find('#') != std::string_view::npos) {
    return Refuse("has a fragment (#...), which is never sent; leave it out");
  }
  const size_t path = std::min(url.find_first_of("/?", scheme), url.size());
  absl::Status status = CheckAuthority(url.substr(scheme, path - scheme));
  return status.ok() ? CheckPath(url.substr(path), path) : status;
}

}  // namespace sluice
