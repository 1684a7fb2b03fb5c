// The files of a new plugin: source, tests, a program and a configuration.
#ifndef TOOLS_SLUICE_PLUGIN_WORKSPACE_H_
#define TOOLS_SLUICE_PLUGIN_WORKSPACE_H_

#include <map>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice {

struct PluginWorkspace {
  // "source", "transform" or "sink".
  std::string kind;
  // Of the plugin, its folder, its namespace: "acme_door".
  std::string name;
  // Folder of Sluice's own workspace, as the new one is to name it; a plugin in
  // Python needs none.
  std::string sluice_path;
  // "c++" or "python"; a plugin in Python is a program of its own.
  std::string language = "c++";
};

// OK if `name` can be the name of a plugin's folder and namespace.
//   kInvalidArgument: it cannot; the message says why.
absl::Status CheckPluginName(const std::string& name);

// The files of the workspace: text by path.
//   kInvalidArgument: the name, the kind or the language cannot be, or not of
//   that kind; the message says why.
absl::StatusOr<std::map<std::string, std::string>> PluginWorkspaceFiles(
    const PluginWorkspace& workspace);

// Writes `files` into the new folder `directory`, all of them or none: they are
// written beside it and renamed. An empty folder may be there. Scripts may be
// executed.
//   kAlreadyExists: there is something.
//   kUnavailable: it cannot be written; the message names the path.
absl::Status WriteNewFolder(const std::map<std::string, std::string>& files,
                            const std::string& directory);

// The folder of Sluice's workspace that `start` is or lies in, absolute.
//   kNotFound: it is in none.
absl::StatusOr<std::string> FindSluice(const std::string& start);

}  // namespace sluice

#endif  // TOOLS_SLUICE_PLUGIN_WORKSPACE_H_
