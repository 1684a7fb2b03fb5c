// Fills any protobuf message from YAML, strictly, and remembers the line of
// every field.
#ifndef PIPELINE_TOPOLOGY_MESSAGE_READER_H_
#define PIPELINE_TOPOLOGY_MESSAGE_READER_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "google/protobuf/message.h"
#include "pipeline/topology/config_problem.h"
#include "pipeline/topology/scalar_values.h"
#include "pipeline/topology/yaml_node.h"

namespace sluice {

// Where each value of the file stands, by path.
class FieldLines {
 public:
  void Add(std::string path, int line) { lines_[std::move(path)] = line; }
  // True if the file gives `path`, be it with the default value.
  bool Has(std::string_view path) const { return lines_.contains(path); }
  // The line of `path`, or else of the nearest value around it.
  int Find(std::string_view path) const;

 private:
  std::map<std::string, int, std::less<>> lines_;
};

// The plugins that may stand in a component: a message with the field
// `google.protobuf.Any plugin`.
class PluginTable {
 public:
  virtual ~PluginTable() = default;
  // An empty configuration of plugin `name` for components of type `component`;
  // null: no such plugin.
  virtual std::shared_ptr<google::protobuf::Message> NewConfig(
      const google::protobuf::Descriptor& component,
      std::string_view name) const = 0;
  virtual std::vector<std::string> Names(
      const google::protobuf::Descriptor& component) const = 0;
  // What `name` is a plugin for, e.g. "a sink"; empty: for nothing.
  virtual std::string OtherKind(std::string_view name) const = 0;
};

// The plugin of one component.
struct PluginConfig {
  // Its key in the component, e.g. "disruptive".
  std::string name;
  std::shared_ptr<const google::protobuf::Message> config;
  // False: mistakes were found in it.
  bool complete = false;
};

struct ReadResult {
  FieldLines lines;
  // By path of the component, e.g. "pipelines.office.sinks.ops". A component
  // with none, or with several, is not here; that is a mistake noted already.
  std::map<std::string, PluginConfig, std::less<>> plugins;
  // Names and values of the environment variables that went into values.
  std::vector<std::pair<std::string, std::string>> variables;
};

// Reads `node` into `message`, which is empty.
//
// YAML and messages match like this; anything else is a mistake, added to
// `problems` with its line, path and what is allowed:
//   message        a map of its fields by name; null: empty; a single value is
//                  short for a message that has just one, singular field
//   map field      a map; keys are text
//   repeated       a list; a single value is a list of one
//   enum           its name in lower case, without the name of the enum itself
//   integer        decimal; of a field that ends in _bytes also "10GiB"
//   Duration       "24h", "500ms"; Timestamp: RFC 3339
//   string         any single value, as it is written
//   Secret         {env: NAME} or {file: path}, which must be readable; never
//                  the secret itself
//   component      its fields beside exactly one plugin of `plugins`, whose
//                  message is filled too and packed into `plugin`
// ${NAME} in a value is replaced as ExpandVariables() says.
ReadResult ReadMessage(const YamlNode& node, const PluginTable& plugins,
                       const Environment& environment,
                       google::protobuf::Message& message,
                       ConfigProblems& problems);

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_MESSAGE_READER_H_
