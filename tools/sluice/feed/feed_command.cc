#include "tools/sluice/feed/feed_command.h"

#include <iostream>
#include <memory>

#include "CLI/CLI.hpp"
#include "tools/sluice/feed/feed_tool.h"

namespace sluice {

void AddFeedCommand(CLI::App& app, const PluginRegistry& registry,
                    CommandAction* action) {
  CLI::App* parent = app.add_subcommand(
      "feed", "Read and write Stream activity feeds by hand");
  parent->require_subcommand(1);
  auto tool = std::make_shared<FeedTool>(
      registry, FeedTool::Streams{std::cin, std::cout, std::cerr});
  AddFeedCredentials(*parent, &tool->credentials);
  AddOutputOption(*parent, &tool->output);
  parent->footer(
      "Options may stand behind the command, too. What they leave out comes\n"
      "from the environment, as Stream's own clients read it: STREAM_URL\n"
      "(https://KEY:SECRET@HOST/?app_id=N, or an address), STREAM_KEY and\n"
      "STREAM_SECRET (or STREAM_API_KEY and STREAM_API_SECRET),\n"
      "STREAM_APP_ID, STREAM_REGION, and LOCAL for http://localhost:8000.\n"
      "\n"
      "Exit codes: 0 done, 1 the service refused or did not answer, 2 an\n"
      "argument or credential cannot be, and nothing was sent.\n"
      "\n"
      "Examples:\n"
      "  sluice feed get user:1 --limit 5\n"
      "  sluice feed follow timeline:1 user:42 --config sluice.yaml --sink "
      "room-feed\n"
      "  sluice feed add user:1 @activity.json --base-url "
      "http://127.0.0.1:8000 \\\n"
      "      --api-key sandbox_key --api-secret-env SANDBOX_SECRET\n"
      "  sluice feed get user:1 --output json | jq '.results[].id'");
  const FeedCommand command{std::move(tool), action};
  AddFeedReadingCommands(*parent, command);
  AddFeedWritingCommands(*parent, command);
  AddFeedFollowCommands(*parent, command);
  AddFeedActivityCommands(*parent, command);
  AddFeedReactionCommands(*parent, command);
  AddFeedUserCommands(*parent, command);
  AddFeedCollectionCommands(*parent, command);
  AddFeedTokenCommands(*parent, command);
  AddFeedAnalyticsCommands(*parent, command);
  AddFeedPersonalizationCommands(*parent, command);
}

}  // namespace sluice
