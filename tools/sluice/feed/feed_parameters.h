// Options that several feed commands have.
#ifndef TOOLS_SLUICE_FEED_FEED_PARAMETERS_H_
#define TOOLS_SLUICE_FEED_FEED_PARAMETERS_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "plugins/feed/client/feed_connection.h"
#include "plugins/feed/client/feeds.h"

namespace CLI {
class App;
}  // namespace CLI

namespace sluice {

// Adds --param, which may be repeated.
void AddFeedParameters(CLI::App* command, std::vector<std::string>* texts);

// Reads "NAME=VALUE" of --param.
//   kInvalidArgument: one has no name.
absl::StatusOr<feed::FeedQuery> ParseParameters(
    const std::vector<std::string>& texts);

void AddFeedEnrichment(CLI::App* command, feed::Enrichment* enrichment);

}  // namespace sluice

#endif  // TOOLS_SLUICE_FEED_FEED_PARAMETERS_H_
