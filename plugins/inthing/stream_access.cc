#include "plugins/inthing/stream_access.h"

#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "plugins/inthing/inthing_error.h"
#include "plugins/inthing/stream_id.h"
#include "plugins/inthing/text_limits.h"
#include "storage/base/to_absl.h"

namespace sluice::inthing {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

absl::StatusOr<std::string> ChooseBaseUrl(const std::string& url) {
  std::string base = url.empty() ? Environment(kUrlVariable) : url;
  if (base.empty()) base = kDefaultBaseUrl;
  while (absl::EndsWith(base, "/")) base.pop_back();
  for (const char* scheme : {"http://", "https://"}) {
    if (absl::StartsWithIgnoreCase(base, scheme) &&
        base.size() > std::string_view(scheme).size()) {
      return base;
    }
  }
  return AsConfigError(absl::InvalidArgumentError(absl::StrCat(
      "\"", url.empty() ? Environment(kUrlVariable) : url,
      "\" is no address of a service; it must begin with http:// or "
      "https://")));
}

absl::StatusOr<Stream> ChooseStream(const std::string& id,
                                    const std::string& password,
                                    std::string_view base_url) {
  Stream stream;
  absl::StatusOr<std::string> normalized = NormalizeStreamId(
      id.empty() ? Environment(kStreamVariable) : id, base_url);
  if (!normalized.ok()) return AsConfigError(normalized.status());
  stream.id = *std::move(normalized);
  stream.password =
      password.empty() ? Environment(kPasswordVariable) : password;
  return stream;
}

std::string StreamUrl(std::string_view base_url, std::string_view id) {
  const absl::string_view base = ToAbsl(base_url);
  return id.starts_with('/') ? absl::StrCat(base, ToAbsl(id))
                             : absl::StrCat(base, "/s/", ToAbsl(id), "/");
}

std::string DefaultGenerator() {
  char name[256] = {};
  if (gethostname(name, sizeof(name) - 1) != 0) return "sluice";
  std::string generator = name;
  Truncate(kMaxGenerator, &generator);
  return generator;
}

}  // namespace sluice::inthing
