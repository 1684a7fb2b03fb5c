#include "tools/sluice/version_command.h"

#include <iostream>
#include <memory>

#include "CLI/CLI.hpp"
#include "boost/json.hpp"
#include "storage/base/version.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {

void AddVersionCommand(CLI::App& app, CommandAction* action) {
  CLI::App* command = app.add_subcommand("version", "Print the version");
  auto format = std::make_shared<OutputFormat>(OutputFormat::kText);
  AddOutputOption(*command, format.get());
  command->footer(
      "Examples:\n"
      "  sluice version\n"
      "  sluice version --output json");
  command->callback([format, action] {
    *action = [format] { return RunVersion(*format, std::cout); };
  });
}

int RunVersion(OutputFormat format, std::ostream& out) {
  if (format == OutputFormat::kJson) {
    out << boost::json::object{{"version", kVersion}} << "\n";
  } else {
    out << "sluice " << kVersion << "\n";
  }
  return kExitOk;
}

}  // namespace sluice
