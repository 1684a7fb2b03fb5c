// How fast posts may follow each other, so that the service's rate limits are
// not hit.
#ifndef PLUGINS_INTHING_PACE_H_
#define PLUGINS_INTHING_PACE_H_

#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"

namespace sluice::inthing {

// A token bucket: `burst` posts at once, then one per `interval`. In any span T
// it lets at most burst + T / interval posts through.
struct PaceLimits {
  double burst = 10;
  absl::Duration interval = absl::Seconds(10);
  // Tokens that only urgent posts may take.
  double reserve = 2;

  // The service counts posts per stream in windows of 60 s and 900 s that begin
  // at multiples of their length: 20 and 100, of an unclaimed stream 10 and 30
  // (willmcgugan/timeline at 0ca45ba9, logic/views/upload.xml). These buckets
  // stay below both windows however they lie: 16 and 100, 7.6 and 30.
  static PaceLimits Claimed() { return {}; }
  static PaceLimits Unclaimed() {
    return {.burst = 6, .interval = absl::Seconds(37.5), .reserve = 1};
  }

  // A part of these limits; a burst of at least one post remains.
  PaceLimits Share(double share) const;
};

// The pace of one stream, shared by all sinks that post to it. Times are those
// of the executor's monotonic clock, which all executors of a process share.
//
// Thread-safe.
class Pace {
 public:
  // Begins with half the burst: a process that ran before may have used the
  // rest.
  explicit Pace(PaceLimits limits);

  // How long until a post may go out; zero: now.
  absl::Duration Wait(absl::Duration now, bool urgent);
  // Counts a post that goes out now.
  void Take(absl::Duration now);
  // The service refused a post: none before `until`, and no burst after it.
  void Block(absl::Duration until);
  // Changes to other limits.
  void SetLimits(PaceLimits limits);

 private:
  void Refill(absl::Duration now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  absl::Mutex mu_;
  PaceLimits limits_ ABSL_GUARDED_BY(mu_);
  double tokens_ ABSL_GUARDED_BY(mu_);
  // When tokens_ was right; unset before the first use.
  absl::Duration at_ ABSL_GUARDED_BY(mu_) = -absl::InfiniteDuration();
  absl::Duration blocked_until_ ABSL_GUARDED_BY(mu_) =
      -absl::InfiniteDuration();
};

// The paces in use, by stream. Thread-safe.
class PaceTable {
 public:
  // The pace of `stream` at `base_url`: the one that another sink holds, from
  // now on with `limits`, else a new one.
  std::shared_ptr<Pace> Get(const std::string& base_url,
                            const std::string& stream, PaceLimits limits);

 private:
  absl::Mutex mu_;
  std::map<std::string, std::weak_ptr<Pace>> paces_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_PACE_H_
