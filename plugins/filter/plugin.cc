#include "plugins/filter/plugin.h"

#include "plugins/filter/config.pb.h"
#include "plugins/filter/filter.h"

namespace sluice::filter {

absl::Status RegisterFilter(PluginRegistry& registry) {
  return registry.AddTransform<v1::FilterConfig>(
      "filter", "keeps or drops events by a condition", &Filter::Create);
}

}  // namespace sluice::filter
