// A local feed service: flat feeds of Stream's API v1.0 with ids, targets,
// follows and errors as the service has them. Without reactions, users,
// collections, and aggregated and notification feeds.
//
// Facts: stream-python 5.3.1, stream-js 8.14.0, stream-go2 8.9.0, stream-net
// 7.4.0 and https://getstream.io/activity-feeds/docs/.
#ifndef TOOLS_SANDBOX_FEED_FEED_EMULATOR_H_
#define TOOLS_SANDBOX_FEED_FEED_EMULATOR_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "boost/json/fwd.hpp"
#include "tools/sandbox/emulator.h"
#include "tools/sandbox/feed/feed_access.h"
#include "tools/sandbox/feed/feed_activity.h"
#include "tools/sandbox/feed/feed_limits.h"
#include "tools/sandbox/feed/feed_store.h"
#include "tools/sandbox/ledger.h"

namespace sluice::sandbox {

struct FeedOptions {
  std::string api_key = "sandbox_key";
  std::string api_secret = "sandbox_secret_0123456789abcdef0123456789";
  std::string app_id = "1";
  // Feed groups (the part before the colon) that exist; empty: any.
  std::vector<std::string> groups;
  size_t max_batch = 100;                // activities per request
  size_t max_activity_bytes = 10 << 10;  // of its JSON
  size_t max_request_bytes = 128 << 10;
  // The service's own limits: 1000 additions a minute, and so on.
  bool rate_limits = false;
  double rate_limit_factor = 1;
};

// Paths on its port: /api/v1.0/... and pages at /pages/.
class FeedEmulator final : public Emulator {
 public:
  // `ledger` outlives it. Activities count there when they are added to the
  // feed they are sent to; the event's id is what follows the last ':' of the
  // foreign id, and the place is the feed. Copies in `to` feeds and with
  // followers are not counted.
  FeedEmulator(FeedOptions options, Ledger* ledger);

  std::string_view name() const override { return "feed"; }
  void Start(std::string base_url, Executor* executor) override;
  void Handle(HttpServerRequest request,
              std::shared_ptr<HttpResponder> responder) override;
  HttpResponse FaultAnswer(const Fault& fault) override;
  // {"base_url", "api_key", "api_secret", "app_id", "pages"}
  std::string ReadyJson() override;
  // {"requests", "batches", "activities_received", "repeated", "activities",
  // "feeds", "rate_limited", "refused"}
  std::string StatusJson() override;
  std::vector<Page> Pages() override;

  const FeedStore& store() const { return store_; }

 private:
  // A request with its path in decoded parts, without /api/v1.0.
  struct Call {
    const HttpServerRequest& request;
    std::vector<std::string> parts;
    std::vector<std::pair<std::string, std::string>> parameters;
    std::string feed;  // "user:1" of paths that name one

    // Empty when absent.
    std::string_view Parameter(std::string_view name) const;
    bool Flag(std::string_view name) const;
  };
  using Handler = HttpResponse (FeedEmulator::*)(const Call&);
  // What a path and method stand for.
  struct Route {
    FeedCall kind;
    std::string_view resource;
    std::string_view action;
    Handler handler;
  };

  HttpResponse Answer(const HttpServerRequest& request);
  // Also sets call.feed. Nullopt: no such path.
  std::optional<Route> FindRoute(Call& call) const;
  std::optional<Route> FeedRoute(const Call& call) const;
  std::optional<HttpResponse> CheckGroups(
      const std::vector<std::string>& feeds) const;

  HttpResponse AddActivities(const Call& call);
  HttpResponse AddBatch(const Call& call, const boost::json::array& list);
  HttpResponse AddToMany(const Call& call);
  HttpResponse ReadFeed(const Call& call);
  HttpResponse RemoveActivity(const Call& call);
  HttpResponse Follow(const Call& call);
  HttpResponse FollowMany(const Call& call);
  HttpResponse Unfollow(const Call& call);
  HttpResponse UnfollowMany(const Call& call);
  HttpResponse ReadFollowing(const Call& call);
  HttpResponse ReadFollowers(const Call& call);
  HttpResponse FollowStats(const Call& call);
  HttpResponse GetActivities(const Call& call);
  HttpResponse UpdateActivities(const Call& call);
  HttpResponse ChangeActivities(const Call& call);
  HttpResponse ChangeTargets(const Call& call);

  HttpResponse Relations(const Call& call,
                         const std::vector<FeedRelation>& relations,
                         bool by_target) const;
  // The activity that a change names by id, or by foreign id and time.
  const FeedActivity* FindNamed(const boost::json::object& change) const;
  void Record(std::string_view feed, const FeedActivity& activity, bool is_new);
  // Microseconds of the server's clock, a later one at each call.
  int64_t NextMicros();

  const FeedOptions options_;
  Ledger* const ledger_;
  FeedStore store_;
  FeedAccess access_;
  FeedLimits limits_;
  std::string base_url_;
  Executor* executor_ = nullptr;
  int64_t last_micros_ = 0;

  int64_t requests_ = 0;
  int64_t batches_ = 0;
  int64_t received_ = 0;
  int64_t repeated_ = 0;
  int64_t rate_limited_ = 0;
  int64_t refused_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_EMULATOR_H_
