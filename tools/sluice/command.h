// How a subcommand joins the binary.
#ifndef TOOLS_SLUICE_COMMAND_H_
#define TOOLS_SLUICE_COMMAND_H_

#include <functional>

namespace CLI {
class App;
}  // namespace CLI

namespace sluice {

// What to do once the whole command line is known to be good. Returns an
// ExitCode (exit_codes.h).
using CommandAction = std::function<int()>;

// Each subcommand lives in <name>_command.{h,cc} and offers one function, which
// main.cc calls:
//
//   // Adds `sluice version` to `app`; when the command line names it,
//   `*action`
//   // is set. Both outlive the parse.
//   void AddVersionCommand(CLI::App& app, CommandAction* action) {
//     CLI::App* command = app.add_subcommand("version", "Print the version");
//     auto options = std::make_shared<VersionOptions>();
//     command->add_flag(...);
//     command->footer("Examples:\n  sluice version\n");
//     command->callback([options, action] {
//       *action = [options] { return RunVersion(*options); };
//     });
//   }
//
// `--log-level` belongs to `app` and may stand behind the subcommand too.

}  // namespace sluice

#endif  // TOOLS_SLUICE_COMMAND_H_
