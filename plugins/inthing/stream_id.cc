#include "plugins/inthing/stream_id.h"

#include <optional>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace sluice::inthing {
namespace {

constexpr std::string_view kUrn = "urn:uuid:";

std::string_view Strip(std::string_view text) {
  while (!text.empty() && absl::ascii_isspace(text.front())) {
    text.remove_prefix(1);
  }
  while (!text.empty() && absl::ascii_isspace(text.back())) {
    text.remove_suffix(1);
  }
  return text;
}

// The UUID in lower case, or nullopt.
std::optional<std::string> ParseUuid(std::string_view text) {
  std::string uuid = absl::AsciiStrToLower({text.data(), text.size()});
  if (uuid.starts_with(kUrn)) uuid.erase(0, kUrn.size());
  if (uuid.starts_with('{') && uuid.ends_with('}')) {
    uuid = uuid.substr(1, uuid.size() - 2);
  }
  if (uuid.size() != 36) return std::nullopt;
  for (size_t i = 0; i < uuid.size(); ++i) {
    const bool is_hyphen = i == 8 || i == 13 || i == 18 || i == 23;
    if (is_hyphen ? uuid[i] != '-' : !absl::ascii_isxdigit(uuid[i])) {
      return std::nullopt;
    }
  }
  return uuid;
}

// "www.inthing.io:8000" of "https://www.inthing.io:8000/x".
std::string_view HostOf(std::string_view url) {
  const size_t scheme = url.find("://");
  if (scheme != std::string_view::npos) url.remove_prefix(scheme + 3);
  return url.substr(0, url.find_first_of("/?#"));
}

// The path's segments, without empty ones.
std::vector<std::string> Segments(std::string_view path) {
  return absl::StrSplit(absl::string_view(path.data(), path.size()), '/',
                        absl::SkipEmpty());
}

absl::Status NotAStream(std::string_view text, const char* why) {
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", std::string(text), "\" ", why,
      "; give the URL, the path (/user/name/) or the UUID of a stream"));
}

}  // namespace

absl::StatusOr<std::string> NormalizeStreamId(std::string_view text,
                                              std::string_view base_url) {
  text = Strip(text);
  if (text.empty()) {
    return absl::InvalidArgumentError("stream ID or URL is required");
  }
  if (std::optional<std::string> uuid = ParseUuid(text)) return *uuid;

  std::string_view path = text;
  const size_t scheme = text.find("://");
  if (scheme != std::string_view::npos) {
    path.remove_prefix(scheme + 3);
    path.remove_prefix(std::min(path.find_first_of("/?#"), path.size()));
  }
  path = path.substr(0, path.find_first_of("?#"));
  std::vector<std::string> segments = Segments(path);
  if (scheme == std::string_view::npos && !path.starts_with('/') &&
      !segments.empty() && segments[0] == HostOf(base_url)) {
    segments.erase(segments.begin());
  }
  if (segments.size() == 3 &&
      (segments[2] == "add" ||
       (segments[2] == "claim" && segments[0] == "s"))) {
    segments.pop_back();
  }
  if (segments.size() != 2) return NotAStream(text, "is not a stream");
  if (segments[0] == "e") return NotAStream(text, "is an event");
  if (segments[0] == "s") {
    std::optional<std::string> uuid = ParseUuid(segments[1]);
    if (!uuid.has_value()) return NotAStream(text, "holds no UUID");
    return *uuid;
  }
  return absl::StrCat("/", segments[0], "/", segments[1], "/");
}

}  // namespace sluice::inthing
