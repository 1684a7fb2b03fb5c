// `sluice run`.
#ifndef TOOLS_SLUICE_RUN_COMMAND_H_
#define TOOLS_SLUICE_RUN_COMMAND_H_

#include <ostream>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/api/plugin_registry.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

struct RunOptions {
  std::string config;
  OutputFormat output = OutputFormat::kText;
  // Bound on each step of stopping.
  absl::Duration grace = absl::Seconds(10);
  // Ends by itself when finite sources are at their end and all is delivered.
  bool until_finished = false;
  // Between lines of progress; infinite: none.
  absl::Duration status_every = absl::InfiniteDuration();
};

// `registry` outlives the action.
void AddRunCommand(CLI::App& app, const PluginRegistry& registry,
                   CommandAction* action);

// Runs the pipelines of a configuration until SIGINT, SIGTERM or the end of
// finite sources. `out` gets a line when everything is started, lines of
// progress, and the ledger at the end: as text, or one JSON object per line
// with the key "ready", "progress" or "ledger". A second signal ends the
// process at once, without the ledger; nothing acknowledged is lost by it.
int RunPipelines(const RunOptions& options, const PluginRegistry& registry,
                 std::ostream& out, std::ostream& err);

// The exit code of a process that could not start.
int StartExitCode(const absl::Status& status);

}  // namespace sluice

#endif  // TOOLS_SLUICE_RUN_COMMAND_H_
