// `sluice feed collections ...`.
#include <memory>

#include "absl/strings/str_cat.h"
#include "tools/sluice/feed/feed_tables.h"
#include "tools/sluice/feed/feed_tool.h"
#include "tools/sluice/output.h"

namespace sluice {
namespace {

constexpr char kName[] = "Name of the collection";
constexpr char kData[] = "Its data: JSON, @FILE, or - for the standard input";

struct EntryArguments {
  std::string collection;
  std::string id;
  std::string data;
  std::string user_id;
};

std::string FormatEntry(const feed::CollectionAnswer& answer) {
  return FormatMembers(answer.json);
}

void AddAdd(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<EntryArguments>();
  CLI::App* add =
      command.Add(parent, "add", "Add an entry",
                  {R"(collections add food '{"name":"Burger"}' --id burger)"},
                  [arguments](FeedTool& tool) {
                    const auto data = tool.ReadJson("data", arguments->data);
                    if (!data.ok()) return tool.Fail(data.status());
                    return tool.Call<feed::CollectionAnswer>(
                        [&](feed::FeedClient& client, auto done) {
                          return client.collections().Add(
                              arguments->collection, *data, arguments->id,
                              arguments->user_id, std::move(done));
                        },
                        &FormatEntry);
                  });
  AddNeeded(add, "collection", &arguments->collection, kName);
  AddNeeded(add, "data", &arguments->data, kData);
  AddText(add, "--id", &arguments->id,
          "Id of the entry (the service makes one)", "ID");
  AddText(add, "--user", &arguments->user_id, "Whom it belongs to", "ID");
}

void AddUpdate(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<EntryArguments>();
  CLI::App* update = command.Add(
      parent, "update", "Replace the data of an entry",
      {R"(collections update food burger '{"name":"Cheese Burger"}')"},
      [arguments](FeedTool& tool) {
        const auto data = tool.ReadJson("data", arguments->data);
        if (!data.ok()) return tool.Fail(data.status());
        return tool.Call<feed::CollectionAnswer>(
            [&](feed::FeedClient& client, auto done) {
              return client.collections().Update(
                  arguments->collection, arguments->id, *data, std::move(done));
            },
            &FormatEntry);
      });
  AddNeeded(update, "collection", &arguments->collection, kName);
  AddNeeded(update, "id", &arguments->id, "Id of the entry");
  AddNeeded(update, "data", &arguments->data, kData);
}

struct IdsArguments {
  std::string collection;
  std::vector<std::string> ids;
};

void AddGet(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<IdsArguments>();
  CLI::App* get = command.Add(
      parent, "get", "Read one entry, or several",
      {"collections get food burger", "collections get food burger pizza"},
      [arguments](FeedTool& tool) {
        if (arguments->ids.size() == 1) {
          return tool.Call<feed::CollectionAnswer>(
              [&](feed::FeedClient& client, auto done) {
                return client.collections().Get(arguments->collection,
                                                arguments->ids.front(),
                                                std::move(done));
              },
              &FormatEntry);
        }
        return tool.Call<feed::CollectionList>(
            [&](feed::FeedClient& client, auto done) {
              return client.collections().Select(
                  arguments->collection, arguments->ids, std::move(done));
            },
            &FormatEntries);
      });
  AddNeeded(get, "collection", &arguments->collection, kName);
  AddNeeded(get, "ids", &arguments->ids, "Ids of the entries");
}

void AddSelect(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<IdsArguments>();
  CLI::App* select = command.Add(
      parent, "select", "Read the entries there are of some",
      {"collections select food burger pizza"}, [arguments](FeedTool& tool) {
        return tool.Call<feed::CollectionList>(
            [&](feed::FeedClient& client, auto done) {
              return client.collections().Select(
                  arguments->collection, arguments->ids, std::move(done));
            },
            &FormatEntries);
      });
  AddNeeded(select, "collection", &arguments->collection, kName);
  AddNeeded(select, "ids", &arguments->ids, "Ids of the entries");
}

void AddDelete(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<IdsArguments>();
  CLI::App* remove = command.Add(
      parent, "delete", "Delete one entry, or several",
      {"collections delete food burger",
       "collections delete food burger pizza"},
      [arguments](FeedTool& tool) {
        return tool.Call<feed::FeedAnswer>(
            [&](feed::FeedClient& client, auto done) {
              feed::Collections collections = client.collections();
              return arguments->ids.size() == 1
                         ? collections.Delete(arguments->collection,
                                              arguments->ids.front(),
                                              std::move(done))
                         : collections.DeleteMany(arguments->collection,
                                                  arguments->ids,
                                                  std::move(done));
            },
            [&](const feed::FeedAnswer&) {
              return absl::StrCat(
                  "deleted ", arguments->ids.size(),
                  arguments->ids.size() == 1 ? " entry\n" : " entries\n");
            });
      });
  AddNeeded(remove, "collection", &arguments->collection, kName);
  AddNeeded(remove, "ids", &arguments->ids, "Ids of the entries");
}

void AddUpsert(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<EntryArguments>();
  CLI::App* upsert = command.Add(
      parent, "upsert", "Add or replace many entries at once",
      {R"(collections upsert food '[{"id":"burger","name":"Burger"}]')"},
      [arguments](FeedTool& tool) {
        const auto entries = tool.ReadArray("entries", arguments->data);
        if (!entries.ok()) return tool.Fail(entries.status());
        return tool.Call<feed::FeedAnswer>(
            [&](feed::FeedClient& client, auto done) {
              return client.collections().Upsert(arguments->collection,
                                                 *entries, std::move(done));
            },
            [&](const feed::FeedAnswer&) {
              return absl::StrCat(
                  "stored ", entries->size(),
                  entries->size() == 1 ? " entry\n" : " entries\n");
            });
      });
  AddNeeded(upsert, "collection", &arguments->collection, kName);
  AddNeeded(upsert, "entries", &arguments->data,
            "Array of objects with an id: JSON, @FILE, or - for the standard "
            "input");
}

}  // namespace

void AddFeedCollectionCommands(CLI::App& parent, const FeedCommand& command) {
  CLI::App* collections =
      AddGroup(parent, "collections", "Objects that activities refer to");
  AddAdd(*collections, command);
  AddGet(*collections, command);
  AddSelect(*collections, command);
  AddUpdate(*collections, command);
  AddUpsert(*collections, command);
  AddDelete(*collections, command);
}

}  // namespace sluice
