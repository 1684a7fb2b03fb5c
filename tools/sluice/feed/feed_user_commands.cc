// `sluice feed users ...`.
#include <memory>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_view.h"
#include "plugins/feed/client/arguments.h"
#include "storage/base/status_macros.h"
#include "tools/sluice/feed/feed_tables.h"
#include "tools/sluice/feed/feed_tool.h"
#include "tools/sluice/output.h"

namespace sluice {
namespace {

std::string FormatUser(const feed::UserAnswer& answer) {
  return FormatMembers(answer.json);
}

struct UserArguments {
  std::string id;
  std::string data;
  bool flag = false;
};

void AddAdd(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<UserArguments>();
  CLI::App* add = command.Add(
      parent, "add", "Add a user",
      {"users add bob", R"(users add bob --data '{"name":"Bob"}')",
       "users add bob --get-or-create"},
      [arguments](FeedTool& tool) {
        return tool.Call<feed::UserAnswer>(
            [&](feed::FeedClient& client, auto done) {
              return client.users().Add(arguments->id, arguments->data,
                                        arguments->flag, std::move(done));
            },
            &FormatUser);
      });
  AddNeeded(add, "id", &arguments->id, "Id of the user");
  AddText(add, "--data", &arguments->data, "A JSON object of one's own",
          "JSON");
  AddFlag(add, "--get-or-create", &arguments->flag,
          "One that exists is no error, and stays as it is");
}

void AddUpdate(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<UserArguments>();
  CLI::App* update = command.Add(
      parent, "update", "Replace the data of a user",
      {R"(users update bob '{"name":"Robert"}')"}, [arguments](FeedTool& tool) {
        const auto data = tool.ReadJson("data", arguments->data);
        if (!data.ok()) return tool.Fail(data.status());
        return tool.Call<feed::UserAnswer>(
            [&](feed::FeedClient& client, auto done) {
              return client.users().Update(arguments->id, *data,
                                           std::move(done));
            },
            &FormatUser);
      });
  AddNeeded(update, "id", &arguments->id, "Id of the user");
  AddNeeded(update, "data", &arguments->data,
            "The new data: JSON, @FILE, or - for the standard input");
}

void AddGet(CLI::App& parent, const FeedCommand& command) {
  auto ids = std::make_shared<std::vector<std::string>>();
  auto counts = std::make_shared<bool>(false);
  CLI::App* get = command.Add(
      parent, "get", "Read one user, or several",
      {"users get bob", "users get bob --follow-counts", "users get bob alice"},
      [ids, counts](FeedTool& tool) {
        if (ids->size() == 1) {
          return tool.Call<feed::UserAnswer>(
              [&](feed::FeedClient& client, auto done) {
                return client.users().Get(ids->front(), *counts,
                                          std::move(done));
              },
              &FormatUser);
        }
        if (*counts) {
          return tool.Fail(feed::ArgumentError(
              "--follow-counts", "is for one user, and there are several"));
        }
        return tool.Call<feed::UserList>(
            [&](feed::FeedClient& client, auto done) {
              return client.users().GetMany(*ids, std::move(done));
            },
            &FormatUsers);
      });
  AddNeeded(get, "ids", ids.get(), "Ids of the users");
  AddFlag(get, "--follow-counts", counts.get(),
          "How many follow the user, and how many the user follows");
}

void AddDelete(CLI::App& parent, const FeedCommand& command) {
  auto ids = std::make_shared<std::vector<std::string>>();
  CLI::App* remove = command.Add(
      parent, "delete", "Delete one user, or several",
      {"users delete bob", "users delete bob alice"}, [ids](FeedTool& tool) {
        return tool.Call<feed::FeedAnswer>(
            [&](feed::FeedClient& client, auto done) {
              feed::Users users = client.users();
              return ids->size() == 1
                         ? users.Delete(ids->front(), std::move(done))
                         : users.DeleteMany(*ids, std::move(done));
            },
            [&](const feed::FeedAnswer&) {
              return absl::StrCat("deleted ", Count(ids->size(), "user"), "\n");
            });
      });
  AddNeeded(remove, "ids", ids.get(), "Ids of the users");
}

// [{"id": "bob", "data": {..}}]
absl::StatusOr<std::vector<feed::NewUser>> ReadUsers(
    const std::vector<std::string>& texts) {
  std::vector<feed::NewUser> users;
  for (size_t i = 0; i < texts.size(); ++i) {
    SLUICE_ASSIGN_OR_RETURN(
        const JsonView object,
        feed::ParseObject(absl::StrCat("users[", i, "]"), texts[i]));
    feed::NewUser user;
    if (const auto id = object.Find("id"))
      user.id = id->AsString().value_or("");
    if (const auto data = object.Find("data")) user.data = data->text();
    users.push_back(std::move(user));
  }
  return users;
}

int RunAddMany(FeedTool& tool, const UserArguments& arguments) {
  const auto texts = tool.ReadArray("users", arguments.data);
  if (!texts.ok()) return tool.Fail(texts.status());
  const auto users = ReadUsers(*texts);
  if (!users.ok()) return tool.Fail(users.status());
  return tool.Call<feed::UserList>(
      [&](feed::FeedClient& client, auto done) {
        return client.users().AddMany(*users, arguments.flag, std::move(done));
      },
      &FormatUsers);
}

void AddAddMany(CLI::App& parent, const FeedCommand& command) {
  auto arguments = std::make_shared<UserArguments>();
  CLI::App* add = command.Add(
      parent, "add-many", "Add many users at once",
      {R"(users add-many '[{"id":"bob","data":{"name":"Bob"}}]' --override)"},
      [arguments](FeedTool& tool) { return RunAddMany(tool, *arguments); });
  AddNeeded(add, "users", &arguments->data,
            "Array of {id, data}: JSON, @FILE, or - for the standard input");
  AddFlag(add, "--override", &arguments->flag, "Replace those that exist");
}

}  // namespace

void AddFeedUserCommands(CLI::App& parent, const FeedCommand& command) {
  CLI::App* users = AddGroup(parent, "users", "Users that activities refer to");
  AddAdd(*users, command);
  AddGet(*users, command);
  AddUpdate(*users, command);
  AddDelete(*users, command);
  AddAddMany(*users, command);
}

}  // namespace sluice
