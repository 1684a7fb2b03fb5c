// A parsed YAML document with the line of everything in it.
#ifndef PIPELINE_TOPOLOGY_YAML_NODE_H_
#define PIPELINE_TOPOLOGY_YAML_NODE_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/topology/config_problem.h"

namespace sluice {

struct YamlNode;
// Null never. An alias shares the node of its anchor.
using YamlNodePtr = std::shared_ptr<const YamlNode>;

struct YamlEntry {
  std::string key;
  // Of the key.
  int line = 0;
  YamlNodePtr value;
};

struct YamlNode {
  enum class Kind { kNull, kScalar, kSequence, kMap };

  Kind kind = Kind::kNull;
  // From 1: where the value begins.
  int line = 0;
  // kScalar: the text, quotes and escapes undone.
  std::string text;
  // kSequence.
  std::vector<YamlNodePtr> items;
  // kMap: in file order, each key once; merge keys (<<) are already put in.
  std::vector<YamlEntry> entries;
};

struct YamlLimits {
  // Every alias counts as a copy of its anchor.
  size_t max_nodes = 200'000;
  size_t max_depth = 64;
};

// Parses `text`, one YAML document in UTF-8, written by anybody: never throws,
// and its memory is bounded by the size of `text` and by `limits`.
//
// Beyond YAML itself these are mistakes, added to `problems` with their line:
// a key that comes twice in a map, a key that is no text, a tag, a second
// document, control characters, bytes that are not UTF-8.
//
// Null when a mistake left no usable document; a null node for an empty one.
std::shared_ptr<const YamlNode> ParseYaml(std::string_view text,
                                          const YamlLimits& limits,
                                          ConfigProblems& problems);

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_YAML_NODE_H_
