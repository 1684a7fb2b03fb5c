// The headers of the sink's requests, from its configuration.
#ifndef PLUGINS_HTTP_REQUEST_HEADERS_H_
#define PLUGINS_HTTP_REQUEST_HEADERS_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "pipeline/http/http_client.h"
#include "plugins/http/config.pb.h"

namespace sluice::http {

struct RequestHeaders {
  // As they are sent, Content-Type and Content-Encoding included.
  HttpHeaders headers;
  // The field to look at when the service refuses the credentials.
  std::string credentials_field;
  // What must be shown nowhere: secret values, and parts of them that a service
  // might repeat by themselves.
  std::vector<std::string> secrets;
};

// Reads the headers of `config` and the secrets that it refers to.
// `content_type` is that of the format.
//   kInvalidArgument: a ConfigError; it names the field and never a value.
absl::StatusOr<RequestHeaders> ReadRequestHeaders(
    const v1::HttpSinkConfig& config, std::string_view content_type);

}  // namespace sluice::http

#endif  // PLUGINS_HTTP_REQUEST_HEADERS_H_
