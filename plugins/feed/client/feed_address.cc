#include "plugins/feed/client/feed_address.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "pipeline/api/plugin_registry.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

constexpr char kDomain[] = ".stream-io-api.com";
constexpr std::string_view kApiSuffix = "-api";
// The one data centre whose API has no suffix.
constexpr std::string_view kBareLocation = "ca-central-1";

// True when all of `text` is A-Z a-z 0-9 or in `others`.
bool ConsistsOf(std::string_view text, std::string_view others) {
  return std::all_of(text.begin(), text.end(), [others](char c) {
    return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
           others.find(c) != std::string_view::npos;
  });
}

// "us-east" + kApi: "us-east-api".
std::string HostLabel(std::string location, FeedService service) {
  const std::string name(FeedServiceName(service));
  if (location.empty()) return name;
  if (location.ends_with(kApiSuffix)) {
    location.resize(location.size() - kApiSuffix.size());
  }
  const bool bare = service == FeedService::kAnalytics ||
                    (service == FeedService::kApi && location == kBareLocation);
  return bare ? location : absl::StrCat(location, "-", name);
}

// The scheme and host of a base_url, "http://127.0.0.1:8000"; empty: it cannot
// be used.
std::string RootOf(const std::string& base_url, const std::string& version) {
  std::string_view rest = base_url;
  const size_t scheme = rest.starts_with("https://")  ? 8
                        : rest.starts_with("http://") ? 7
                                                      : 0;
  if (scheme == 0) return "";
  rest.remove_prefix(scheme);
  const size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view host = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (host.empty() || host.find_first_of("@?# ") != std::string_view::npos) {
    return "";
  }
  const bool known_path =
      path.empty() || path == "/api" || path == absl::StrCat("/api/", version);
  return known_path ? base_url.substr(0, scheme + slash) : "";
}

// What comes before "/api/v1.0/".
absl::StatusOr<std::string> Root(const FeedClientOptions& options,
                                 FeedService service) {
  if (options.base_url.empty()) {
    return absl::StrCat("https://", HostLabel(options.location, service),
                        kDomain);
  }
  std::string root = RootOf(options.base_url, options.version);
  if (root.empty()) {
    return ConfigError(
        "base_url",
        absl::StrCat("\"", options.base_url,
                     "\" cannot be used; write e.g. http://127.0.0.1:8000"));
  }
  return root;
}

absl::StatusOr<std::string> Address(const FeedClientOptions& options,
                                    FeedService service) {
  SLUICE_ASSIGN_OR_RETURN(const std::string root, Root(options, service));
  return absl::StrCat(root, "/", std::string(FeedServiceName(service)), "/",
                      options.version, "/");
}

}  // namespace

std::string_view FeedServiceName(FeedService service) {
  switch (service) {
    case FeedService::kApi:
      return "api";
    case FeedService::kAnalytics:
      return "analytics";
    case FeedService::kPersonalization:
      return "personalization";
  }
  return "";
}

const std::string& FeedAddresses::of(FeedService service) const {
  switch (service) {
    case FeedService::kAnalytics:
      return analytics;
    case FeedService::kPersonalization:
      return personalization;
    default:
      return api;
  }
}

absl::StatusOr<FeedAddresses> MakeFeedAddresses(
    const FeedClientOptions& options) {
  if (!options.base_url.empty() && !options.location.empty()) {
    return ConfigError("location", "not together with base_url");
  }
  if (!ConsistsOf(options.location, "-")) {
    return ConfigError("location",
                       absl::StrCat("\"", options.location,
                                    "\" is no data centre; write e.g. us-east "
                                    "or dublin"));
  }
  if (options.version.empty() || !ConsistsOf(options.version, "._-")) {
    return ConfigError("version",
                       absl::StrCat("\"", options.version,
                                    "\" is no version; write e.g. v1.0"));
  }
  FeedAddresses addresses;
  SLUICE_ASSIGN_OR_RETURN(addresses.api, Address(options, FeedService::kApi));
  SLUICE_ASSIGN_OR_RETURN(addresses.analytics,
                          Address(options, FeedService::kAnalytics));
  SLUICE_ASSIGN_OR_RETURN(addresses.personalization,
                          Address(options, FeedService::kPersonalization));
  return addresses;
}

}  // namespace sluice::feed
