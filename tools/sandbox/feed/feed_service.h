// What the calls of the emulated feed service work on.
#ifndef TOOLS_SANDBOX_FEED_FEED_SERVICE_H_
#define TOOLS_SANDBOX_FEED_FEED_SERVICE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "pipeline/executor/executor.h"
#include "tools/sandbox/feed/feed_activity.h"
#include "tools/sandbox/feed/feed_collections.h"
#include "tools/sandbox/feed/feed_groups.h"
#include "tools/sandbox/feed/feed_reactions.h"
#include "tools/sandbox/feed/feed_store.h"
#include "tools/sandbox/feed/feed_users.h"
#include "tools/sandbox/ledger.h"

namespace sluice::sandbox {

struct FeedOptions {
  std::string api_key = "sandbox_key";
  std::string api_secret = "sandbox_secret_0123456789abcdef0123456789";
  std::string app_id = "1";
  std::vector<FeedGroup> groups = StandardFeedGroups();
  // No other groups than these exist; otherwise all others are flat.
  bool only_these_groups = false;
  // Custom fields may have the service's own names.
  bool reserved_names = false;
  size_t max_batch = 100;                // activities per request
  size_t max_activity_bytes = 10 << 10;  // of its JSON
  size_t max_request_bytes = 128 << 10;
  // The service's own limits: 1000 additions a minute, and so on.
  bool rate_limits = false;
  double rate_limit_factor = 1;
};

struct FeedCounts {
  int64_t requests = 0;
  int64_t batches = 0;
  int64_t received = 0;
  int64_t repeated = 0;
  int64_t rate_limited = 0;
  int64_t refused = 0;
  int64_t engagements = 0;
  int64_t impressions = 0;
  int64_t redirects = 0;
};

// Events of analytics as they came, each a JSON object with its `type`:
// "engagement", "impression" or "redirect".
using AnalyticsEvents = std::deque<std::string>;

// The state of the service. Thread-safety: none.
class FeedService {
 public:
  static constexpr size_t kKeptAnalyticsEvents = 1000;

  // `ledger` outlives it.
  FeedService(FeedOptions options, std::string_view destination,
              Ledger* ledger);
  FeedService(const FeedService&) = delete;
  FeedService& operator=(const FeedService&) = delete;

  const FeedOptions options;
  FeedCounts counts;
  FeedGroups groups;
  FeedStore feeds;
  FeedReactions reactions;
  FeedUsers users;
  FeedCollections collections;
  AnalyticsEvents analytics;  // the latest
  std::string base_url;       // "http://127.0.0.1:8082"
  Executor* executor = nullptr;

  // Makes a call. One that is refused leaves no trace, in the clock either.
  HttpResponse Do(absl::FunctionRef<HttpResponse()> call);

  // Microseconds of the server's clock, a later one at each call.
  int64_t NextMicros();
  // A UUID that no other call gives.
  std::string NewId(std::string_view kind);

  ActivityRules rules() const {
    return {.max_bytes = options.max_activity_bytes,
            .reserved_names = options.reserved_names};
  }
  // The refusal for the first feed whose group does not exist.
  std::optional<HttpResponse> CheckGroups(
      const std::vector<std::string>& feed_ids) const;

  // Puts an activity into the feed it was sent to, its `to` feeds and those
  // that follow them, and tells the ledger.
  void Add(std::string_view feed, FeedActivity activity);
  void RecordAnalytics(std::string event);

 private:
  const std::string destination_;
  Ledger* const ledger_;
  int64_t last_micros_ = 0;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_FEED_FEED_SERVICE_H_
