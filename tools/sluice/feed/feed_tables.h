// What came back from the feed service, for people.
#ifndef TOOLS_SLUICE_FEED_FEED_TABLES_H_
#define TOOLS_SLUICE_FEED_FEED_TABLES_H_

#include <string>

#include "plugins/feed/client/feed_results.h"

namespace sluice {

// All end with a line break. Control characters of others do not reach the
// terminal.

std::string FormatFeedPage(const feed::FeedPage& page);
std::string FormatActivities(const feed::ActivityList& list);
// Every member of one activity, user, entry or reaction on a line; `json` is an
// object.
std::string FormatMembers(const std::string& json);
std::string FormatFollows(const feed::FollowPage& page);
std::string FormatFollowStats(const feed::FollowStats& stats);
std::string FormatTargetsChange(const feed::TargetsChange& change);
std::string FormatUsers(const feed::UserList& list);
std::string FormatEntries(const feed::CollectionList& list);
std::string FormatReactions(const feed::ReactionPage& page);

}  // namespace sluice

#endif  // TOOLS_SLUICE_FEED_FEED_TABLES_H_
