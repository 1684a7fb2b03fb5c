#include "plugins/builtin/builtin.h"

#include "plugins/disruptive/plugin.h"
#include "plugins/disruptive/webhook/plugin.h"
#include "plugins/feed/plugin.h"
#include "plugins/file/plugin.h"
#include "plugins/filter/plugin.h"
#include "plugins/generate/plugin.h"
#include "plugins/http/plugin.h"
#include "plugins/inthing/plugin.h"
#include "plugins/lines/plugin.h"
#include "plugins/null/plugin.h"
#include "plugins/replay/plugin.h"
#include "plugins/template/plugin.h"
#include "storage/base/status_macros.h"

namespace sluice {

// Taking a plugin out of the server is taking out its line here and its target
// in BUILD.bazel.
absl::Status RegisterBuiltinPlugins(PluginRegistry& registry) {
  using RegisterPlugin = absl::Status (*)(PluginRegistry&);
  constexpr RegisterPlugin kPlugins[] = {
      disruptive::RegisterDisruptive,
      disruptive::RegisterDisruptiveWebhook,
      feed::RegisterFeed,
      file::RegisterFile,
      filter::RegisterFilter,
      generate::RegisterGenerate,
      http::RegisterHttp,
      inthing::RegisterInthing,
      lines::RegisterLines,
      null::RegisterNull,
      replay::RegisterReplay,
      template_transform::RegisterTemplate,
  };
  for (const RegisterPlugin register_plugin : kPlugins) {
    SLUICE_RETURN_IF_ERROR(register_plugin(registry));
  }
  return absl::OkStatus();
}

}  // namespace sluice
