// A local feed service: Stream's API v1.0 with its ids, feeds of all kinds,
// follows, reactions, users, collections, permissions and errors. Without
// ranking, realtime, files, moderation and audit logs.
//
// Facts: stream-python 5.3.1, stream-js 8.14.0, stream-go2 8.9.0, stream-net
// 7.4.0 and https://getstream.io/activity-feeds/docs/.
#ifndef TOOLS_SANDBOX_FEED_FEED_EMULATOR_H_
#define TOOLS_SANDBOX_FEED_FEED_EMULATOR_H_

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tools/sandbox/emulator.h"
#include "tools/sandbox/feed/feed_access.h"
#include "tools/sandbox/feed/feed_calls.h"
#include "tools/sandbox/feed/feed_limits.h"
#include "tools/sandbox/feed/feed_routes.h"
#include "tools/sandbox/feed/feed_service.h"
#include "tools/sandbox/ledger.h"

namespace sluice::sandbox {

// Paths on its port: /api/v1.0/..., /analytics/..., /personalization/v1.0/...
// and pages at /pages/.
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
  HttpResponse ErrorAnswer(int status, std::string_view message) override;
  // {"base_url", "api_key", "api_secret", "app_id", "pages"}
  std::string ReadyJson() override;
  // {"requests", "batches", "activities_received", "repeated", "activities",
  // "feeds", "reactions", "users", "objects", "engagements", "impressions",
  // "redirects", "rate_limited", "refused"}
  std::string StatusJson() override;
  std::vector<Page> Pages() override;
  // All but reading; reading a feed with marks changes it too.
  bool Changes(const HttpServerRequest& request) const override;
  // GET /feed/analytics: {"events": [...]}, the latest as they came.
  bool Control(const HttpServerRequest& request,
               const std::shared_ptr<HttpResponder>& responder) override;

  const FeedStore& store() const { return service_.feeds; }

 private:
  // `kind` becomes the kind of call it is, if it is any.
  HttpResponse Answer(const HttpServerRequest& request, FeedCallKind& kind);
  // What is said before a call is made, or nullopt. Fills in `call.user`.
  std::optional<HttpResponse> Refuse(const FeedRoute& route, FeedCall& call);

  FeedService service_;
  FeedAccess access_;
  FeedLimits limits_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_EMULATOR_H_
