// Users.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr size_t kMaxIdBytes = 255;
constexpr size_t kMaxUsers = 100;

struct UserInput {
  std::string id;
  json::object data;
};

// "id" and "data" of a body. Nullopt: `errors` says why.
std::optional<UserInput> ReadUser(const json::value& input, bool needs_id,
                                  FieldErrors& errors) {
  if (!input.is_object()) {
    errors.emplace_back("user", "must be an object");
    return std::nullopt;
  }
  const json::object& object = input.get_object();
  UserInput user{.id = TextMember(object, "id")};
  if (needs_id && (user.id.empty() || user.id.size() > kMaxIdBytes)) {
    errors.emplace_back("id", "must be a text of 1 to 255 bytes");
  }
  const json::value* data = object.if_contains("data");
  if (data != nullptr && data->is_object()) {
    user.data = data->get_object();
  } else if (data != nullptr && !data->is_null()) {
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
                     json::object& user) {
  const auto followers = service.feeds.Followers("user:" + id);
  user["followers_count"] = std::count_if(
      followers.begin(), followers.end(), [](const FeedRelation& relation) {
        return relation.feed.starts_with("timeline:");
      });
  const auto following = service.feeds.Following("timeline:" + id);
  user["following_count"] = std::count_if(
      following.begin(), following.end(), [](const FeedRelation& relation) {
        return relation.target.starts_with("user:");
      });
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
  return FeedAnswer(201, JsonText(there->ToJson()));
}

HttpResponse GetUser(FeedService& service, const FeedCall& call) {
  const std::string& id = call.values[0];
  const FeedUser* user = service.users.Find(id);
  if (user == nullptr) return NoUser(id);
  json::object answer = user->ToJson();
  if (call.Flag("with_follow_counts")) AddFollowCounts(service, id, answer);
  return FeedAnswer(200, JsonText(answer));
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
  return FeedAnswer(201, JsonText(changed.ToJson()));
}

HttpResponse DeleteUser(FeedService& service, const FeedCall& call) {
  const std::string& id = call.values[0];
  if (!IsSelf(call, id)) return NoPolicy();
  if (!service.users.Remove(id)) return NoUser(id);
  return FeedAnswer(200, "{}");
}

HttpResponse AddUsers(FeedService& service, const FeedCall& call) {
  const json::value body = ParseBody(call.request.body);
  const json::array* list =
      body.is_object() ? ArrayMember(body.get_object(), "users") : nullptr;
  if (list == nullptr || list->size() > kMaxUsers) {
    return InputError({{"users", "must be a list of at most 100 users"}});
  }
  std::vector<UserInput> users;
  for (const json::value& each : *list) {
    FieldErrors errors;
    auto user = ReadUser(each, /*needs_id=*/true, errors);
    if (!user.has_value()) return InputError(errors);
    users.push_back(*std::move(user));
  }
  const json::value* override_them = body.get_object().if_contains("override");
  const bool replaces = override_them != nullptr && override_them->is_bool() &&
                        override_them->get_bool();
  json::array created;
  for (UserInput& user : users) {
    const FeedUser* there = service.users.Find(user.id);
    if (there == nullptr || replaces) {
      there = &service.users.Put(user.id, std::move(user.data),
                                 service.NextMicros());
    }
    created.push_back(there->ToJson());
  }
  return FeedAnswer(
      201, JsonText(json::object{{"created_users", std::move(created)}}));
}

HttpResponse GetUsers(FeedService& service, const FeedCall& call) {
  json::array users;
  for (const std::string& id : call.List("ids")) {
    if (const FeedUser* user = service.users.Find(id)) {
      users.push_back(user->ToJson());
    }
  }
  return FeedAnswer(200, JsonText(json::object{{"users", std::move(users)}}));
}

HttpResponse DeleteUsers(FeedService& service, const FeedCall& call) {
  json::array deleted;
  for (const std::string& id : call.List("ids")) {
    if (service.users.Remove(id)) deleted.emplace_back(id);
  }
  return FeedAnswer(
      200, JsonText(json::object{{"deleted_user_ids", std::move(deleted)}}));
}

}  // namespace sluice::sandbox
