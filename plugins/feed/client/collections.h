// Collections: objects beside the feeds, which activities refer to.
#ifndef PLUGINS_FEED_CLIENT_COLLECTIONS_H_
#define PLUGINS_FEED_CLIENT_COLLECTIONS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/feed/client/feed_connection.h"
#include "plugins/feed/client/feed_results.h"

namespace sluice::feed {

// Calls about the entries of collections. `data` is a JSON object that goes
// through byte for byte. Names of collections and ids of entries are one or
// more of A-Z a-z 0-9 _ -. Handles, threads and errors as in feeds.h.
//
// Source: stream-python 5.3.1 stream/collections/collections.py.
class Collections {
 public:
  explicit Collections(FeedConnection* connection) : connection_(connection) {}

  // What an activity holds to refer to an entry: "SO:food:1".
  static std::string Reference(std::string_view collection,
                               std::string_view id);

  // `id` empty: the service makes one. `user_id` empty: it belongs to nobody.
  //   kAlreadyExists: there is one.
  std::unique_ptr<HttpCall> Add(std::string_view collection,
                                std::string_view data, std::string_view id,
                                std::string_view user_id,
                                FeedDone<CollectionAnswer> done);
  std::unique_ptr<HttpCall> Get(std::string_view collection,
                                std::string_view id,
                                FeedDone<CollectionAnswer> done);
  // Replaces the data.
  std::unique_ptr<HttpCall> Update(std::string_view collection,
                                   std::string_view id, std::string_view data,
                                   FeedDone<CollectionAnswer> done);
  std::unique_ptr<HttpCall> Delete(std::string_view collection,
                                   std::string_view id,
                                   FeedDone<FeedAnswer> done);

  // Adds entries or replaces them; each is a JSON object with an `id`.
  std::unique_ptr<HttpCall> Upsert(std::string_view collection,
                                   const std::vector<std::string>& entries,
                                   FeedDone<FeedAnswer> done);
  // Unknown ones are left out of the result.
  std::unique_ptr<HttpCall> Select(std::string_view collection,
                                   const std::vector<std::string>& ids,
                                   FeedDone<CollectionList> done);
  std::unique_ptr<HttpCall> DeleteMany(std::string_view collection,
                                       const std::vector<std::string>& ids,
                                       FeedDone<FeedAnswer> done);

 private:
  FeedConnection* connection_;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_COLLECTIONS_H_
