// `sluice feed add|add-many|remove|targets`.
#include <memory>

#include "absl/strings/str_cat.h"
#include "plugins/feed/client/arguments.h"
#include "tools/sluice/feed/feed_tables.h"
#include "tools/sluice/feed/feed_tool.h"
#include "tools/sluice/output.h"

namespace sluice {
namespace {

constexpr char kJsonInput[] = "JSON, @FILE, or - for the standard input";

struct AddArguments {
  std::string feed;
  std::string activity;
};

int RunAdd(FeedTool& tool, const AddArguments& arguments) {
  const absl::StatusOr<std::string> json =
      tool.ReadJson("activity", arguments.activity);
  if (!json.ok()) return tool.Fail(json.status());
  if (!json->starts_with('[')) {
    return tool.Call<feed::AddedActivity>(
        [&](feed::FeedClient& client, auto done) {
          return client.feeds().Add(arguments.feed, *json, std::move(done));
        },
        [](const feed::AddedActivity& added) {
          return FormatMembers(added.json);
        });
  }
  const absl::StatusOr<std::vector<std::string>> batch =
      tool.ReadArray("activities", *json);
  if (!batch.ok()) return tool.Fail(batch.status());
  return tool.Call<feed::ActivityList>(
      [&](feed::FeedClient& client, auto done) {
        return client.feeds().AddBatch(arguments.feed, *batch, std::move(done));
      },
      &FormatActivities);
}

void AddAdd(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<AddArguments>();
  CLI::App* add = command.Add(
      parent, "add", "Add an activity, or a batch of them, to a feed",
      {R"(add user:1 '{"actor":"1","verb":"tweet","object":"1"}')",
       R"(add user:1 '{"actor":"1","verb":"run","object":"1","foreign_id":"run:1","to":["user:44"]}')",
       "add user:1 @activity.json", "add user:1 - < activities.json"},
      [arguments](FeedTool& tool) { return RunAdd(tool, *arguments); });
  AddNeeded(add, "feed", &arguments->feed, "The feed, group:id");
  AddNeeded(
      add, "activity", &arguments->activity,
      absl::StrCat("The activity, or an array of activities: ", kJsonInput));
}

struct AddManyArguments {
  std::string activity;
  std::vector<std::string> feeds;
};

int RunAddMany(FeedTool& tool, const AddManyArguments& arguments) {
  const absl::StatusOr<std::string> activity =
      tool.ReadJson("activity", arguments.activity);
  if (!activity.ok()) return tool.Fail(activity.status());
  return tool.Call<feed::FeedAnswer>(
      [&](feed::FeedClient& client, auto done) {
        return client.feeds().AddToMany(*activity, arguments.feeds,
                                        std::move(done));
      },
      [&](const feed::FeedAnswer&) {
        return absl::StrCat("added to ", Count(arguments.feeds.size(), "feed"),
                            "\n");
      });
}

void AddAddMany(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<AddManyArguments>();
  CLI::App* add = command.Add(
      parent, "add-many", "Add one activity to many feeds, not their followers",
      {R"(add-many '{"actor":"1","verb":"alarm","object":"1"}' flat:1 flat:2)"},
      [arguments](FeedTool& tool) { return RunAddMany(tool, *arguments); });
  AddNeeded(add, "activity", &arguments->activity,
            absl::StrCat("The activity: ", kJsonInput));
  AddNeeded(add, "feeds", &arguments->feeds, "The feeds, group:id");
}

struct RemoveArguments {
  std::string feed;
  std::string activity_id;
  std::string foreign_id;
};

int RunRemove(FeedTool& tool, const RemoveArguments& arguments) {
  const bool by_foreign_id = !arguments.foreign_id.empty();
  if (by_foreign_id == !arguments.activity_id.empty()) {
    return tool.Fail(feed::ArgumentError(
        "activity_id", "give the id of an activity, or --foreign-id"));
  }
  return tool.Call<feed::RemovedActivity>(
      [&](feed::FeedClient& client, auto done) {
        return by_foreign_id
                   ? client.feeds().RemoveByForeignId(
                         arguments.feed, arguments.foreign_id, std::move(done))
                   : client.feeds().Remove(arguments.feed,
                                           arguments.activity_id,
                                           std::move(done));
      },
      [](const feed::RemovedActivity& removed) {
        return absl::StrCat("removed ", Printable(removed.removed), "\n");
      });
}

void AddRemove(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<RemoveArguments>();
  CLI::App* remove = command.Add(
      parent, "remove", "Remove an activity from a feed",
      {"remove user:1 1657b300-a648-11d5-8080-800020fde6c3",
       "remove user:1 --foreign-id tweet:1"},
      [arguments](FeedTool& tool) { return RunRemove(tool, *arguments); });
  AddNeeded(remove, "feed", &arguments->feed, "The feed, group:id");
  AddText(remove, "activity_id", &arguments->activity_id, "Id of the activity",
          "");
  AddText(remove, "--foreign-id", &arguments->foreign_id,
          "All activities with this foreign id", "ID");
}

struct TargetsArguments {
  std::string feed;
  std::string foreign_id;
  std::string time;
  feed::TargetsUpdate update;
};

void AddTargets(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<TargetsArguments>();
  CLI::App* targets = command.Add(
      parent, "targets", "Change which feeds an activity is copied to",
      {"targets user:1 --foreign-id tweet:1 --time 2020-01-02T03:04:05.123456 "
       "--add user:4,user:5 --remove user:3",
       "targets user:1 --foreign-id tweet:1 --time 2020-01-02T03:04:05.123456 "
       "--new user:4"},
      [arguments](FeedTool& tool) {
        return tool.Call<feed::TargetsChange>(
            [&](feed::FeedClient& client, auto done) {
              return client.feeds().UpdateTargets(
                  arguments->feed, arguments->foreign_id, arguments->time,
                  arguments->update, std::move(done));
            },
            &FormatTargetsChange);
      });
  AddNeeded(targets, "feed", &arguments->feed,
            "The feed it was added to, group:id");
  AddNeeded(targets, "--foreign-id", &arguments->foreign_id,
            "Foreign id of the activity");
  AddNeeded(targets, "--time", &arguments->time, "Time of the activity");
  AddTexts(targets, "--new", &arguments->update.new_targets,
           "All the feeds it is copied to from now on", "FEED");
  AddTexts(targets, "--add", &arguments->update.added_targets, "Further feeds",
           "FEED");
  AddTexts(targets, "--remove", &arguments->update.removed_targets,
           "Feeds that lose it", "FEED");
}

}  // namespace

void AddFeedWritingCommands(CLI::App& parent, const FeedCommand& command) {
  AddAdd(parent, command);
  AddAddMany(parent, command);
  AddRemove(parent, command);
  AddTargets(parent, command);
}

}  // namespace sluice
