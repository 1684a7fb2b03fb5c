// What a service still allows one credential, shared by all who use it.
#ifndef PIPELINE_RATE_RATE_BUDGET_H_
#define PIPELINE_RATE_RATE_BUDGET_H_

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/rate/rate_bucket.h"

namespace sluice {

// Name of the gauge in which a sink tells Share::AllowedPerHour(), for the
// forecast of its backlog.
inline constexpr char kAllowedEventsPerHour[] = "sink_allowed_events_per_hour";

// The rate limit windows of a credential, learned from what the service says
// with each answer ("so many of so many left until then"), and how to stay
// within all of them: the last fifth of a window is spread evenly over what is
// left of it, so requests get slower before the first is refused. As long as no
// answer tells of any, the limits that its user knows are kept.
//
// Everybody who uses the credential holds a Share. While requests have to wait,
// shares that want one take turns, whichever of them asks more often.
//
// Times are of the monotonic clock, which all executors of a process share.
//
// Thread-safe; a Share is used by one thread at a time.
class RateBudget {
 public:
  class Share;

  // A window as an answer tells of it. `limit` also says which of several
  // nested windows it is.
  struct Report {
    int64_t limit = 0;
    int64_t remaining = 0;
    absl::Duration until_reset;
  };

  // What a request may use.
  enum class Claim {
    kNormal,
    // The reserve of the known limits, too, and it may be ahead of the others'
    // turns by as many requests.
    kUrgent,
  };

  // `spans`: of the service's nested windows, ascending, at least one; its
  // answers say how much each allows. `known`: kept while no answer has told;
  // nullopt: then everything goes.
  static std::shared_ptr<RateBudget> Create(
      std::vector<absl::Duration> spans,
      std::optional<RateLimits> known = std::nullopt);

  // No request before `until`: the service refused one.
  void Block(absl::Duration until);
  // The known limits are no wider than `known`.
  void Tighten(const RateLimits& known);

 private:
  struct Window {
    int64_t remaining = 0;
    absl::Duration end;
    // When an answer last told of it, or of one before it.
    absl::Duration told;
    // Most that was ever left until its end.
    absl::Duration longest;
    // The one before it has ended, and no answer has told of this one yet.
    bool assumed = false;
  };
  // How one share stands.
  struct Turn {
    // Requests so far, or those of the others if it came later.
    uint64_t served = 0;
    // When it last wanted a request.
    absl::Duration asked = -absl::InfiniteDuration();
    // It was told to wait and asks again by then.
    absl::Duration expected = -absl::InfiniteDuration();
  };

  RateBudget(std::vector<absl::Duration> spans,
             std::optional<RateLimits> known);

  double PerSecond() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Duration SpanOf(int64_t limit) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // Counts on the windows that have ended, and forgets old ones.
  void Update(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // The waits of a request that has its turn, and for its turn.
  absl::Duration WaitForLimits(absl::Duration now, Claim claim)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  absl::Duration WaitForTurn(const Share* share, absl::Duration now,
                             Claim claim) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const std::vector<absl::Duration> spans_;

  absl::Mutex mu_;
  std::optional<RateBucket> known_ ABSL_GUARDED_BY(mu_);
  // By limit.
  std::map<int64_t, Window> windows_ ABSL_GUARDED_BY(mu_);
  std::map<const Share*, Turn> turns_ ABSL_GUARDED_BY(mu_);
  absl::Duration blocked_until_ ABSL_GUARDED_BY(mu_) =
      -absl::InfiniteDuration();
  absl::Duration last_taken_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();
  int64_t under_way_ ABSL_GUARDED_BY(mu_) = 0;
};

// One user of a budget.
class RateBudget::Share {
 public:
  explicit Share(std::shared_ptr<RateBudget> budget);
  ~Share();
  Share(const Share&) = delete;
  Share& operator=(const Share&) = delete;

  // Takes one request out of the budget; Done() has to follow. Zero: it may go
  // now. Otherwise nothing is taken, and this is how long to wait before asking
  // again.
  absl::Duration Take(absl::Duration now, Claim claim = Claim::kNormal);
  // The answer to a request came, or never will.
  void Done();
  // What an answer said. Comes after its Done().
  void Observe(absl::Duration now, const Report& report);
  // What the limits leave this share in the long run, in things of which one
  // request carries `per_request`. The shares that asked lately get equal
  // parts. 0: no limit is known.
  int64_t AllowedPerHour(absl::Duration now, double per_request) const;
  void Block(absl::Duration until) { budget_->Block(until); }
  void Tighten(const RateLimits& known) { budget_->Tighten(known); }

 private:
  const std::shared_ptr<RateBudget> budget_;
  int64_t under_way_ = 0;
};

// The budgets in use. Thread-safe.
class RateBudgets {
 public:
  // The budget of `credential`: the one that others hold, tightened by `known`,
  // or a new one. The name should say the service, too; it stays in this
  // process.
  std::shared_ptr<RateBudget> Get(
      const std::string& credential, std::vector<absl::Duration> spans,
      std::optional<RateLimits> known = std::nullopt);

 private:
  absl::Mutex mu_;
  std::map<std::string, std::weak_ptr<RateBudget>> budgets_
      ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice

#endif  // PIPELINE_RATE_RATE_BUDGET_H_
