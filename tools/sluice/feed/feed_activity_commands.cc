// `sluice feed activities get|update|partial-update`.
#include <memory>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_view.h"
#include "plugins/feed/client/arguments.h"
#include "storage/base/status_macros.h"
#include "tools/sluice/feed/feed_parameters.h"
#include "tools/sluice/feed/feed_tables.h"
#include "tools/sluice/feed/feed_tool.h"
#include "tools/sluice/output.h"

namespace sluice {
namespace {

struct GetArguments {
  std::vector<std::string> ids;
  // Foreign ids and times, in pairs.
  std::vector<std::string> foreign_ids;
  std::vector<std::string> times;
  feed::Enrichment enrichment;
};

int RunGet(FeedTool& tool, const GetArguments& arguments) {
  if (arguments.foreign_ids.size() != arguments.times.size()) {
    return tool.Fail(feed::ArgumentError(
        "--time", "give as many as there are --foreign-id"));
  }
  if (arguments.ids.empty() == arguments.foreign_ids.empty()) {
    return tool.Fail(feed::ArgumentError(
        "ids", "give ids, or --foreign-id with --time, and not both"));
  }
  std::vector<feed::ActivityName> names;
  for (size_t i = 0; i < arguments.times.size(); ++i) {
    names.push_back(
        {.foreign_id = arguments.foreign_ids[i], .time = arguments.times[i]});
  }
  return tool.Call<feed::ActivityList>(
      [&](feed::FeedClient& client, auto done) {
        feed::Activities activities = client.activities();
        return names.empty()
                   ? activities.GetByIds(arguments.ids, arguments.enrichment,
                                         std::move(done))
                   : activities.GetByForeignIds(names, arguments.enrichment,
                                                std::move(done));
      },
      &FormatActivities);
}

void AddGet(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<GetArguments>();
  CLI::App* get = command.Add(
      parent, "get", "Look activities up",
      {"activities get ID ID",
       "activities get --foreign-id tweet:1 --time 2020-01-02T03:04:05.123456"},
      [arguments](FeedTool& tool) { return RunGet(tool, *arguments); });
  AddWords(get, "ids", &arguments->ids, "Ids of the activities");
  AddTexts(get, "--foreign-id", &arguments->foreign_ids,
           "Foreign id of an activity", "ID");
  AddTexts(get, "--time", &arguments->times, "Time of the same activity",
           "TIME");
  AddFeedEnrichment(get, &arguments->enrichment);
}

void AddUpdate(CLI::App& parent, const FeedCommand& command) {
  auto json = std::make_shared<std::string>();
  CLI::App* update = command.Add(
      parent, "update", "Replace activities, known by foreign_id and time",
      {R"(activities update '[{"foreign_id":"tweet:1","time":"2020-01-02T03:04:05","actor":"1","verb":"tweet","object":"2"}]')",
       "activities update @activities.json"},
      [json](FeedTool& tool) {
        const auto activities = tool.ReadArray("activities", *json);
        if (!activities.ok()) return tool.Fail(activities.status());
        return tool.Call<feed::FeedAnswer>(
            [&](feed::FeedClient& client, auto done) {
              return client.activities().Update(*activities, std::move(done));
            },
            [&](const feed::FeedAnswer&) {
              return absl::StrCat(
                  "updated ", activities->size(),
                  activities->size() == 1 ? " activity\n" : " activities\n");
            });
      });
  AddNeeded(update, "activities", json.get(),
            "Array of activities: JSON, @FILE, or - for the standard input");
}

struct PartialArguments {
  feed::ActivityName name;
  std::string set;
  std::vector<std::string> unset;
  std::string changes;

