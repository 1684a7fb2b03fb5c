// A LinesSourceConfig, checked and with its defaults.
#ifndef PLUGINS_LINES_LINES_SETTINGS_H_
#define PLUGINS_LINES_LINES_SETTINGS_H_

#include <cstddef>
#include <string>
#include <variant>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/http/http_server.h"
#include "pipeline/net/stream_server.h"
#include "plugins/lines/config.pb.h"
#include "plugins/lines/line_format.h"

namespace sluice::lines {

// Lines over TCP or a Unix socket.
struct StreamSettings {
  StreamServerOptions server;
  bool receipts = false;
};

struct HttpSettings {
  HttpServerOptions server;
  // Decoded, as HttpServerRequest::path is not.
  std::string path = "/";
  // Empty: nobody is asked for one.
  std::string token;
  absl::Duration answer_timeout = absl::Seconds(30);
};

struct StdinSettings {
  int descriptor = 0;
};

struct LinesSettings {
  std::variant<StreamSettings, HttpSettings, StdinSettings> input;
  LineFormat format;
  bool may_repeat = false;
};

// Reads the secret; touches nothing else outside.
//   kInvalidArgument: a ConfigError of the first field that is wrong; its
//   message speaks of the others too.
absl::StatusOr<LinesSettings> MakeLinesSettings(
    const v1::LinesSourceConfig& config);

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_LINES_SETTINGS_H_
