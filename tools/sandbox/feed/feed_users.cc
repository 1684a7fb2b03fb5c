#include "tools/sandbox/feed/feed_users.h"

#include <utility>

#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_ids.h"

namespace sluice::sandbox {

JsonObjectText FeedUser::ToJson() const {
  return JsonObjectText()
      .AddString("id", id)
      .Add("data", data)
      .AddString("created_at", FormatObjectTime(created_micros))
      .AddString("updated_at", FormatObjectTime(updated_micros));
}

const FeedUser* FeedUsers::Find(std::string_view id) const {
  const auto found = users_.find(ToAbsl(id));
  return found == users_.end() ? nullptr : &found->second;
}

const FeedUser& FeedUsers::Put(std::string_view id, std::string data,
                               int64_t now_micros) {
  const auto [place, is_new] = users_.try_emplace(ToAbsl(id));
  FeedUser& user = place->second;
  if (is_new) {
    user.id = id;
    user.created_micros = now_micros;
  }
  user.data = std::move(data);
  user.updated_micros = now_micros;
  return user;
}

bool FeedUsers::Remove(std::string_view id) {
  return users_.erase(ToAbsl(id)) > 0;
}

std::string FormatObjectTime(int64_t unix_micros) {
  return FormatActivityTime(unix_micros) + "Z";
}

JsonObjectText ReferenceNotFound(std::string_view id,
                                 std::string_view reference,
                                 std::string_view type) {
  return JsonObjectText()
      .AddString("id", id)
      .AddString("error", "ReferenceNotFound")
      .AddString("reference", reference)
      .AddString("reference_type", type);
}

}  // namespace sluice::sandbox
