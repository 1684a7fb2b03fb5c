// What the commands below `sluice feed` share: they make one call and show what
// came back.
#ifndef TOOLS_SLUICE_FEED_FEED_TOOL_H_
#define TOOLS_SLUICE_FEED_FEED_TOOL_H_

#include <cstdint>
#include <functional>
#include <istream>
#include <memory>
#include <optional>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "pipeline/api/plugin_registry.h"
#include "plugins/feed/client/feed_client.h"
#include "tools/sluice/command.h"
#include "tools/sluice/feed/feed_credentials.h"
#include "tools/sluice/http_session.h"
#include "tools/sluice/output.h"

namespace sluice {

// Thread-safety: none; lives as long as the commands that use it.
class FeedTool {
 public:
  struct Streams {
    std::istream& in;
    std::ostream& out;
    std::ostream& err;
  };

  FeedTool(const PluginRegistry& registry, Streams streams)
      : registry_(registry), streams_(streams) {}

  // Where options are parsed into.
  FeedCredentials credentials;
  OutputFormat output = OutputFormat::kText;

  // Makes the call that `start` starts, and prints its result: `text` of it, or
  // the service's own JSON. Returns an ExitCode.
  template <typename Result>
  int Call(const std::function<std::unique_ptr<HttpCall>(
               feed::FeedClient&, feed::FeedDone<Result>)>& start,
           const std::function<std::string(const Result&)>& text) {
    absl::StatusOr<std::unique_ptr<feed::FeedClient>> made = MakeClient();
    if (!made.ok()) return Fail(made.status());
    HttpSession session;
    feed::FeedClient& client = **made;
    client.Start(session.http(), session.executor());
    const absl::StatusOr<Result> result = session.Await<absl::StatusOr<Result>>(
        [&](auto done) { return start(client, std::move(done)); });
    if (!result.ok()) return Fail(result.status());
    return Print(output == OutputFormat::kJson ? result->json + "\n"
                                               : text(*result));
  }

  // Prints what `make` makes without a call, under `name` in JSON.
  int Show(std::string_view name,
           const std::function<absl::StatusOr<std::string>(feed::FeedClient&)>&
               make);

  // The bytes of an argument that is JSON, @FILE or - (tools/sluice/input.h).
  absl::StatusOr<std::string> ReadJson(std::string_view argument,
                                       const std::string& text);
  // The same for an array, as the texts of its elements.
  absl::StatusOr<std::vector<std::string>> ReadArray(std::string_view argument,
                                                     const std::string& text);

  // Says what is wrong, and returns kExitUsage if that is an argument.
  int Fail(const absl::Status& status);

 private:
  absl::StatusOr<std::unique_ptr<feed::FeedClient>> MakeClient();
  int Print(const std::string& text);

  const PluginRegistry& registry_;
  Streams streams_;
};

// A command below `sluice feed` while it is put together.
struct FeedCommand {
  std::shared_ptr<FeedTool> tool;
  CommandAction* action;

  // Adds `NAME`, which calls `run` when it is named. `examples` are lines
  // behind "sluice feed ".
  CLI::App* Add(CLI::App& parent, const std::string& name,
                const std::string& what,
                const std::vector<std::string>& examples,
                std::function<int(FeedTool&)> run) const;
};

// Adds a positional argument that is needed.
void AddNeeded(CLI::App* command, const std::string& name, std::string* value,
               const std::string& what);
void AddNeeded(CLI::App* command, const std::string& name,
               std::vector<std::string>* values, const std::string& what);
// Adds positional arguments of which there may be none.
void AddWords(CLI::App* command, const std::string& name,
              std::vector<std::string>* values, const std::string& what);
// Adds an option.
void AddText(CLI::App* command, const std::string& name, std::string* value,
             const std::string& what, const std::string& type);
// Adds an option that may be repeated and may have commas between values.
void AddTexts(CLI::App* command, const std::string& name,
              std::vector<std::string>* values, const std::string& what,
              const std::string& type);

void AddFlag(CLI::App* command, const std::string& name, bool* flag,
             const std::string& what);
void AddNumber(CLI::App* command, const std::string& name,
               std::optional<int64_t>* number, const std::string& what);
// Adds a command that has further ones.
CLI::App* AddGroup(CLI::App& parent, const std::string& name,
                   const std::string& what, const std::string& footer = "");

// The files of this folder that add commands below `parent`.
void AddFeedReadingCommands(CLI::App& parent, const FeedCommand& command);
void AddFeedWritingCommands(CLI::App& parent, const FeedCommand& command);
void AddFeedFollowCommands(CLI::App& parent, const FeedCommand& command);
void AddFeedActivityCommands(CLI::App& parent, const FeedCommand& command);
void AddFeedReactionCommands(CLI::App& parent, const FeedCommand& command);
void AddFeedUserCommands(CLI::App& parent, const FeedCommand& command);
void AddFeedCollectionCommands(CLI::App& parent, const FeedCommand& command);
void AddFeedAnalyticsCommands(CLI::App& parent, const FeedCommand& command);
void AddFeedTokenCommands(CLI::App& parent, const FeedCommand& command);
void AddFeedPersonalizationCommands(CLI::App& parent,
                                    const FeedCommand& command);

}  // namespace sluice

#endif  // TOOLS_SLUICE_FEED_FEED_TOOL_H_
