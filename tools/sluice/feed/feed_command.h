// `sluice feed ...`: Stream activity feeds by hand.
#ifndef TOOLS_SLUICE_FEED_FEED_COMMAND_H_
#define TOOLS_SLUICE_FEED_FEED_COMMAND_H_

#include "pipeline/api/plugin_registry.h"
#include "tools/sluice/command.h"

namespace sluice {

// `registry` is for configuration files that hold the credentials.
//
// Exit codes: kExitFailure when the service refused or did not answer,
// kExitUsage for arguments and credentials that cannot be; nothing was sent
// then.
void AddFeedCommand(CLI::App& app, const PluginRegistry& registry,
                    CommandAction* action);

}  // namespace sluice

#endif  // TOOLS_SLUICE_FEED_FEED_COMMAND_H_
