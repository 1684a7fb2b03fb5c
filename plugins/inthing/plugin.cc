#include "plugins/inthing/plugin.h"

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "plugins/inthing/config.pb.h"
#include "plugins/inthing/inthing_sink.h"
#include "plugins/inthing/settings.h"

namespace sluice::inthing {

absl::Status RegisterInthing(PluginRegistry& registry) {
  return registry.AddSink<v1::InthingSinkConfig>(
      "inthing", "posts events to a stream of inthing.io, in digests when many",
      [](const v1::InthingSinkConfig& config)
          -> absl::StatusOr<std::unique_ptr<Sink>> {
        absl::StatusOr<InthingSinkOptions> options = ReadSettings(config);
        if (!options.ok()) return options.status();
        return std::make_unique<InthingSink>(*std::move(options));
      });
}

}  // namespace sluice::inthing
