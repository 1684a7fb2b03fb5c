#include "plugins/feed/feed_client.h"

#include <algorithm>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/http/url.h"
#include "plugins/feed/token.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

constexpr char kVersionPath[] = "/api/v1.0/";
constexpr char kClientName[] = "stream-cpp-client-1.0.0";

absl::StatusOr<std::string> AddressOfLocation(const std::string& location) {
  const bool is_label =
      std::all_of(location.begin(), location.end(), [](char c) {
        return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '-';
      });
  if (!is_label) {
    return ConfigError("location", absl::StrCat("\"", location,
                                                "\" is no data centre; write "
                                                "e.g. us-east or dublin"));
  }
  std::string host = location;
  if (location.empty()) {
    host = "api";
  } else if (!location.ends_with("-api") && location != "ca-central-1") {
    host = absl::StrCat(location, "-api");
  }
  return absl::StrCat("https://", host, ".stream-io-api.com", kVersionPath);
}

absl::StatusOr<std::string> AddressOfBaseUrl(const std::string& base_url) {
  const absl::Status wrong = ConfigError(
      "base_url",
      absl::StrCat("\"", base_url,
                   "\" cannot be used; write e.g. http://127.0.0.1:8000"));
  std::string_view rest = base_url;
  const size_t scheme = rest.starts_with("https://")  ? 8
                        : rest.starts_with("http://") ? 7
                                                      : 0;
  if (scheme == 0) return wrong;
  rest.remove_prefix(scheme);
  const size_t slash = std::min(rest.find('/'), rest.size());
  const std::string_view host = rest.substr(0, slash);
  std::string_view path = rest.substr(slash);
  while (path.ends_with('/')) path.remove_suffix(1);
  if (host.empty() || host.find_first_of("@?# ") != std::string_view::npos) {
    return wrong;
  }
  if (!path.empty() && path != "/api" && path != "/api/v1.0") return wrong;
  return absl::StrCat(base_url.substr(0, scheme), std::string(host),
                      kVersionPath);
}

}  // namespace

absl::StatusOr<std::string> ApiAddress(const FeedClientOptions& options) {
  if (options.base_url.empty()) return AddressOfLocation(options.location);
  if (!options.location.empty()) {
    return ConfigError("location", "not together with base_url");
  }
  return AddressOfBaseUrl(options.base_url);
}

absl::StatusOr<FeedClient> FeedClient::Create(FeedClientOptions options) {
  if (options.api_key.empty()) {
    return ConfigError("api_key", "the key of the application is needed");
  }
  SLUICE_ASSIGN_OR_RETURN(std::string address, ApiAddress(options));
  return FeedClient(std::move(options), std::move(address));
}

std::unique_ptr<HttpCall> FeedClient::AddActivities(
    const FeedName& feed, std::string body, size_t count,
    absl::Duration timeout, absl::AnyInvocable<void(FeedReply)> done) {
  const std::string group(feed.group);
  const std::string id(feed.id);
  const std::string token =
      SignToken(options_.api_secret,
                {.action = "write", .resource = "feed", .feed_id = group + id});
  HttpRequest request;
  request.method = "POST";
  // The slash at the end matters: without it the service redirects, and the
  // body gets lost on the way (stream-python stream/client/base.py).
  request.url = absl::StrCat(address_, "feed/", group, "/", id,
                             "/?api_key=", PercentEncode(options_.api_key));
  request.headers = {{"Authorization", token},
                     {"stream-auth-type", "jwt"},
                     {"Content-Type", "application/json"},
                     {"X-Stream-Client", kClientName}};
  request.body = std::move(body);
  request.connect_timeout = std::min(request.connect_timeout, timeout);
  request.total_timeout = timeout;
  request.tls.ca_file = options_.ca_file;
  return http_->Fetch(
      std::move(request),
      [executor = executor_, count, done = std::move(done)](
          HttpResponse response, HttpFailure failure) mutable {
        done(ReadReply(response, failure, count, executor->Now()));
      });
}

}  // namespace sluice::feed
