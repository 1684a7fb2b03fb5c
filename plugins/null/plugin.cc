#include "plugins/null/plugin.h"

#include <memory>

#include "absl/status/statusor.h"
#include "plugins/null/config.pb.h"
#include "plugins/null/null_sink.h"

namespace sluice::null {

absl::Status RegisterNull(PluginRegistry &registry) {
  return registry.AddSink<v1::NullSinkConfig>(
      "null", "takes every event and keeps nothing",
      [](const v1::NullSinkConfig &) -> absl::StatusOr<std::unique_ptr<Sink>> {
        return std::make_unique<NullSink>();
      });
}

}  // namespace sluice::null
