#include "tools/sluice/sluice_main.h"

#include <iostream>

#include "CLI/CLI.hpp"
#include "absl/synchronization/mutex.h"
#include "pipeline/api/plugin_registry.h"
#include "storage/base/status_macros.h"
#include "tools/sluice/bench_command.h"
#include "tools/sluice/command.h"
#include "tools/sluice/completion_command.h"
#include "tools/sluice/config_command.h"
#include "tools/sluice/dead_letters_command.h"
#include "tools/sluice/demo_command.h"
#include "tools/sluice/disruptive_command.h"
#include "tools/sluice/events_command.h"
#include "tools/sluice/exit_codes.h"
#include "tools/sluice/feed/feed_command.h"
#include "tools/sluice/help_command.h"
#include "tools/sluice/inthing_command.h"
#include "tools/sluice/log_command.h"
#include "tools/sluice/logging.h"
#include "tools/sluice/pipelines_command.h"
#include "tools/sluice/plugin_command.h"
#include "tools/sluice/plugins_command.h"
#include "tools/sluice/process_command.h"
#include "tools/sluice/run_command.h"
#include "tools/sluice/sandbox_command.h"
#include "tools/sluice/sinks_command.h"
#include "tools/sluice/status_command.h"
#include "tools/sluice/top_command.h"
#include "tools/sluice/validate_command.h"
#include "tools/sluice/version_command.h"

namespace sluice {
namespace {

absl::Status RegisterAll(const std::vector<RegisterPlugins>& plugins,
                         PluginRegistry& registry) {
  for (const RegisterPlugins register_plugins : plugins) {
    SLUICE_RETURN_IF_ERROR(register_plugins(registry));
  }
  return absl::OkStatus();
}

// Debian's Abseil checks the order of locks each time that one is taken, under
// one lock for all threads, and ends the process where it sees a cycle. That
// helps to find errors, and is not for use.
void CheckLocksInDebugBuildsOnly() {
#ifdef NDEBUG
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
#endif
}

}  // namespace

// Each subcommand is in a file of its own.
int SluiceMain(int argc, char** argv,
               const std::vector<RegisterPlugins>& plugins) {
  CheckLocksInDebugBuildsOnly();
  PluginRegistry registry;
  if (absl::Status status = RegisterAll(plugins, registry); !status.ok()) {
    std::cerr << "sluice: " << status << "\n";
    return kExitFailure;
  }

  CLI::App app("Moves device events into activity feeds, and loses none.",
               "sluice");
  app.require_subcommand(1);
  app.fallthrough();
  LogLevel log_level = LogLevel::kInfo;
  AddLogLevelOption(app, &log_level);

  CommandAction action;
  AddRunCommand(app, registry, &action);
  AddValidateCommand(app, registry, &action);
  AddInfoCommand(app, &action);
  AddStatusCommand(app, &action);
  AddTopCommand(app, &action);
  AddPipelinesCommand(app, &action);
  AddSinksCommand(app, &action);
  AddConfigCommand(app, registry, &action);
  AddTapCommand(app, &action);
  AddExplainCommand(app, &action);
  AddLogLevelCommand(app, &action);
  AddLogCommand(app, &action);
  AddDeadLettersCommand(app, &action);
  AddDisruptiveCommand(app, registry, &action);
  AddInthingCommand(app, &action);
  AddPluginsCommand(app, registry, &action);
  AddPluginCommand(app, registry, &action);
  AddFeedCommand(app, registry, &action);
  AddSandboxCommand(app, &action);
  AddDemoCommand(app, &action);
  AddBenchCommand(app, &action);
  AddVersionCommand(app, &action);
  AddCompletionCommand(app, &action);
  AddHelpCommand(app, &action);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    // Prints help, which is no error, or what is wrong.
    return app.exit(error) == 0 ? kExitOk : kExitUsage;
  }
  InitLogging(argv[0], log_level);
  return action();
}

}  // namespace sluice
