#include "tools/sandbox/feed/feed_collections.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_users.h"

namespace sluice::sandbox {

JsonObjectText FeedObject::ToJson() const {
  return JsonObjectText()
      .AddString("id", id)
      .AddString("collection", collection)
      .AddString("foreign_id", absl::StrCat(collection, ":", id))
      .Add("data", data)
      .AddString("created_at", FormatObjectTime(created_micros))
      .AddString("updated_at", FormatObjectTime(updated_micros));
}

const FeedObject* FeedCollections::Find(std::string_view name) const {
  const auto found = objects_.find(ToAbsl(name));
  return found == objects_.end() ? nullptr : &found->second;
}

const FeedObject& FeedCollections::Put(std::string_view collection,
                                       std::string_view id,
                                       std::string_view creator,
                                       std::string data, int64_t now_micros) {
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
