// `sluice feed follow|unfollow|followers|following|follow-many|unfollow-many|
// stats`.
#include <memory>
#include <optional>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_view.h"
#include "plugins/feed/client/arguments.h"
#include "storage/base/status_macros.h"
#include "tools/sluice/feed/feed_tables.h"
#include "tools/sluice/feed/feed_tool.h"
#include "tools/sluice/output.h"

namespace sluice {
namespace {

struct FollowArguments {
  std::string source;
  std::string target;
  std::optional<int64_t> copy_limit;
  bool keep_history = false;
};

void AddPair(CLI::App* command, FollowArguments* arguments) {
  AddNeeded(command, "source", &arguments->source, "Who follows, group:id");
  AddNeeded(command, "target", &arguments->target, "Who is followed, group:id");
}

void AddCopyLimit(CLI::App* command, std::optional<int64_t>* limit) {
  AddNumber(command, "--activity-copy-limit", limit,
            "How many of the newest activities are copied (100; 0 to "
            "1000)");
}

std::string Pair(const FollowArguments& arguments, std::string_view verb) {
  return absl::StrCat(arguments.source, " ", std::string(verb), " ",
                      arguments.target, "\n");
}

void AddFollow(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<FollowArguments>();
  CLI::App* follow =
      command.Add(parent, "follow", "Let one feed follow another",
                  {"follow timeline:1 user:42",
                   "follow timeline:1 user:42 --activity-copy-limit 0"},
                  [arguments](FeedTool& tool) {
                    return tool.Call<feed::FeedAnswer>(
                        [&](feed::FeedClient& client, auto done) {
                          return client.follows().Add(
                              arguments->source, arguments->target,
                              arguments->copy_limit, std::move(done));
                        },
                        [&](const feed::FeedAnswer&) {
                          return Pair(*arguments, "follows");
                        });
                  });
  AddPair(follow, arguments.get());
  AddCopyLimit(follow, &arguments->copy_limit);
}

void AddUnfollow(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<FollowArguments>();
  CLI::App* unfollow =
      command.Add(parent, "unfollow", "Let a feed no longer follow another",
                  {"unfollow timeline:1 user:42",
                   "unfollow timeline:1 user:42 --keep-history"},
                  [arguments](FeedTool& tool) {
                    return tool.Call<feed::FeedAnswer>(
                        [&](feed::FeedClient& client, auto done) {
                          return client.follows().Remove(
                              arguments->source, arguments->target,
                              arguments->keep_history, std::move(done));
                        },
                        [&](const feed::FeedAnswer&) {
                          return Pair(*arguments, "no longer follows");
                        });
                  });
  AddPair(unfollow, arguments.get());
  AddFlag(unfollow, "--keep-history", &arguments->keep_history,
          "What came from it stays");
}

struct ListArguments {
  std::string feed;
  std::vector<std::string> feeds;
  std::optional<int64_t> limit;
  std::optional<int64_t> offset;
};

int RunList(FeedTool& tool, const ListArguments& arguments, bool followers) {
  feed::FollowListOptions options{.feeds = arguments.feeds};
  options.limit = arguments.limit.value_or(options.limit);
  options.offset = arguments.offset.value_or(options.offset);
  return tool.Call<feed::FollowPage>(
      [&](feed::FeedClient& client, auto done) {
        feed::Follows follows = client.follows();
        return followers
                   ? follows.Followers(arguments.feed, options, std::move(done))
                   : follows.Following(arguments.feed, options,
                                       std::move(done));
      },
      &FormatFollows);
}

// `followers` and `following`.
void AddList(CLI::App& parent, const FeedCommand& command, bool followers) {
  auto arguments = std::make_shared<ListArguments>();
  const std::string name = followers ? "followers" : "following";
  CLI::App* list =
      command.Add(parent, name,
                  followers ? "List the feeds that follow a feed"
                            : "List the feeds that a feed follows",
                  {absl::StrCat(name, " user:1 --limit 10"),
                   absl::StrCat(name, " user:1 --filter user:2,user:3")},
                  [arguments, followers](FeedTool& tool) {
                    return RunList(tool, *arguments, followers);
                  });
  AddNeeded(list, "feed", &arguments->feed, "The feed, group:id");
  AddNumber(list, "--limit", &arguments->limit, "At most so many (25)");
  AddNumber(list, "--offset", &arguments->offset, "Leave so many out (0)");
  AddTexts(list, "--filter", &arguments->feeds, "Only these feeds", "FEED");
}

struct ManyArguments {
  std::string json;
  std::optional<int64_t> copy_limit;
};

std::string Member(const JsonView& object, std::string_view name) {
  const std::optional<JsonView> value = object.Find(name);
  return value.has_value() ? value->AsString().value_or("") : "";
}

// The limit of one follow.
absl::StatusOr<std::optional<int64_t>> CopyLimit(const JsonView& object,
                                                 size_t index) {
  const std::optional<JsonView> value = object.Find("activity_copy_limit");
  if (!value.has_value()) return std::optional<int64_t>();
  const std::optional<int64_t> limit = value->AsInteger();
  if (limit.has_value()) return limit;
  return feed::ArgumentError(
      absl::StrCat("follows[", index, "].activity_copy_limit"),
      "must be a whole number");
}

absl::StatusOr<std::vector<JsonView>> ReadFollows(
    const std::vector<std::string>& texts) {
  std::vector<JsonView> objects;
  for (size_t i = 0; i < texts.size(); ++i) {
    SLUICE_ASSIGN_OR_RETURN(
        const JsonView object,
        feed::ParseObject(absl::StrCat("follows[", i, "]"), texts[i]));
    objects.push_back(object);
  }
  return objects;
}

absl::StatusOr<std::vector<feed::NewFollow>> NewFollows(
    const std::vector<std::string>& texts) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<JsonView> objects,
                          ReadFollows(texts));
  std::vector<feed::NewFollow> follows;
  for (size_t i = 0; i < objects.size(); ++i) {
    SLUICE_ASSIGN_OR_RETURN(const std::optional<int64_t> limit,
                            CopyLimit(objects[i], i));
    follows.push_back({.source = Member(objects[i], "source"),
                       .target = Member(objects[i], "target"),
                       .activity_copy_limit = limit});
  }
  return follows;
}

