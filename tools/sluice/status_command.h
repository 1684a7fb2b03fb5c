// `sluice status`: how a running process stands.
#ifndef TOOLS_SLUICE_STATUS_COMMAND_H_
#define TOOLS_SLUICE_STATUS_COMMAND_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tools/sluice/admin_client.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

struct StatusOptions {
  AdminClientOptions admin;
  // Names; none: all.
  std::vector<std::string> pipelines;
  OutputFormat output = OutputFormat::kText;
  // Go on, at this interval; zero: once.
  absl::Duration watch = absl::ZeroDuration();
};

void AddStatusCommand(CLI::App& app, CommandAction* action);

// Prints the ledger once, or a line per pipeline at every interval until the
// process ends; as JSON one object per line.
int RunStatus(const StatusOptions& options, std::ostream& out,
              std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_STATUS_COMMAND_H_
