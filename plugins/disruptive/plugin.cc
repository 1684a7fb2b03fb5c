#include "plugins/disruptive/plugin.h"

#include <memory>
#include <utility>

#include "plugins/disruptive/config.pb.h"
#include "plugins/disruptive/disruptive_source.h"
#include "plugins/disruptive/settings.h"
#include "storage/base/status_macros.h"

namespace sluice::disruptive {

absl::Status RegisterDisruptive(PluginRegistry& registry) {
  return registry.AddSource<v1::DisruptiveConfig>(
      "disruptive",
      "events of the devices of a Disruptive Technologies project, with every "
      "gap in the stream closed from history",
      [](const v1::DisruptiveConfig& config)
          -> absl::StatusOr<std::unique_ptr<Source>> {
        SLUICE_ASSIGN_OR_RETURN(Settings settings, MakeSettings(config));
        return std::make_unique<DisruptiveSource>(std::move(settings));
      });
}

}  // namespace sluice::disruptive