  // Something about one activity is said.
  bool is_single() const {
    return !name.id.empty() || !name.foreign_id.empty() || !name.time.empty() ||
           !set.empty() || !unset.empty();
  }
};

std::string Text(const JsonView& object, std::string_view name) {
  const std::optional<JsonView> value = object.Find(name);
  return value.has_value() ? value->AsString().value_or("") : "";
}

// One element of --changes.
absl::StatusOr<feed::ActivityChange> ReadChange(const std::string& argument,
                                                const std::string& json) {
  SLUICE_ASSIGN_OR_RETURN(const JsonView object,
                          feed::ParseObject(argument, json));
  feed::ActivityChange change;
  change.name = {.id = Text(object, "id"),
                 .foreign_id = Text(object, "foreign_id"),
                 .time = Text(object, "time")};
  if (const auto set = object.Find("set")) change.set = set->text();
  const std::optional<JsonView> unset = object.Find("unset");
  if (!unset.has_value()) return change;
  if (!unset->is_array()) {
    return feed::ArgumentError(argument + ".unset", "must be a list of paths");
  }
  for (const JsonView& path : unset->elements()) {
    change.unset.push_back(path.AsString().value_or(""));
  }
  return change;
}

absl::StatusOr<std::vector<feed::ActivityChange>> ReadChanges(
    FeedTool& tool, const PartialArguments& arguments) {
  std::vector<feed::ActivityChange> changes;
  if (arguments.changes.empty()) {
    feed::ActivityChange change{.name = arguments.name,
                                .unset = arguments.unset};
    if (!arguments.set.empty()) {
      SLUICE_ASSIGN_OR_RETURN(change.set,
                              tool.ReadJson("--set", arguments.set));
    }
    changes.push_back(std::move(change));
    return changes;
  }
  if (arguments.is_single()) {
    return feed::ArgumentError("--changes",
                               "not together with options for one activity");
  }
  SLUICE_ASSIGN_OR_RETURN(const std::vector<std::string> texts,
                          tool.ReadArray("--changes", arguments.changes));
  for (size_t i = 0; i < texts.size(); ++i) {
    SLUICE_ASSIGN_OR_RETURN(
        feed::ActivityChange change,
        ReadChange(absl::StrCat("changes[", i, "]"), texts[i]));
    changes.push_back(std::move(change));
  }
  return changes;
}

int RunPartialUpdate(FeedTool& tool, const PartialArguments& arguments) {
  const auto changes = ReadChanges(tool, arguments);
  if (!changes.ok()) return tool.Fail(changes.status());
  return tool.Call<feed::ActivityList>(
      [&](feed::FeedClient& client, auto done) {
        return client.activities().PartialUpdate(*changes, std::move(done));
      },
      [](const feed::ActivityList& list) {
        return list.activities.size() == 1
                   ? FormatMembers(list.activities.front().json)
                   : FormatActivities(list);
      });
}

void AddPartialUpdate(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<PartialArguments>();
  CLI::App* update = command.Add(
      parent, "partial-update", "Change members of activities",
      {R"(activities partial-update ID --set '{"product.price":7.99}' --unset popularity)",
       R"(activities partial-update --foreign-id tweet:1 --time 2020-01-02T03:04:05.123456 --set '{"n":1}')",
       R"(activities partial-update --changes '[{"id":"ID","set":{"n":1}}]')"},
      [arguments](FeedTool& tool) {
        return RunPartialUpdate(tool, *arguments);
      });
  AddText(update, "id", &arguments->name.id, "Id of the activity", "");
  AddText(update, "--foreign-id", &arguments->name.foreign_id,
          "Foreign id of the activity, instead of its id", "ID");
  AddText(update, "--time", &arguments->name.time,
          "Time of the activity with this foreign id", "TIME");
  AddText(update, "--set", &arguments->set,
          "Object from paths to values: JSON, @FILE, or -", "JSON");
  AddTexts(update, "--unset", &arguments->unset, "Paths to remove", "PATH");
  AddText(update, "--changes", &arguments->changes,
          "Instead, many at once: array of {id or foreign_id and time, set, "
          "unset}: JSON, @FILE, or -",
          "JSON");
}

}  // namespace

void AddFeedActivityCommands(CLI::App& parent, const FeedCommand& command) {
  CLI::App* activities =
      AddGroup(parent, "activities",
               "Look up and change activities, whatever feed they are in");
  AddGet(*activities, command);
  AddUpdate(*activities, command);
  AddPartialUpdate(*activities, command);
}

}  // namespace sluice
