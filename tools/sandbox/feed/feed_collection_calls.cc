// Objects in collections.
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/json/json_object_text.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_service.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kMaxObjects = 1000;

std::string NameOf(std::string_view collection, std::string_view id) {
  return absl::StrCat(ToAbsl(collection), ":", ToAbsl(id));
}

HttpResponse NoObject(std::string_view name) {
  return DoesNotExist(
      absl::StrCat("collection object \"", ToAbsl(name), "\" does not exist"));
}

// The data of a body; it must have something in it. Empty: `errors` says so.
std::string DataOf(const JsonView& body, FieldErrors& errors) {
  const std::optional<JsonView> data = ObjectMember(body, "data");
  if (data.has_value() && !data->members().empty()) {
    return std::string(data->text());
  }
  errors.emplace_back("data", "must be an object with at least one field");
  return "";
}

// Users change and delete what they made.
bool IsOwn(const FeedCall& call, const FeedObject& object) {
  return call.is_server() || call.user == object.creator;
}

// What every object of an upsert must be. Nullopt: fine.
std::optional<HttpResponse> CheckUpsert(const JsonView& collections) {
  size_t objects = 0;
  for (const auto& [name, list] : collections.members()) {
    if (!IsFeedPart(name) || !list.is_array()) {
      return InputError({{"data", "must be lists of objects by collection"}});
    }
    for (const JsonView& each : list.elements()) {
      if (!each.is_object() || !IsFeedPart(TextMember(each, "id"))) {
        return InputError(
            {{"id", "must consist of letters, digits, '_' and '-'"}});
      }
      if (++objects > kMaxObjects) {
        return InputError({{"data", "must have at most 1000 objects"}});
      }
    }
  }
  return std::nullopt;
}

}  // namespace

HttpResponse AddObject(FeedService& service, const FeedCall& call) {
  const std::string& collection = call.values[0];
  const std::optional<JsonView> body = ParseObjectBody(call.request.body);
  if (!body.has_value()) return InputError("the body must be a JSON object");
  FieldErrors errors;
  std::string data = DataOf(*body, errors);
  std::string id = TextMember(*body, "id");
  if (!id.empty() && !IsFeedPart(id)) {
    errors.emplace_back("id", "must consist of letters, digits, '_' and '-'");
  }
  if (!errors.empty()) return InputError(errors);
  if (!IsFeedPart(collection)) {
    return InputError({{"collection", "must be a name of letters and digits"}});
  }
  if (id.empty()) id = service.NewId("object");
  if (service.collections.Find(NameOf(collection, id)) != nullptr) {
    return Conflict(absl::StrCat("collection object \"", NameOf(collection, id),
                                 "\" already exists"));
  }
  const std::string creator =
      call.is_server() ? TextMember(*body, "user_id") : call.user;
  const FeedObject& added = service.collections.Put(
      collection, id, creator, std::move(data), service.NextMicros());
  return FeedAnswer(201, added.ToJson().text());
}

HttpResponse GetObject(FeedService& service, const FeedCall& call) {
  const std::string name = NameOf(call.values[0], call.values[1]);
  const FeedObject* object = service.collections.Find(name);
  if (object == nullptr) return NoObject(name);
  return FeedAnswer(200, object->ToJson().text());
}

HttpResponse UpdateObject(FeedService& service, const FeedCall& call) {
  const std::string name = NameOf(call.values[0], call.values[1]);
  const std::optional<JsonView> body = ParseObjectBody(call.request.body);
  if (!body.has_value()) return InputError("the body must be a JSON object");
  FieldErrors errors;
  std::string data = DataOf(*body, errors);
  if (body->Find("id").has_value()) {
    errors.emplace_back("id", "this field cannot be changed");
  }
  if (!errors.empty()) return InputError(errors);
  const FeedObject* object = service.collections.Find(name);
  if (object == nullptr) return NoObject(name);
  if (!IsOwn(call, *object)) return NoPolicy();
  const FeedObject& changed =
      service.collections.Put(call.values[0], call.values[1], {},
                              std::move(data), service.NextMicros());
  return FeedAnswer(201, changed.ToJson().text());
}

HttpResponse DeleteObject(FeedService& service, const FeedCall& call) {
  const std::string name = NameOf(call.values[0], call.values[1]);
  const FeedObject* object = service.collections.Find(name);
  if (object == nullptr) return NoObject(name);
  if (!IsOwn(call, *object)) return NoPolicy();
  service.collections.Remove(name);
  return FeedAnswer(200, "{}");
}

HttpResponse UpsertObjects(FeedService& service, const FeedCall& call) {
  const std::optional<JsonView> body = ParseObjectBody(call.request.body);
  const auto collections =
      body.has_value() ? ObjectMember(*body, "data") : std::nullopt;
  if (!collections.has_value()) {
    return InputError({{"data", "must be lists of objects by collection"}});
  }
  if (auto refusal = CheckUpsert(*collections)) return *std::move(refusal);
  for (const auto& [name, list] : collections->members()) {
    for (const JsonView& each : list.elements()) {
      // What is kept is the whole object, with its id.
      service.collections.Put(name, TextMember(each, "id"), {},
                              std::string(each.text()), service.NextMicros());
    }
  }
  return FeedAnswer(201,
                    JsonObjectText().Add("data", collections->text()).text());
}

HttpResponse SelectObjects(FeedService& service, const FeedCall& call) {
  std::vector<std::string> found;
  for (const std::string& name : call.List("foreign_ids")) {
    if (const FeedObject* object = service.collections.Find(name)) {
      found.push_back(object->ToJson().text());
    }
  }
  const std::string data =
      JsonObjectText().Add("data", JsonArrayOf(found)).text();
  return FeedAnswer(200, JsonObjectText().Add("response", data).text());
}

HttpResponse DeleteObjects(FeedService& service, const FeedCall& call) {
  const std::string_view collection = call.Parameter("collection_name");
  if (collection.empty()) {
    return InputError({{"collection_name", "this field is required"}});
  }
  for (const std::string& id : call.List("ids")) {
    service.collections.Remove(NameOf(collection, id));
  }
  return FeedAnswer(200, "{}");
}

}  // namespace sluice::sandbox
