#include "plugins/http/plugin.h"

#include "plugins/http/config.pb.h"
#include "plugins/http/http_sink.h"

namespace sluice::http {

absl::Status RegisterHttp(PluginRegistry& registry) {
  return registry.AddSink<v1::HttpSinkConfig>(
      "http", "sends batches of events as JSON to any URL", &HttpSink::Create);
}

}  // namespace sluice::http
