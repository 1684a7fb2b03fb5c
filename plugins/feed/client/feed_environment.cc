#include "plugins/feed/client/feed_environment.h"

#include <cstdlib>
#include <regex>
#include <utility>

#include "pipeline/api/plugin_registry.h"
#include "storage/base/status_macros.h"

namespace sluice::feed {
namespace {

constexpr char kLocalUrl[] = "http://localhost:8000";
constexpr absl::Duration kLocalTimeout = absl::Seconds(20);
// Longer values of STREAM_URL are refused: std::regex recurses per character.
constexpr size_t kMaxUrlBytes = 2000;

// Not set and empty are the same.
std::string Value(EnvironmentVariable variable, const char* name) {
  return variable(name).value_or("");
}

// The credentials in a STREAM_URL; false: there are none.
bool ReadCredentials(const std::string& url, FeedClientOptions* options) {
  // The pattern of stream-python 5.3.1 stream/__init__.py.
  static const std::regex* const kPattern = new std::regex(
      R"(https://(\w+):(\w+)@([\w-]*).*\?app_id=(\d+).*)", std::regex::icase);
  std::smatch match;
  if (!std::regex_match(url, match, *kPattern)) return false;
  options->api_key = match[1];
  options->api_secret = match[2];
  const std::string host = match[3];
  const bool is_location = host != "getstream" && host != "stream-io-api";
  if (options->base_url.empty()) options->location = is_location ? host : "";
  options->app_id = match[4];
  return true;
}

absl::Status ReadStreamUrl(const std::string& url, FeedClientOptions* options) {
  if (url.empty()) return absl::OkStatus();
  const bool too_long = url.size() > kMaxUrlBytes;
  if (url.find('@') != std::string::npos || too_long) {
    if (!options->api_key.empty()) return absl::OkStatus();
    if (!too_long && ReadCredentials(url, options)) return absl::OkStatus();
    return ConfigError("STREAM_URL",
                       "cannot be read; it must be "
                       "https://KEY:SECRET@HOST/?app_id=N, or an address such "
                       "as http://localhost:8000");
  }
  if (options->base_url.empty() && options->location.empty()) {
    options->base_url = url;
  }
  return absl::OkStatus();
}

void ReadKeys(EnvironmentVariable variable, FeedClientOptions* options) {
  constexpr std::pair<const char*, const char*> kPairs[] = {
      {"STREAM_KEY", "STREAM_SECRET"}, {"STREAM_API_KEY", "STREAM_API_SECRET"}};
  for (const auto& [key_name, secret_name] : kPairs) {
    const std::string key = Value(variable, key_name);
    const bool fits =
        options->api_key.empty() ? !key.empty() : options->api_key == key;
    if (!fits) continue;
    options->api_key = key;
    if (options->api_secret.empty()) {
      options->api_secret = Value(variable, secret_name);
    }
    return;
  }
}

}  // namespace

absl::StatusOr<FeedClientOptions> WithEnvironment(
    FeedClientOptions options, EnvironmentVariable variable) {
  const bool address_given =
      !options.base_url.empty() || !options.location.empty();
  if (!address_given && !Value(variable, "LOCAL").empty()) {
    options.base_url = kLocalUrl;
    options.timeout = kLocalTimeout;
  }
  SLUICE_RETURN_IF_ERROR(
      ReadStreamUrl(Value(variable, "STREAM_URL"), &options));
  if (options.base_url.empty() && options.location.empty()) {
    options.location = Value(variable, "STREAM_REGION");
  }
  if (options.api_key.empty() || options.api_secret.empty()) {
    ReadKeys(variable, &options);
  }
  if (options.app_id.empty()) options.app_id = Value(variable, "STREAM_APP_ID");
  return options;
}

absl::StatusOr<FeedClientOptions> WithEnvironment(FeedClientOptions options) {
  return WithEnvironment(std::move(options),
                         [](const char* name) -> std::optional<std::string> {
                           const char* value = std::getenv(name);
                           if (value == nullptr) return std::nullopt;
                           return value;
                         });
}

}  // namespace sluice::feed
