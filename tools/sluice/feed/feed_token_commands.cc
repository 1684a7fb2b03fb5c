// `sluice feed token user|read-only|read-write`.
#include <memory>

#include "absl/strings/str_cat.h"
#include "tools/sluice/feed/feed_tool.h"

namespace sluice {
namespace {

struct TokenArguments {
  std::string user_id;
  std::string claims;
};

void AddUser(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<TokenArguments>();
  CLI::App* user = command.Add(
      parent, "user", "For a user's own program, e.g. in a browser",
      {"token user bob", R"(token user bob --claims '{"exp":1700000000}')"},
      [arguments](FeedTool& tool) {
        return tool.Show("token", [&](feed::FeedClient& client) {
          return client.UserToken(arguments->user_id, arguments->claims);
        });
      });
  AddNeeded(user, "user_id", &arguments->user_id, "Id of the user");
  AddText(user, "--claims", &arguments->claims,
          "A JSON object with further claims", "JSON");
}

// `read-only` and `read-write`.
void AddFeedToken(CLI::App& parent, const FeedCommand& command,
                  bool read_only) {
  auto name = std::make_shared<std::string>();
  const std::string kind = read_only ? "read-only" : "read-write";
  CLI::App* token = command.Add(
      parent, kind,
      read_only ? "To read one feed" : "To do everything with one feed",
      {absl::StrCat("token ", kind, " user:1")},
      [name, read_only](FeedTool& tool) {
        return tool.Show("token", [&](feed::FeedClient& client) {
          return read_only ? client.ReadOnlyToken(*name)
                           : client.ReadWriteToken(*name);
        });
      });
  AddNeeded(token, "feed", name.get(), "The feed, group:id");
}

}  // namespace

void AddFeedTokenCommands(CLI::App& parent, const FeedCommand& command) {
  CLI::App* token = AddGroup(
      parent, "token", "Print a signed token to hand to others; sends nothing",
      "Tokens never end, unless they have a claim exp. They cannot be taken "
      "back\nwithout a new secret.");
  AddUser(*token, command);
  AddFeedToken(*token, command, /*read_only=*/true);
  AddFeedToken(*token, command, /*read_only=*/false);
}

}  // namespace sluice
