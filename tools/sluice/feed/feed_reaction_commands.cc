// `sluice feed reactions ...`.
#include <map>
#include <memory>

#include "absl/strings/str_cat.h"
#include "plugins/feed/client/arguments.h"
#include "tools/sluice/feed/feed_tables.h"
#include "tools/sluice/feed/feed_tool.h"
#include "tools/sluice/output.h"

namespace sluice {
namespace {

std::string FormatReaction(const feed::ReactionAnswer& answer) {
  return FormatMembers(answer.json);
}

struct AddArguments {
  // Of the activity or the parent.
  std::string id;
  feed::NewReaction reaction;
};

// `add` and `add-child`.
void AddAdd(CLI::App& parent, const FeedCommand& command, bool child) {
  auto arguments = std::make_shared<AddArguments>();
  const std::string name = child ? "add-child" : "add";
  CLI::App* add = command.Add(
      parent, name, child ? "React to a reaction" : "React to an activity",
      {absl::StrCat("reactions ", name, " ID like --user bob"),
       absl::StrCat("reactions ", name,
                    R"( ID comment --user bob --data '{"text":"hi"}' )",
                    "--target-feeds notification:alice")},
      [arguments, child](FeedTool& tool) {
        return tool.Call<feed::ReactionAnswer>(
            [&](feed::FeedClient& client, auto done) {
              feed::Reactions reactions = client.reactions();
              return child ? reactions.AddChild(arguments->id,
                                                arguments->reaction,
                                                std::move(done))
                           : reactions.Add(arguments->id, arguments->reaction,
                                           std::move(done));
            },
            &FormatReaction);
      });
  feed::NewReaction* reaction = &arguments->reaction;
  AddNeeded(add, child ? "parent_id" : "activity_id", &arguments->id,
            child ? "Id of the reaction" : "Id of the activity");
  AddNeeded(add, "kind", &reaction->kind, "Kind of reaction, e.g. like");
  AddNeeded(add, "--user", &reaction->user_id, "Who reacts");
  AddText(add, "--data", &reaction->data, "A JSON object of one's own", "JSON");
  AddTexts(add, "--target-feeds", &reaction->target_feeds,
           "Feeds that get an activity about it", "FEED");
  AddText(add, "--target-feeds-extra-data", &reaction->target_feeds_extra_data,
          "A JSON object with further members of that activity", "JSON");
}

void AddGet(CLI::App& parent, const FeedCommand& command) {
  auto ids = std::make_shared<std::vector<std::string>>();
  auto deleted = std::make_shared<bool>(false);
  CLI::App* get = command.Add(
      parent, "get", "Read one reaction, or several",
      {"reactions get ID", "reactions get ID ID --include-deleted"},
      [ids, deleted](FeedTool& tool) {
        if (ids->size() == 1 && !*deleted) {
          return tool.Call<feed::ReactionAnswer>(
              [&](feed::FeedClient& client, auto done) {
                return client.reactions().Get(ids->front(), std::move(done));
              },
              &FormatReaction);
        }
        return tool.Call<feed::ReactionPage>(
            [&](feed::FeedClient& client, auto done) {
              return client.reactions().GetMany(*ids, *deleted,
                                                std::move(done));
            },
            &FormatReactions);
      });
  AddNeeded(get, "ids", ids.get(), "Ids of the reactions");
  AddFlag(get, "--include-deleted", deleted.get(), "Softly deleted ones, too");
}

struct UpdateArguments {
  std::string id;
  std::string data;
  std::vector<std::string> target_feeds;
};

void AddUpdate(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<UpdateArguments>();
  CLI::App* update =
      command.Add(parent, "update", "Replace the data of a reaction",
                  {R"(reactions update ID --data '{"text":"hello"}')"},
                  [arguments](FeedTool& tool) {
                    return tool.Call<feed::ReactionAnswer>(
                        [&](feed::FeedClient& client, auto done) {
                          return client.reactions().Update(
                              arguments->id, arguments->data,
                              arguments->target_feeds, std::move(done));
                        },
                        &FormatReaction);
                  });
  AddNeeded(update, "id", &arguments->id, "Id of the reaction");
  AddText(update, "--data", &arguments->data, "The new data, a JSON object",
          "JSON");
  AddTexts(update, "--target-feeds", &arguments->target_feeds,
           "Feeds that keep or get an activity about it", "FEED");
}

void AddDelete(CLI::App& parent, const FeedCommand& command) {
  auto id = std::make_shared<std::string>();
  auto soft = std::make_shared<bool>(false);
  CLI::App* remove = command.Add(
      parent, "delete", "Delete a reaction",
      {"reactions delete ID", "reactions delete ID --soft"},
      [id, soft](FeedTool& tool) {
        return tool.Call<feed::FeedAnswer>(
            [&](feed::FeedClient& client, auto done) {
              return client.reactions().Delete(*id, *soft, std::move(done));
            },
            [&](const feed::FeedAnswer&) {
              return absl::StrCat("deleted ", Printable(*id), "\n");
            });
      });
  AddNeeded(remove, "id", id.get(), "Id of the reaction");
  AddFlag(remove, "--soft", soft.get(), "So that it can be restored");
}

void AddRestore(CLI::App& parent, const FeedCommand& command) {
  auto id = std::make_shared<std::string>();
  CLI::App* restore = command.Add(
      parent, "restore", "Bring a softly deleted reaction back",
      {"reactions restore ID"}, [id](FeedTool& tool) {
        return tool.Call<feed::FeedAnswer>(
            [&](feed::FeedClient& client, auto done) {
              return client.reactions().Restore(*id, std::move(done));
            },
            [&](const feed::FeedAnswer&) {
              return absl::StrCat("restored ", Printable(*id), "\n");
            });
      });
  AddNeeded(restore, "id", id.get(), "Id of the reaction");
}

void AddFilter(CLI::App& parent, const FeedCommand& command) {
  auto filter = std::make_shared<feed::ReactionFilter>();
  auto by = std::make_shared<std::string>();
  CLI::App* list = command.Add(
      parent, "filter", "List reactions, newest first",
      {"reactions filter activity ID --kind like",
       "reactions filter user bob --limit 25",
       "reactions filter reaction ID --id-lt ID"},
      [filter, by](FeedTool& tool) {
        const std::map<std::string, feed::ReactionLookup> lookups = {
            {"activity", feed::ReactionLookup::kActivity},
            {"user", feed::ReactionLookup::kUser},
            {"reaction", feed::ReactionLookup::kReaction}};
        const auto lookup = lookups.find(*by);
        if (lookup == lookups.end()) {
          return tool.Fail(
              feed::ArgumentError("by", "must be activity, user or reaction"));
        }
        filter->lookup = lookup->second;
        return tool.Call<feed::ReactionPage>(
            [&](feed::FeedClient& client, auto done) {
              return client.reactions().Filter(*filter, std::move(done));
            },
            &FormatReactions);
      });
  AddNeeded(list, "by", by.get(),
            "What the id is of: activity, user or reaction");
  AddNeeded(list, "id", &filter->id, "Id of it");
  AddText(list, "--kind", &filter->kind, "Only this kind", "KIND");
  AddNumber(list, "--limit", &filter->limit,
            "At most so many (10; at most 25)");
  AddText(list, "--id-lt", &filter->id_lt, "Reactions before this one", "ID");
  AddText(list, "--id-lte", &filter->id_lte, "This one and those before it",
          "ID");
  AddText(list, "--id-gt", &filter->id_gt, "Reactions after this one", "ID");
  AddText(list, "--id-gte", &filter->id_gte, "This one and those after it",
          "ID");
  AddFlag(list, "--with-activity", &filter->with_activity_data,
          "The activity, too (see --output json)");
}

}  // namespace

void AddFeedReactionCommands(CLI::App& parent, const FeedCommand& command) {
  CLI::App* reactions =
      AddGroup(parent, "reactions", "Likes, comments and the like");
  AddAdd(*reactions, command, /*child=*/false);
  AddAdd(*reactions, command, /*child=*/true);
  AddGet(*reactions, command);
  AddUpdate(*reactions, command);
  AddDelete(*reactions, command);
  AddRestore(*reactions, command);
  AddFilter(*reactions, command);
}

}  // namespace sluice
