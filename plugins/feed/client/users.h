// Users of an application, for references in activities and for reactions.
#ifndef PLUGINS_FEED_CLIENT_USERS_H_
#define PLUGINS_FEED_CLIENT_USERS_H_

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "plugins/feed/client/feed_connection.h"
#include "plugins/feed/client/feed_results.h"

namespace sluice::feed {

struct NewUser {
  std::string id;
  // A JSON object.
  std::string data = "{}";
};

// Calls about users. `data` is a JSON object that goes through byte for byte;
// empty: none. Handles, threads and errors as in feeds.h.
//
// Sources: stream-python 5.3.1 stream/users/user.py; for many at once
// stream-js 8.14.0 src/batch_operations.ts.
class Users {
 public:
  explicit Users(FeedConnection* connection) : connection_(connection) {}

  // What an activity holds to refer to the user: "SU:bob".
  static std::string Reference(std::string_view user_id);

  //   kAlreadyExists: there is one, and not `get_or_create`.
  std::unique_ptr<HttpCall> Add(std::string_view user_id, std::string_view data,
                                bool get_or_create, FeedDone<UserAnswer> done);
  std::unique_ptr<HttpCall> Get(std::string_view user_id,
                                bool with_follow_counts,
                                FeedDone<UserAnswer> done);
  // Replaces the data.
  std::unique_ptr<HttpCall> Update(std::string_view user_id,
                                   std::string_view data,
                                   FeedDone<UserAnswer> done);
  std::unique_ptr<HttpCall> Delete(std::string_view user_id,
                                   FeedDone<FeedAnswer> done);

  // Those that exist stay as they are, unless `override_existing`.
  std::unique_ptr<HttpCall> AddMany(const std::vector<NewUser>& users,
                                    bool override_existing,
                                    FeedDone<UserList> done);
  // Unknown ones are left out of the result.
  std::unique_ptr<HttpCall> GetMany(const std::vector<std::string>& user_ids,
                                    FeedDone<UserList> done);
  std::unique_ptr<HttpCall> DeleteMany(const std::vector<std::string>& user_ids,
                                       FeedDone<FeedAnswer> done);

 private:
  FeedConnection* connection_;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_USERS_H_
