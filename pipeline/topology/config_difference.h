// Where two configuration texts differ.
#ifndef PIPELINE_TOPOLOGY_CONFIG_DIFFERENCE_H_
#define PIPELINE_TOPOLOGY_CONFIG_DIFFERENCE_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct ConfigDifference {
  // "pipelines.office.sinks.ops.inthing.title".
  std::string path;
  // As in the text; nullopt: not there.
  std::optional<std::string> before;
  std::optional<std::string> after;
};

// The values that differ, in order of their paths. Comments, order and style
// make no difference. A text that is no YAML counts as empty.
std::vector<ConfigDifference> FindDifferences(std::string_view before,
                                              std::string_view after);

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_CONFIG_DIFFERENCE_H_
