// A client for Stream activity feeds (getstream.io, API v1.0), for authors of
// plugins and tools.
#ifndef PLUGINS_FEED_CLIENT_FEED_CLIENT_H_
#define PLUGINS_FEED_CLIENT_FEED_CLIENT_H_

#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "plugins/feed/client/activities.h"
#include "plugins/feed/client/analytics.h"
#include "plugins/feed/client/collections.h"
#include "plugins/feed/client/feed_connection.h"
#include "plugins/feed/client/feed_options.h"
#include "plugins/feed/client/feeds.h"
#include "plugins/feed/client/follows.h"
#include "plugins/feed/client/personalization.h"
#include "plugins/feed/client/reactions.h"
#include "plugins/feed/client/users.h"

namespace sluice::feed {

// Everything the API offers, by resource:
//
//   client->Start(context.http, context.executor);
//   call_ = client->feeds().Get(
//       "user:1", {.limit = 5}, [](absl::StatusOr<FeedPage> page) { ... });
//
// Calls are independent of each other and are never repeated by the client.
// What one hands in is checked before anything is sent. Answers longer than
// FeedClientOptions::max_answer_bytes are refused. Nothing is logged.
//
// Thread-safety: none; used on the executor of its HttpClient, where all
// callbacks run. Outlives the objects it gives and all calls under way.
class FeedClient {
 public:
  // kInvalidArgument: a ConfigError at the option with the mistake.
  static absl::StatusOr<std::unique_ptr<FeedClient>> Create(
      FeedClientOptions options);
  FeedClient(const FeedClient&) = delete;
  FeedClient& operator=(const FeedClient&) = delete;

  // Where requests go; both outlive the client. Before any call that sends.
  void Start(HttpClient* http, Executor* executor) {
    connection_.Start(http, executor);
  }

  const FeedClientOptions& options() const { return connection_.options(); }

  Feeds feeds() { return Feeds(&connection_); }
  Follows follows() { return Follows(&connection_); }
  Activities activities() { return Activities(&connection_); }
  Reactions reactions() { return Reactions(&connection_); }
  Users users() { return Users(&connection_); }
  Collections collections() { return Collections(&connection_); }
  Analytics analytics() { return Analytics(&connection_); }
  Personalization personalization() { return Personalization(&connection_); }

  // Tokens to hand to others (token.h). Nothing is sent.
  absl::StatusOr<std::string> UserToken(
      std::string_view user_id, std::string_view more_claims = {}) const;
  absl::StatusOr<std::string> ReadOnlyToken(std::string_view feed) const;
  absl::StatusOr<std::string> ReadWriteToken(std::string_view feed) const;

 private:
  explicit FeedClient(FeedConnection connection)
      : connection_(std::move(connection)) {}

  FeedConnection connection_;
};

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_FEED_CLIENT_H_