absl::StatusOr<std::vector<feed::OldFollow>> OldFollows(
    const std::vector<std::string>& texts) {
  SLUICE_ASSIGN_OR_RETURN(const std::vector<JsonView> objects,
                          ReadFollows(texts));
  std::vector<feed::OldFollow> follows;
  for (const JsonView& object : objects) {
    const std::optional<JsonView> keep = object.Find("keep_history");
    follows.push_back(
        {.source = Member(object, "source"),
         .target = Member(object, "target"),
         .keep_history = keep.has_value() && keep->AsBool().value_or(false)});
  }
  return follows;
}

int RunFollowMany(FeedTool& tool, const ManyArguments& arguments) {
  const auto texts = tool.ReadArray("follows", arguments.json);
  if (!texts.ok()) return tool.Fail(texts.status());
  const auto follows = NewFollows(*texts);
  if (!follows.ok()) return tool.Fail(follows.status());
  return tool.Call<feed::FeedAnswer>(
      [&](feed::FeedClient& client, auto done) {
        return client.follows().AddMany(*follows, arguments.copy_limit,
                                        std::move(done));
      },
      [&](const feed::FeedAnswer&) {
        return absl::StrCat("made ", Count(follows->size(), "follow"), "\n");
      });
}

int RunUnfollowMany(FeedTool& tool, const ManyArguments& arguments) {
  const auto texts = tool.ReadArray("follows", arguments.json);
  if (!texts.ok()) return tool.Fail(texts.status());
  const auto follows = OldFollows(*texts);
  if (!follows.ok()) return tool.Fail(follows.status());
  return tool.Call<feed::FeedAnswer>(
      [&](feed::FeedClient& client, auto done) {
        return client.follows().RemoveMany(*follows, std::move(done));
      },
      [&](const feed::FeedAnswer&) {
        return absl::StrCat("ended ", Count(follows->size(), "follow"), "\n");
      });
}

void AddMany(CLI::App& parent, const FeedCommand& command) {
  const std::string what =
      "Array of {\"source\", \"target\"}: JSON, @FILE, or - for the standard "
      "input";
  auto new_ones = std::make_shared<ManyArguments>();
  CLI::App* follow = command.Add(
      parent, "follow-many", "Make many follows at once",
      {R"(follow-many '[{"source":"flat:1","target":"user:1"}]')",
       "follow-many @follows.json --activity-copy-limit 10"},
      [new_ones](FeedTool& tool) { return RunFollowMany(tool, *new_ones); });
  AddNeeded(follow, "follows", &new_ones->json,
            absl::StrCat(what, "; each may have an activity_copy_limit"));
  AddCopyLimit(follow, &new_ones->copy_limit);
  auto old_ones = std::make_shared<ManyArguments>();
  CLI::App* unfollow = command.Add(
      parent, "unfollow-many", "End many follows at once",
      {R"(unfollow-many '[{"source":"flat:1","target":"user:1","keep_history":true}]')"},
      [old_ones](FeedTool& tool) { return RunUnfollowMany(tool, *old_ones); });
  AddNeeded(unfollow, "follows", &old_ones->json,
            absl::StrCat(what, "; each may have keep_history"));
}

struct StatsArguments {
  std::string feed;
  feed::FollowStatsOptions options;
};

void AddStats(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<StatsArguments>();
  CLI::App* stats = command.Add(
      parent, "stats", "Count the followers of a feed and whom it follows",
      {"stats user:1",
       "stats user:1 --followers-slugs user --following-slugs news,topic"},
      [arguments](FeedTool& tool) {
        return tool.Call<feed::FollowStats>(
            [&](feed::FeedClient& client, auto done) {
              return client.follows().Stats(arguments->feed, arguments->options,
                                            std::move(done));
            },
            &FormatFollowStats);
      });
  AddNeeded(stats, "feed", &arguments->feed, "The feed, group:id");
  AddTexts(stats, "--followers-slugs", &arguments->options.followers_slugs,
           "Only followers of these groups", "GROUP");
  AddTexts(stats, "--following-slugs", &arguments->options.following_slugs,
           "Only followed feeds of these groups", "GROUP");
}

}  // namespace

void AddFeedFollowCommands(CLI::App& parent, const FeedCommand& command) {
  AddFollow(parent, command);
  AddUnfollow(parent, command);
  AddList(parent, command, /*followers=*/true);
  AddList(parent, command, /*followers=*/false);
  AddMany(parent, command);
  AddStats(parent, command);
}

}  // namespace sluice
