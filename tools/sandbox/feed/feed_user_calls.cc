// Users.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_object_text.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kMaxIdBytes = 255;
constexpr size_t kMaxUsers = 100;

struct UserInput {
  std::string id;
  std::string data = "{}";
};

// "id" and "data" of a body. Nullopt: `errors` says why.
std::optional<UserInput> ReadUser(const std::optional<JsonView>& input,
                                  bool needs_id, FieldErrors& errors) {
  if (!input.has_value() || !input->is_object()) {
    errors.emplace_back("user", "must be an object");
    return std::nullopt;
  }
  UserInput user{.id = TextMember(*input, "id")};
  if (needs_id && (user.id.empty() || user.id.size() > kMaxIdBytes)) {
    errors.emplace_back("id", "must be a text of 1 to 255 bytes");
  }
  const std::optional<JsonView> data = input->Find("data");
  if (data.has_value() && data->is_object()) {
    user.data = data->text();
  } else if (data.has_value() && !data->is_null()) {
    errors.emplace_back("data", "must be an object");
  }
  return errors.empty() ? std::optional(std::move(user)) : std::nullopt;
}

HttpResponse NoUser(std::string_view id) {
  return DoesNotExist(
      absl::StrCat("user with id \"", ToAbsl(id), "\" does not exist"));
}

// Users create, change and delete themselves only.
bool IsSelf(const FeedCall& call, std::string_view id) {
  return call.is_server() || call.user == id;
}

// Who follows whom among people: timeline:X -> user:Y.
void AddFollowCounts(const FeedService& service, const std::string& id,
                     JsonObjectText& user) {
  const auto followers = service.feeds.Followers("user:" + id);
  user.AddInteger("followers_count",
                  std::count_if(followers.begin(), followers.end(),
                                [](const FeedRelation& relation) {
                                  return relation.feed.starts_with("timeline:");
                                }));
  const auto following = service.feeds.Following("timeline:" + id);
  user.AddInteger("following_count",
                  std::count_if(following.begin(), following.end(),
                                [](const FeedRelation& relation) {
                                  return relation.target.starts_with("user:");
                                }));
}

}  // namespace

HttpResponse AddUser(FeedService& service, const FeedCall& call) {
  FieldErrors errors;
  auto user = ReadUser(ParseBody(call.request.body), /*needs_id=*/true, errors);
  if (!user.has_value()) return InputError(errors);
  if (!IsSelf(call, user->id)) return NoPolicy();
  const FeedUser* there = service.users.Find(user->id);
  if (there != nullptr && !call.Flag("get_or_create")) {
    return Conflict(
        absl::StrCat("user with id \"", user->id, "\" already exists"));
  }
  if (there == nullptr) {
    there = &service.users.Put(user->id, std::move(user->data),
                               service.NextMicros());
  }
  return FeedAnswer(201, there->ToJson().text());
}

HttpResponse GetUser(FeedService& service, const FeedCall& call) {
  const std::string& id = call.values[0];
  const FeedUser* user = service.users.Find(id);
  if (user == nullptr) return NoUser(id);
  JsonObjectText answer = user->ToJson();
  if (call.Flag("with_follow_counts")) AddFollowCounts(service, id, answer);
  return FeedAnswer(200, answer.text());
}

HttpResponse UpdateUser(FeedService& service, const FeedCall& call) {
  const std::string& id = call.values[0];
  FieldErrors errors;
  auto user =
      ReadUser(ParseBody(call.request.body), /*needs_id=*/false, errors);
  if (!user.has_value()) return InputError(errors);
  if (!IsSelf(call, id)) return NoPolicy();
  if (service.users.Find(id) == nullptr) return NoUser(id);
  const FeedUser& changed =
      service.users.Put(id, std::move(user->data), service.NextMicros());
  return FeedAnswer(201, changed.ToJson().text());
}

HttpResponse DeleteUser(FeedService& service, const FeedCall& call) {
  const std::string& id = call.values[0];
  if (!IsSelf(call, id)) return NoPolicy();
  if (!service.users.Remove(id)) return NoUser(id);
  return FeedAnswer(200, "{}");
}

HttpResponse AddUsers(FeedService& service, const FeedCall& call) {
  const std::optional<JsonView> body = ParseObjectBody(call.request.body);
  const auto list =
      body.has_value() ? body->FindElements("users") : std::nullopt;
  if (!list.has_value() || list->size() > kMaxUsers) {
    return InputError({{"users", "must be a list of at most 100 users"}});
  }
  std::vector<UserInput> users;
  for (const JsonView& each : *list) {
    FieldErrors errors;
    auto user = ReadUser(each, /*needs_id=*/true, errors);
    if (!user.has_value()) return InputError(errors);
    users.push_back(*std::move(user));
  }
  const bool replaces = FlagMember(*body, "override");
  std::vector<std::string> created;
  for (UserInput& user : users) {
    const FeedUser* there = service.users.Find(user.id);
    if (there == nullptr || replaces) {
      there = &service.users.Put(user.id, std::move(user.data),
                                 service.NextMicros());
    }
    created.push_back(there->ToJson().text());
  }
  return FeedAnswer(
      201, JsonObjectText().Add("created_users", JsonArrayOf(created)).text());
}

HttpResponse GetUsers(FeedService& service, const FeedCall& call) {
  std::vector<std::string> users;
  for (const std::string& id : call.List("ids")) {
    if (const FeedUser* user = service.users.Find(id)) {
      users.push_back(user->ToJson().text());
    }
  }
  return FeedAnswer(200,
                    JsonObjectText().Add("users", JsonArrayOf(users)).text());
}

HttpResponse DeleteUsers(FeedService& service, const FeedCall& call) {
  std::vector<std::string> deleted;
  for (const std::string& id : call.List("ids")) {
    if (service.users.Remove(id)) deleted.push_back(id);
  }
  return FeedAnswer(
      200, JsonObjectText().AddStrings("deleted_user_ids", deleted).text());
}

}  // namespace sluice::sandbox
