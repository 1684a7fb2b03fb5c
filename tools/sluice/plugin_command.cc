#include "tools/sluice/plugin_command.h"

#include <iostream>
#include <map>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/plugin_workspace.h"

namespace sluice {
namespace {

bool IsTaken(const NewPluginOptions& options, const PluginRegistry& registry) {
  if (options.kind == "source") {
    return registry.source(options.name) != nullptr;
  }
  if (options.kind == "transform") {
    return registry.transform(options.name) != nullptr;
  }
  return registry.sink(options.name) != nullptr;
}

absl::StatusOr<std::string> SluicePath(const NewPluginOptions& options) {
  if (options.sluice.empty()) {
    absl::StatusOr<std::string> found = FindSluice(".");
    if (found.ok()) return found;
    return absl::NotFoundError(
        "a plugin is built with the source of Sluice, and the current folder "
        "is "
        "not in it; say where it is with --sluice");
  }
  absl::StatusOr<std::string> found = FindSluice(options.sluice);
  if (found.ok()) return found;
  return absl::NotFoundError(
      absl::StrCat("--sluice: ", std::string(found.status().message())));
}

// What does not go together, with what would.
absl::Status CheckWay(const NewPluginOptions& options) {
  const bool is_cpp = options.language == "c++";
  if (options.kind == "transform" && (options.out_of_process || !is_cpp)) {
    return absl::InvalidArgumentError(
        "a transform cannot be a program of its own, because it is asked for "
        "every event; only sources and sinks can. Write it in C++, without "
        "--out-of-process and --language");
  }
  if (options.out_of_process && is_cpp) {
    return absl::InvalidArgumentError(
        "--out-of-process goes with --language python. In C++ it is not "
        "needed: the workspace builds the plugin as a program, too");
  }
  if (!options.out_of_process && !is_cpp) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a plugin in ", options.language,
        " is a program of its own; give --out-of-process --language ",
        options.language));
  }
  return absl::OkStatus();
}

absl::Status WriteWorkspace(const NewPluginOptions& options,
                            const PluginRegistry& registry,
                            const std::string& directory) {
  SLUICE_RETURN_IF_ERROR(CheckPluginName(options.name));
  if (IsTaken(options, registry)) {
    return absl::AlreadyExistsError(
        absl::StrCat("there is a ", options.kind, " ", options.name,
                     " in this sluice already; give another name"));
  }
  SLUICE_RETURN_IF_ERROR(CheckWay(options));
  PluginWorkspace workspace = {.kind = options.kind, .name = options.name};
  workspace.language = options.language;
  if (options.language == "c++") {
    SLUICE_ASSIGN_OR_RETURN(workspace.sluice_path, SluicePath(options));
  }
  SLUICE_ASSIGN_OR_RETURN(auto files, PluginWorkspaceFiles(workspace));
  return WriteNewFolder(files, directory);
}

// What the author types first.
std::string FirstCommands(const NewPluginOptions& options) {
  if (options.language == "c++") return "  bazel test //...\n";
  return absl::StrCat("  ./generate.sh\n  python3 ", options.name,
                      "_plugin_test.py\n");
}

}  // namespace

void AddPluginCommand(CLI::App& app, const PluginRegistry& registry,
                      CommandAction* action) {
  CLI::App* group = app.add_subcommand("plugin", "Write a plugin of one's own");
  group->require_subcommand(1);
  CLI::App* command = group->add_subcommand(
      "new", "Write a workspace that builds, tests and runs a new plugin");
  auto options = std::make_shared<NewPluginOptions>();
  command->add_option("kind", options->kind, "source, transform or sink")
      ->required()
      ->check(CLI::IsMember({"source", "transform", "sink"}))
      ->type_name("KIND");
  command->add_option("name", options->name, "Name of the plugin")
      ->required()
      ->type_name("NAME");
  command
      ->add_option("--directory", options->directory,
                   "The folder to make; default: NAME")
      ->type_name("DIR");
  command
      ->add_option("--sluice", options->sluice,
                   "Where the source of Sluice is; default: what the current "
                   "folder lies in")
      ->type_name("DIR");
  command->add_flag("--out-of-process", options->out_of_process,
                    "A source or sink as a program of its own, in the language "
                    "of --language");
  command
      ->add_option("--language", options->language,
                   "c++, or python with --out-of-process; default: c++")
      ->check(CLI::IsMember({"c++", "python"}))
      ->type_name("LANGUAGE");
  command->footer(
      "Examples:\n"
      "  sluice plugin new sink acme_door\n"
      "  sluice plugin new source meter --directory ~/meter --sluice ~/sluice\n"
      "  sluice plugin new sink lines --out-of-process --language python\n"
      "\n"
      "docs/plugin_guide.md goes on from there; docs/plugin_process.md says\n"
      "what a program in any other language has to do.\n"
      "\n"
      "Exit codes: 0 written, 1 the folder cannot be written, 2 a name, "
      "folder\n"
      "or option is wrong; nothing was written.");
  command->callback([options, &registry, action] {
    *action = [options, &registry] {
      return RunNewPlugin(*options, registry, std::cout, std::cerr);
    };
  });
}

int RunNewPlugin(const NewPluginOptions& options,
                 const PluginRegistry& registry, std::ostream& out,
                 std::ostream& err) {
  const std::string directory =
      options.directory.empty() ? options.name : options.directory;
  const absl::Status status = WriteWorkspace(options, registry, directory);
  if (!status.ok()) {
    err << "sluice: " << std::string(status.message()) << "\n";
    return absl::IsUnavailable(status) ? kExitFailure : kExitUsage;
  }
  out << "The " << options.kind << " " << options.name << " is in " << directory
      << ". Next:\n\n"
      << "  cd " << directory << "\n"
      << FirstCommands(options) << "\nREADME.md there says more.\n";
  return kExitOk;
}

}  // namespace sluice
