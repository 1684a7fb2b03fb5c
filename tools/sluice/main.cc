// The one binary. Each subcommand is in a file of its own.
#include <iostream>

#include "CLI/CLI.hpp"
#include "pipeline/api/plugin_registry.h"
#include "plugins/builtin/builtin.h"
#include "tools/sluice/bench_command.h"
#include "tools/sluice/command.h"
#include "tools/sluice/config_command.h"
#include "tools/sluice/dead_letters_command.h"
#include "tools/sluice/demo_command.h"
#include "tools/sluice/disruptive_command.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/feed/feed_command.h"
#include "tools/sluice/help_command.h"
#include "tools/sluice/inthing_command.h"
#include "tools/sluice/log_command.h"
#include "tools/sluice/logging.h"
#include "tools/sluice/pipelines_command.h"
#include "tools/sluice/plugins_command.h"
#include "tools/sluice/run_command.h"
#include "tools/sluice/sandbox_command.h"
#include "tools/sluice/status_command.h"
#include "tools/sluice/top_command.h"
#include "tools/sluice/validate_command.h"
#include "tools/sluice/version_command.h"

int main(int argc, char** argv) {
  sluice::PluginRegistry registry;
  if (absl::Status status = sluice::RegisterBuiltinPlugins(registry);
      !status.ok()) {
    std::cerr << "sluice: " << status << "\n";
    return sluice::kExitFailure;
  }

  CLI::App app("Moves device events into activity feeds, and loses none.",
               "sluice");
  app.require_subcommand(1);
  app.fallthrough();
  sluice::LogLevel log_level = sluice::LogLevel::kInfo;
  sluice::AddLogLevelOption(app, &log_level);

  sluice::CommandAction action;
  sluice::AddRunCommand(app, registry, &action);
  sluice::AddValidateCommand(app, registry, &action);
  sluice::AddStatusCommand(app, &action);
  sluice::AddTopCommand(app, &action);
  sluice::AddPipelinesCommand(app, &action);
  sluice::AddSinksCommand(app, &action);
  sluice::AddConfigCommand(app, &action);
  sluice::AddLogCommand(app, &action);
  sluice::AddDeadLettersCommand(app, &action);
  sluice::AddDisruptiveCommand(app, registry, &action);
  sluice::AddInthingCommand(app, &action);
  sluice::AddPluginsCommand(app, registry, &action);
  sluice::AddFeedCommand(app, registry, &action);
  sluice::AddSandboxCommand(app, &action);
  sluice::AddDemoCommand(app, &action);
  sluice::AddBenchCommand(app, &action);
  sluice::AddVersionCommand(app, &action);
  sluice::AddHelpCommand(app, &action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Prints help, which is no error, or what is wrong.
    return app.exit(error) == 0 ? sluice::kExitOk : sluice::kExitUsage;
  }
  sluice::InitLogging(argv[0], log_level);
  return action();
}
