// `sluice top`: a running process, seen live.
#ifndef TOOLS_SLUICE_TOP_COMMAND_H_
#define TOOLS_SLUICE_TOP_COMMAND_H_

#include <cstdint>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tools/sluice/admin_client.h"
#include "tools/sluice/command.h"

namespace sluice {

struct TopOptions {
  AdminClientOptions admin;
  // Names; none: all.
  std::vector<std::string> pipelines;
  absl::Duration interval = absl::Seconds(1);
  // So many frames and no more; 0: until the process ends.
  uint64_t frames = 0;
};

void AddTopCommand(CLI::App& app, CommandAction* action);

// Prints a frame at every interval: over the one before on a terminal, else
// below it. Returns an exit code.
int RunTop(const TopOptions& options, std::ostream& out, std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_TOP_COMMAND_H_
