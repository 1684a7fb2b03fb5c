// Users of the emulated feed service, and what every object with a date has in
// common.
//
// Facts: stream-python 5.3.1 stream/users/user.py, stream-swift
// FeedEndpoint.swift (recorded answers).
#ifndef TOOLS_SANDBOX_FEED_FEED_USERS_H_
#define TOOLS_SANDBOX_FEED_FEED_USERS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "pipeline/json/json_object_text.h"

namespace sluice::sandbox {

struct FeedUser {
  std::string id;
  std::string data;  // the JSON of an object, as it was written
  int64_t created_micros = 0;
  int64_t updated_micros = 0;

  // {"id", "data", "created_at", "updated_at"}
  JsonObjectText ToJson() const;
};

// Thread-safety: none.
class FeedUsers {
 public:
  // Null: there is none. Pointers hold until the store changes.
  const FeedUser* Find(std::string_view id) const;
  // Makes one, or changes the data of the one that is there.
  const FeedUser& Put(std::string_view id, std::string data,
                      int64_t now_micros);
  // False: there was none.
  bool Remove(std::string_view id);
  size_t size() const { return users_.size(); }

 private:
  absl::flat_hash_map<std::string, FeedUser> users_;
};

// The time of users, collections and reactions, in UTC with its zone:
// "2018-12-20T15:41:25.181144Z".
std::string FormatObjectTime(int64_t unix_micros);

// What stands in place of something that is referred to and not there:
// {"id", "error": "ReferenceNotFound", "reference", "reference_type"}.
JsonObjectText ReferenceNotFound(std::string_view id,
                                 std::string_view reference,
                                 std::string_view type);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_USERS_H_
