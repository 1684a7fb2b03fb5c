// `sluice inthing new|text|code|image|screenshot|capture|url|browse`.
#ifndef TOOLS_SLUICE_INTHING_COMMAND_H_
#define TOOLS_SLUICE_INTHING_COMMAND_H_

#include <cstdint>
#include <istream>
#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "tools/sluice/command.h"
#include "tools/sluice/output.h"

namespace sluice {

// Names, defaults and behaviour are those of the command of the official client
// (willmcgugan/inthing at 6364ceaa, inthing/command), whose ignored options
// work here. What it leaves out is `new`, `code`, `image`, `url`, `browse`,
// --priority, --time, --wait and commands to capture.
struct InthingOptions {
  // Of the service; empty: INTHING_URL, else the public one.
  std::string service;
  std::string ca_file;
  absl::Duration timeout = absl::Seconds(60);
  // Of the stream; empty: INTHING_STREAM.
  std::string id;
  // Empty: INTHING_STREAM_PASSWORD. A password never stands on the command
  // line, where every user of the machine sees it.
  std::string password_file;
  OutputFormat output = OutputFormat::kText;

  // Of all posts. Empty title: that of the kind of post.
  std::string title;
  std::string description;
  std::string markup = "markdown";
  std::string generator;
  int priority = 0;
  std::optional<int64_t> time_unix_seconds;
  // How long to wait for rate limits to end.
  absl::Duration wait = absl::ZeroDuration();
  bool browse = false;
  bool show_url = false;

  // `text`.
  std::string text;
  // `code`, `image`, `screenshot --image`; "-": standard input.
  std::string file;
  // `code`, `capture`.
  std::string language;
  // `screenshot`.
  absl::Duration delay = absl::ZeroDuration();
  // `capture`; empty: standard input is captured.
  std::vector<std::string> command;
  bool with_stderr = false;
};

void AddInthingCommand(CLI::App& app, CommandAction* action);

// All print to `out`, say on `err` what is wrong, and return an ExitCode:
// kExitUsage for an argument or a file that cannot be, before anything is sent;
// kExitFailure for what the service or the network says.
int RunInthingNew(const InthingOptions& options, std::ostream& out,
                  std::ostream& err);
int RunInthingText(const InthingOptions& options, std::ostream& out,
                   std::ostream& err);
int RunInthingCode(const InthingOptions& options, std::ostream& out,
                   std::ostream& err);
int RunInthingImage(const InthingOptions& options, std::ostream& out,
                    std::ostream& err);
int RunInthingScreenshot(const InthingOptions& options, std::ostream& out,
                         std::ostream& err);
// Prints what it captures as it comes, on `err` if `out` gets JSON.
// kExitFailure, once all is posted, when the command itself failed.
int RunInthingCapture(const InthingOptions& options, std::istream& in,
                      std::ostream& out, std::ostream& err);
// These two send nothing.
int RunInthingUrl(const InthingOptions& options, std::ostream& out,
                  std::ostream& err);
int RunInthingBrowse(const InthingOptions& options, std::ostream& out,
                     std::ostream& err);

}  // namespace sluice

#endif  // TOOLS_SLUICE_INTHING_COMMAND_H_
