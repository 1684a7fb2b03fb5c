// The configuration of the sink `http`, checked.
#ifndef PLUGINS_HTTP_SETTINGS_H_
#define PLUGINS_HTTP_SETTINGS_H_

#include <cstddef>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/http/http_client.h"
#include "plugins/http/config.pb.h"
#include "plugins/http/status_meanings.h"

namespace sluice::http {

// Everything has its default already.
struct Settings {
  std::string url;
  std::string method;
  v1::Format format = v1::JSON_ARRAY;
  // All of them, Content-Type and Content-Encoding included.
  HttpHeaders headers;
  // The field to look at when the service refuses the credentials.
  std::string credentials_field;
  // What must not be shown when the service repeats it.
  std::vector<std::string> secrets;
  HttpTls tls;
  bool gzip = false;
  size_t max_batch_events = 100;
  size_t max_batch_bytes = 1 << 20;
  size_t in_flight = 4;
  absl::Duration timeout = absl::Seconds(30);
  bool idempotent = false;
  StatusMeanings statuses;
};

// Reads `config` and the secrets that it refers to.
//   kInvalidArgument: a ConfigError at the field with the mistake; it shows no
//   secret and no URL.
absl::StatusOr<Settings> ReadSettings(const v1::HttpSinkConfig& config);

}  // namespace sluice::http

#endif  // PLUGINS_HTTP_SETTINGS_H_
