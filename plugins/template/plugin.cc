#include "plugins/template/plugin.h"

#include "plugins/template/config.pb.h"
#include "plugins/template/template_transform.h"

namespace sluice::template_transform {

absl::Status RegisterTemplate(PluginRegistry& registry) {
  return registry.AddTransform<v1::TemplateConfig>(
      "template", "sets fields of events from templates",
      &TemplateTransform::Create);
}

}  // namespace sluice::template_transform
