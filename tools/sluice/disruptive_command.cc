#include "tools/sluice/disruptive_command.h"

#include "CLI/CLI.hpp"
#include "tools/sluice/disruptive_commands.h"

namespace sluice {
namespace {

constexpr char kFooter[] =
    R"(Credentials come from options, from a source of a configuration file
(--config), or from the environment as the vendor's client reads it:
DT_CREDENTIALS_FILE, or DT_SERVICE_ACCOUNT_KEY_ID, DT_SERVICE_ACCOUNT_SECRET
and DT_SERVICE_ACCOUNT_EMAIL. A secret is never an argument.

With --output json each item is one line in the service's own JSON.

Exit codes: 0 done, 1 failed, 2 mistakes in the command line.

Examples:
  export DT_CREDENTIALS_FILE=dt.json
  sluice disruptive projects list
  sluice disruptive stream -p c14u9p094l47ccv1o3p9 --label room-number=99
  sluice disruptive devices -c sluice.yaml --device-type temperature
  sluice disruptive history -c sluice.yaml DEVICE --since 24h --output json
  sluice disruptive labels -c sluice.yaml DEVICE --set room-number=99
  sluice disruptive emulator create -p PROJECT temperature --name "freezer 4"
  sluice disruptive publish -p PROJECT DEVICE temperature value=22.5
  sluice disruptive connectors list -p PROJECT)";

}  // namespace

CLI::Option* AddRepeated(CLI::App* command, const std::string& name,
                         std::vector<std::string>* values,
                         const std::string& what, const std::string& type) {
  return command->add_option(name, *values, what + "; may be repeated")
      ->allow_extra_args(false)
      ->type_name(type);
}

CLI::Option* AddPositional(CLI::App* command, const std::string& name,
                           std::string* value, const std::string& what) {
  return command->add_option(name, *value, what)->required()->type_name("");
}

std::pair<std::string, std::string> SplitAssignment(const std::string& text) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos) return {text, ""};
  return {text.substr(0, equals), text.substr(equals + 1)};
}

std::vector<std::pair<std::string, std::string>> SplitAssignments(
    const std::vector<std::string>& texts) {
  std::vector<std::pair<std::string, std::string>> pairs;
  for (const std::string& text : texts) pairs.push_back(SplitAssignment(text));
  return pairs;
}

void AddDisruptiveCommand(CLI::App& app, const PluginRegistry& registry,
                          CommandAction* action) {
  CLI::App* command = app.add_subcommand(
      "disruptive",
      "Ask and steer the device cloud of Disruptive Technologies");
  command->require_subcommand(1);
  command->footer(kFooter);
  const DisruptiveCommands commands{&registry, action};
  AddDisruptiveStream(*command, commands);
  AddDisruptiveDevices(*command, commands);
  AddDisruptiveEmulator(*command, commands);
  AddDisruptiveConnectors(*command, commands);
  AddDisruptiveAccounts(*command, commands);
}

}  // namespace sluice
