// `sluice sandbox`.
#ifndef TOOLS_SLUICE_SANDBOX_COMMAND_H_
#define TOOLS_SLUICE_SANDBOX_COMMAND_H_

#include <cstdint>
#include <iosfwd>
#include <string>
#include <vector>

#include "tools/sluice/command.h"

namespace sluice {

struct SandboxCommandOptions {
  // 0: a free port.
  uint16_t control_port = 0;
  uint16_t disruptive_port = 0;
  uint16_t feed_port = 0;
  uint16_t inthing_port = 0;

  // PEM files; both empty: plain HTTP.
  std::string tls_certificate;
  std::string tls_key;

  uint32_t devices = 20;
  double rate = 10;    // readings per second of all devices; 0: none
  int64_t count = -1;  // readings, then silence; -1: never silent
  uint64_t seed = 1;

  // Seconds.
  double stream_lifetime = 3600;
  double token_lifetime = 3600;
  double history_delay = 2;

  std::string stream_end = "error";
  bool no_rate_limit = false;
  bool no_auth = false;
  bool feed_limits = false;
  bool no_inthing_limits = false;
  std::string inthing_mode = "lenient";
  bool lenient = false;
  std::string push_url;
  std::string push_secret;
  std::string push_ca_file;
  // As ParseFeedGroup() of tools/sandbox/feed/feed_groups.h reads them.
  std::vector<std::string> feed_groups;
  bool feed_strict = false;

  // RFC 3339; empty: the clock runs with the machine's.
  std::string clock;
  // Folder for state that survives a restart; empty: in memory only.
  std::string state;
  uint64_t state_limit = uint64_t{1} << 30;  // bytes per service
  // Folder to write a pipeline configuration for this sandbox to; empty: none.
  std::string write_config;
};

// Adds `sluice sandbox` to `app`; see command.h.
void AddSandboxCommand(CLI::App& app, CommandAction* action);

// Runs the sandbox until SIGINT, SIGTERM or POST /shutdown. `out` gets one line
// of JSON once everything listens. Returns an ExitCode.
int RunSandbox(const SandboxCommandOptions& options, std::ostream& out,
               std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_SANDBOX_COMMAND_H_
