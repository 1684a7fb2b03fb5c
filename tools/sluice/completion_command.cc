#include "tools/sluice/completion_command.h"

#include <iostream>
#include <memory>

#include "CLI/CLI.hpp"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

void AddShell(CLI::App& parent, const CLI::App& app, const char* name,
              const char* what, const char* footer, Shell shell,
              CommandAction* action) {
  CLI::App* command = parent.add_subcommand(name, what);
  auto options = std::make_shared<CompletionOptions>();
  command
      ->add_option("--program", options->program,
                   "What the program is called; default: sluice")
      ->type_name("NAME");
  command->footer(footer);
  command->callback([options, &app, shell, action] {
    *action = [options, &app, shell] {
      return PrintCompletion(app, shell, *options, std::cout, std::cerr);
    };
  });
}

}  // namespace

void AddCompletionCommand(CLI::App& app, CommandAction* action) {
  CLI::App* command = app.add_subcommand(
      "completion", "Print what lets a shell complete command lines");
  command->require_subcommand(1);
  AddShell(*command, app, "bash", "For bash 4 and later",
           "The Debian packages of a deployment bring it along.\n"
           "\n"
           "Examples:\n"
           "  source <(sluice completion bash)      for this shell\n"
           "  sluice completion bash > "
           "~/.local/share/bash-completion/completions/sluice\n"
           "                                        for all, with the package\n"
           "                                        bash-completion",
           Shell::kBash, action);
  AddShell(*command, app, "zsh", "For zsh 5 and later",
           "The Debian packages of a deployment bring it along.\n"
           "\n"
           "Examples:\n"
           "  source <(sluice completion zsh)       for this shell, after "
           "compinit\n"
           "  sluice completion zsh > ~/.zsh/_sluice\n"
           "                                        for all, if fpath has "
           "~/.zsh",
           Shell::kZsh, action);
}

int PrintCompletion(const CLI::App& app, Shell shell,
                    const CompletionOptions& options, std::ostream& out,
                    std::ostream& err) {
  const absl::StatusOr<std::string> script =
      CompletionScript(ReadCommands(app), shell, options.program);
  if (!script.ok()) {
    err << "sluice: --program: " << std::string(script.status().message())
        << "\n";
    return kExitUsage;
  }
  out << *script;
  return kExitOk;
}

}  // namespace sluice
