#include "pipeline/abi/library/export.h"
#include "plugins/file/plugin.h"
#include "plugins/filter/plugin.h"
#include "plugins/generate/plugin.h"
#include "plugins/null/plugin.h"
#include "plugins/template/plugin.h"
#include "storage/base/status_macros.h"

namespace {

absl::Status RegisterAll(sluice::PluginRegistry& registry) {
  SLUICE_RETURN_IF_ERROR(sluice::generate::RegisterGenerate(registry));
  SLUICE_RETURN_IF_ERROR(sluice::filter::RegisterFilter(registry));
  SLUICE_RETURN_IF_ERROR(
      sluice::template_transform::RegisterTemplate(registry));
  SLUICE_RETURN_IF_ERROR(sluice::file::RegisterFile(registry));
  return sluice::null::RegisterNull(registry);
}

}  // namespace

SLUICE_PLUGIN_LIBRARY(RegisterAll)
