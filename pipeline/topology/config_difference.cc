#include "pipeline/topology/config_difference.h"

#include <map>
#include <utility>

#include "pipeline/topology/config_problem.h"
#include "pipeline/topology/yaml_node.h"

namespace sluice {
namespace {

// Each value by its path.
using Values = std::map<std::string, std::string>;

void Flatten(const YamlNode& node, const std::string& path, Values& values) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      values[path] = "null";
      return;
    case YamlNode::Kind::kScalar:
      values[path] = node.text;
      return;
    case YamlNode::Kind::kSequence:
      if (node.items.empty()) values[path] = "[]";
      for (size_t i = 0; i < node.items.size(); ++i) {
        Flatten(*node.items[i], JoinIndex(path, i), values);
      }
      return;
    case YamlNode::Kind::kMap:
      if (node.entries.empty()) values[path] = "{}";
      for (const YamlEntry& entry : node.entries) {
        Flatten(*entry.value, JoinKey(path, entry.key), values);
      }
      return;
  }
}

Values ValuesOf(std::string_view text) {
  ConfigProblems problems("");
  Values values;
  const YamlNodePtr root = ParseYaml(text, YamlLimits(), problems);
  if (root != nullptr && root->kind != YamlNode::Kind::kNull) {
    Flatten(*root, "", values);
  }
  return values;
}

}  // namespace

std::vector<ConfigDifference> FindDifferences(std::string_view before,
                                              std::string_view after) {
  std::map<std::string, ConfigDifference> found;
  for (auto& [path, value] : ValuesOf(before)) {
    found[path].before = value;
  }
  for (auto& [path, value] : ValuesOf(after)) {
    found[path].after = value;
  }
  std::vector<ConfigDifference> differences;
  for (auto& [path, difference] : found) {
    if (difference.before == difference.after) continue;
    difference.path = path;
    differences.push_back(std::move(difference));
  }
  return differences;
}

}  // namespace sluice
