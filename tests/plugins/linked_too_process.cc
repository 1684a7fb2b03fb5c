#include "pipeline/plugin_process/program/serve.h"
#include "plugins/file/plugin.h"
#include "plugins/generate/plugin.h"
#include "plugins/null/plugin.h"
#include "storage/base/status_macros.h"

namespace {

absl::Status RegisterAll(sluice::PluginRegistry& registry) {
  SLUICE_RETURN_IF_ERROR(sluice::generate::RegisterGenerate(registry));
  SLUICE_RETURN_IF_ERROR(sluice::file::RegisterFile(registry));
  return sluice::null::RegisterNull(registry);
}

}  // namespace

SLUICE_PLUGIN_PROCESS(RegisterAll)
