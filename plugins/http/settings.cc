#include "plugins/http/settings.h"

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/http/check_url.h"
#include "plugins/http/body_encoder.h"
#include "plugins/http/request_headers.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::http {
namespace {

constexpr uint64_t kMaxBatchEvents = 100'000;
constexpr uint64_t kLeastBatchBytes = 1 << 10;
// A body is made, and compressed, on the thread that all sinks share.
constexpr uint64_t kMostBatchBytes = 16 << 20;
constexpr uint64_t kMaxInFlight = 64;
constexpr absl::Duration kLeastTimeout = absl::Seconds(1);
constexpr absl::Duration kMostTimeout = absl::Minutes(10);
// A piece of a URL this long may be the secret of a webhook; words are shorter.
constexpr size_t kSecretPieceBytes = 16;

std::string MethodName(v1::Method method) {
  return method == v1::PUT ? "PUT" : method == v1::PATCH ? "PATCH" : "POST";
}

absl::Status CheckBounds(std::string_view field, uint64_t value, uint64_t least,
                         uint64_t most) {
  if (value >= least && value <= most) return absl::OkStatus();
  return ConfigError(field, absl::StrCat(value, " is not allowed; give ", least,
                                         " to ", most));
}

absl::Status ReadBounds(const v1::HttpSinkConfig& config, Settings* settings) {
  if (config.has_max_batch_events()) {
    SLUICE_RETURN_IF_ERROR(CheckBounds(
        "max_batch_events", config.max_batch_events(), 1, kMaxBatchEvents));
    settings->max_batch_events = config.max_batch_events();
  }
  if (config.has_max_batch_bytes()) {
    SLUICE_RETURN_IF_ERROR(CheckBounds("max_batch_bytes",
                                       config.max_batch_bytes(),
                                       kLeastBatchBytes, kMostBatchBytes));
    settings->max_batch_bytes = config.max_batch_bytes();
  }
  if (config.has_in_flight()) {
    SLUICE_RETURN_IF_ERROR(
        CheckBounds("in_flight", config.in_flight(), 1, kMaxInFlight));
    settings->in_flight = config.in_flight();
  }
  return absl::OkStatus();
}

absl::Status ReadTimeout(const v1::HttpSinkConfig& config, Settings* settings) {
  if (!config.has_timeout()) return absl::OkStatus();
  const absl::Duration timeout = absl::Seconds(config.timeout().seconds()) +
                                 absl::Nanoseconds(config.timeout().nanos());
  if (timeout < kLeastTimeout || timeout > kMostTimeout) {
    return ConfigError(
        "timeout",
        absl::StrCat(absl::FormatDuration(timeout), " is not allowed; give ",
                     absl::FormatDuration(kLeastTimeout), " to ",
                     absl::FormatDuration(kMostTimeout)));
  }
  settings->timeout = timeout;
  return absl::OkStatus();
}

// Path and query of `url`, which is one.
absl::string_view PathOf(const std::string& url) {
  const size_t host = url.find("://") + 3;
  return absl::string_view(url).substr(
      std::min(url.find_first_of("/?", host), url.size()));
}

absl::Status ReadUrl(const v1::HttpSinkConfig& config, Settings* settings) {
  const absl::Status checked = CheckHttpUrl(config.url());
  if (!checked.ok()) return ConfigError("url", ToStd(checked.message()));
  settings->url = config.url();
  // Services like to repeat what was not found.
  for (const absl::string_view piece :
       absl::StrSplit(PathOf(settings->url), absl::ByAnyChar("/?&=;"))) {
    if (piece.size() < kSecretPieceBytes) continue;
    settings->secrets.emplace_back(piece);
  }
  return absl::OkStatus();
}

absl::Status ReadHeaders(const v1::HttpSinkConfig& config, Settings* settings) {
  SLUICE_ASSIGN_OR_RETURN(
      RequestHeaders headers,
      ReadRequestHeaders(config, ContentTypeOf(settings->format)));
  settings->headers = std::move(headers.headers);
  settings->credentials_field = std::move(headers.credentials_field);
  settings->secrets.insert(settings->secrets.end(),
                           std::make_move_iterator(headers.secrets.begin()),
                           std::make_move_iterator(headers.secrets.end()));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<Settings> ReadSettings(const v1::HttpSinkConfig& config) {
  Settings settings;
  SLUICE_RETURN_IF_ERROR(ReadUrl(config, &settings));
  settings.method = MethodName(config.method());
  if (config.format() != v1::FORMAT_UNSPECIFIED) {
    settings.format = config.format();
  }
  SLUICE_RETURN_IF_ERROR(ReadHeaders(config, &settings));
  settings.tls.ca_file = config.ca_file();
  settings.gzip = config.compression() == v1::GZIP;
  SLUICE_RETURN_IF_ERROR(ReadBounds(config, &settings));
  SLUICE_RETURN_IF_ERROR(ReadTimeout(config, &settings));
  settings.idempotent = config.idempotent();
  SLUICE_ASSIGN_OR_RETURN(settings.statuses, StatusMeanings::Create(config));
  return settings;
}

}  // namespace sluice::http
