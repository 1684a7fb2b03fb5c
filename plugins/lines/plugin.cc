#include "plugins/lines/plugin.h"

#include <memory>
#include <utility>

#include "absl/status/statusor.h"
#include "plugins/lines/config.pb.h"
#include "plugins/lines/lines_settings.h"
#include "plugins/lines/lines_source.h"
#include "storage/base/status_macros.h"

namespace sluice::lines {

absl::Status RegisterLines(PluginRegistry& registry) {
  return registry.AddSource<v1::LinesSourceConfig>(
      "lines",
      "takes in JSON lines or CloudEvents over TCP, HTTP, a Unix socket or "
      "standard input",
      [](const v1::LinesSourceConfig& config)
          -> absl::StatusOr<std::unique_ptr<Source>> {
        SLUICE_ASSIGN_OR_RETURN(LinesSettings settings,
                                MakeLinesSettings(config));
        return std::make_unique<LinesSource>(std::move(settings));
      });
}

}  // namespace sluice::lines
