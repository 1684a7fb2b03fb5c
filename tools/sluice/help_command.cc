#include "tools/sluice/help_command.h"

#include <iostream>
#include <memory>
#include <string>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "pipeline/topology/config_problem.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

std::vector<std::string> CommandNames(const CLI::App& app) {
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands({})) {
    names.push_back(command->get_name());
  }
  return names;
}

std::string NoSuchCommand(const CLI::App& app, const std::string& word) {
  return absl::StrCat("sluice: there is no command ", Quote(word),
                      Suggest(word, CommandNames(app)), "\n");
}

// What stands on stderr when the command line is wrong.
std::string UsageMessage(const CLI::App* app, const CLI::Error& error) {
  const std::vector<std::string> rest = app->remaining();
  if (app->get_subcommands().empty() && !rest.empty()) {
    return NoSuchCommand(*app, rest.front());
  }
  std::string command = "sluice";
  for (const CLI::App* named = app; !named->get_subcommands().empty();) {
    named = named->get_subcommands().front();
    absl::StrAppend(&command, " ", named->get_name());
  }
  return absl::StrCat("sluice: ", error.what(), "; see `", command,
                      " --help`\n");
}

// `sluice help log inspect` shows what `sluice log inspect --help` does.
int ShowHelp(CLI::App& app, const std::vector<std::string>& words) {
  const CLI::App* command = &app;
  std::string name = app.get_name();
  for (const std::string& word : words) {
    const std::vector<const CLI::App*> found = command->get_subcommands(
        [&word](const CLI::App* child) { return child->get_name() == word; });
    if (found.empty()) {
      std::cerr << NoSuchCommand(*command, word);
      return kExitUsage;
    }
    command = found.front();
    absl::StrAppend(&name, " ", word);
  }
  // App::help() would show the help of `help`, the command being run.
  std::cout << command->get_formatter()->make_help(command, name,
                                                   CLI::AppFormatMode::Normal);
  return kExitOk;
}

}  // namespace

void AddHelpCommand(CLI::App& app, CommandAction* action) {
  app.failure_message(UsageMessage);
  app.footer(
      "Examples:\n"
      "  sluice demo                          see it work, with faults\n"
      "  sluice validate sluice.yaml          check a configuration\n"
      "  sluice run --config sluice.yaml      move events\n"
      "  sluice log inspect /var/lib/sluice   what is stored and waiting\n"
      "  sluice dead-letters list /var/lib/sluice\n"
      "                                       what could not be delivered\n"
      "  sluice help run                      more about one command\n"
      "\n"
      "Exit codes:\n"
      "  0  done\n"
      "  1  failed; the last line on stderr says why\n"
      "  2  the command line or the configuration is wrong\n"
      "  3  a check found something: damage, lost or doubled events\n"
      "  4  the data directory cannot be used: in use, of a newer version,\n"
      "     or not writable");
  CLI::App* command =
      app.add_subcommand("help", "Show how to use a command, with examples");
  auto words = std::make_shared<std::vector<std::string>>();
  command->add_option("command", *words, "The command")->type_name("COMMAND");
  command->footer("Examples:\n  sluice help run\n  sluice help log inspect");
  command->callback([words, &app, action] {
    *action = [words, &app] { return ShowHelp(app, *words); };
  });
}

}  // namespace sluice
