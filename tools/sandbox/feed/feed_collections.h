// Objects in collections of the emulated feed service.
//
// Facts: stream-python 5.3.1 stream/collections/collections.py, stream-ruby
// 6.0.0 spec/integration_spec.rb, stream-js 8.14.0 src/collections.ts.
#ifndef TOOLS_SANDBOX_FEED_FEED_COLLECTIONS_H_
#define TOOLS_SANDBOX_FEED_FEED_COLLECTIONS_H_

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "pipeline/json/json_object_text.h"

namespace sluice::sandbox {

struct FeedObject {
  std::string collection;
  std::string id;
  std::string creator;  // a user's id; empty: a server's
  std::string data;     // the JSON of an object, as it was written
  int64_t created_micros = 0;
  int64_t updated_micros = 0;

  // {"id", "collection", "foreign_id", "data", "created_at", "updated_at"}
  JsonObjectText ToJson() const;
};

// Thread-safety: none.
class FeedCollections {
 public:
  // Null: there is none. `name` is "collection:id". Pointers hold until the
  // store changes.
  const FeedObject* Find(std::string_view name) const;
  // Makes one, or changes the data of the one that is there; its creator
  // stays.
  const FeedObject& Put(std::string_view collection, std::string_view id,
                        std::string_view creator, std::string data,
                        int64_t now_micros);
  // False: there was none.
  bool Remove(std::string_view name);
  size_t size() const { return objects_.size(); }

 private:
  absl::flat_hash_map<std::string, FeedObject> objects_;  // by "collection:id"
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_COLLECTIONS_H_
