// What callers hand in, looked at before anything is sent.
#ifndef PLUGINS_FEED_CLIENT_ARGUMENTS_H_
#define PLUGINS_FEED_CLIENT_ARGUMENTS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/json/json_view.h"
#include "plugins/feed/client/feed_name.h"

namespace sluice::feed {

// Every check gives kInvalidArgument with "ARGUMENT: what is wrong and what
// would be right" and no payload, by which it can be told from an error of the
// service.
absl::Status ArgumentError(std::string_view argument, std::string_view message);

// UTF-8, at least one byte.
absl::Status CheckText(std::string_view argument, std::string_view text);

// What can be one segment of a path: text, but not "." and "..", which the way
// to the service would take for folders.
absl::Status CheckSegment(std::string_view argument, std::string_view text);

// `group:id`.
absl::StatusOr<FeedName> ParseFeed(std::string_view argument,
                                   std::string_view text);
absl::Status CheckFeeds(std::string_view argument,
                        const std::vector<std::string>& feeds);

// Not negative.
absl::Status CheckCount(std::string_view argument,
                        const std::optional<int64_t>& count);

// A moment the service can read: ISO 8601 with date and time, up to nine
// decimals, and no zone (UTC), "Z" or an offset.
absl::Status CheckTime(std::string_view argument, std::string_view time);

// `time` as activities have it: "2020-01-02T03:04:05.123456", in UTC.
std::string FeedTime(absl::Time time);

// The texts with commas between them, as queries have lists. At least one,
// UTF-8, none empty and none with a comma.
absl::StatusOr<std::string> JoinList(std::string_view argument,
                                     const std::vector<std::string>& texts);

absl::StatusOr<JsonView> ParseJson(std::string_view argument,
                                   std::string_view json);
absl::StatusOr<JsonView> ParseObject(std::string_view argument,
                                     std::string_view json);
absl::StatusOr<JsonView> ParseArray(std::string_view argument,
                                    std::string_view json);

// An object whose `to`, if it has one, is a list of at most 100 feeds (an entry
// may have a token behind the feed and a space), as
// https://getstream.io/activity-feeds/docs/ says on
// "Targeting using the TO field". Everything else is
// for the service to judge.
absl::Status CheckActivity(std::string_view argument, std::string_view json);
absl::Status CheckActivities(std::string_view argument,
                             const std::vector<std::string>& activities);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_ARGUMENTS_H_
