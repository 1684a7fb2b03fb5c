// Objects in collections.
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

constexpr size_t kMaxObjects = 1000;

std::string NameOf(std::string_view collection, std::string_view id) {
  return absl::StrCat(ToAbsl(collection), ":", ToAbsl(id));
}

HttpResponse NoObject(std::string_view name) {
  return DoesNotExist(
      absl::StrCat("collection object \"", ToAbsl(name), "\" does not exist"));
}

// The data of a body; it must have something in it. Null: `errors` says so.
const json::object* DataOf(const json::object& body, FieldErrors& errors) {
  const json::object* data = ObjectMember(body, "data");
  if (data != nullptr && !data->empty()) return data;
  errors.emplace_back("data", "must be an object with at least one field");
  return nullptr;
}

// Users change and delete what they made.
bool IsOwn(const FeedCall& call, const FeedObject& object) {
  return call.is_server() || call.user == object.creator;
}

// What every object of an upsert must be. Nullopt: fine.
std::optional<HttpResponse> CheckUpsert(const json::object& collections) {
  size_t objects = 0;
  for (const auto& [name, list] : collections) {
    if (!IsFeedPart(name) || !list.is_array()) {
      return InputError({{"data", "must be lists of objects by collection"}});
    }
    for (const json::value& each : list.get_array()) {
      if (!each.is_object() ||
          !IsFeedPart(TextMember(each.get_object(), "id"))) {
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
  const json::value body = ParseBody(call.request.body);
  if (!body.is_object()) return InputError("the body must be a JSON object");
  const json::object& object = body.get_object();
  FieldErrors errors;
  const json::object* data = DataOf(object, errors);
  std::string id = TextMember(object, "id");
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
      call.is_server() ? TextMember(object, "user_id") : call.user;
  return FeedAnswer(201, JsonText(service.collections
                                      .Put(collection, id, creator, *data,
                                           service.NextMicros())
                                      .ToJson()));
}

HttpResponse GetObject(FeedService& service, const FeedCall& call) {
  const std::string name = NameOf(call.values[0], call.values[1]);
  const FeedObject* object = service.collections.Find(name);
  if (object == nullptr) return NoObject(name);
  return FeedAnswer(200, JsonText(object->ToJson()));
}

HttpResponse UpdateObject(FeedService& service, const FeedCall& call) {
  const std::string name = NameOf(call.values[0], call.values[1]);
  const json::value body = ParseBody(call.request.body);
  if (!body.is_object()) return InputError("the body must be a JSON object");
  FieldErrors errors;
  const json::object* data = DataOf(body.get_object(), errors);
  if (body.get_object().contains("id")) {
    errors.emplace_back("id", "this field cannot be changed");
  }
  if (!errors.empty()) return InputError(errors);
  const FeedObject* object = service.collections.Find(name);
  if (object == nullptr) return NoObject(name);
  if (!IsOwn(call, *object)) return NoPolicy();
  return FeedAnswer(201, JsonText(service.collections
                                      .Put(call.values[0], call.values[1], {},
                                           *data, service.NextMicros())
                                      .ToJson()));
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
  const json::value body = ParseBody(call.request.body);
  const json::object* collections =
      body.is_object() ? ObjectMember(body.get_object(), "data") : nullptr;
  if (collections == nullptr) {
    return InputError({{"data", "must be lists of objects by collection"}});
  }
  if (auto refusal = CheckUpsert(*collections)) return *std::move(refusal);
  for (const auto& [name, list] : *collections) {
    for (const json::value& each : list.get_array()) {
      // What is kept is the whole object, with its id.
      service.collections.Put(name, TextMember(each.get_object(), "id"), {},
                              each.get_object(), service.NextMicros());
    }
  }
  return FeedAnswer(201, JsonText(json::object{{"data", *collections}}));
}

HttpResponse SelectObjects(FeedService& service, const FeedCall& call) {
  json::array found;
  for (const std::string& name : call.List("foreign_ids")) {
    if (const FeedObject* object = service.collections.Find(name)) {
      found.push_back(object->ToJson());
    }
  }
  return FeedAnswer(
      200, JsonText(json::object{
               {"response", json::object{{"data", std::move(found)}}}}));
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
