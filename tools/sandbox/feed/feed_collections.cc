#include "tools/sandbox/feed/feed_collections.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_users.h"

namespace sluice::sandbox {

namespace json = boost::json;

json::object FeedObject::ToJson() const {
  return {{"id", id},
          {"collection", collection},
          {"foreign_id", absl::StrCat(collection, ":", id)},
          {"data", data},
          {"created_at", FormatObjectTime(created_micros)},
          {"updated_at", FormatObjectTime(updated_micros)}};
}

const FeedObject* FeedCollections::Find(std::string_view name) const {
  const auto found = objects_.find(ToAbsl(name));
  return found == objects_.end() ? nullptr : &found->second;
}

const FeedObject& FeedCollections::Put(std::string_view collection,
                                       std::string_view id,
                                       std::string_view creator,
                                       json::object data, int64_t now_micros) {
  const auto [place, is_new] =
      objects_.try_emplace(absl::StrCat(ToAbsl(collection), ":", ToAbsl(id)));
  FeedObject& object = place->second;
  if (is_new) {
    object.collection = collection;
    object.id = id;
    object.creator = creator;
    object.created_micros = now_micros;
  }
  object.data = std::move(data);
  object.updated_micros = now_micros;
  return object;
}

bool FeedCollections::Remove(std::string_view name) {
  return objects_.erase(ToAbsl(name)) > 0;
}

}  // namespace sluice::sandbox
