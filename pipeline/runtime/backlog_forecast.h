// How fast a sink gets through what waits for it, and when it will be done.
#ifndef PIPELINE_RUNTIME_BACKLOG_FORECAST_H_
#define PIPELINE_RUNTIME_BACKLOG_FORECAST_H_

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "proto/admin/v1/status.pb.h"

namespace sluice {

// Events per second over the last minute. Times are of the monotonic clock.
// Told of groups of events, not of each. Thread-safe.
class RateMeter {
 public:
  static constexpr int64_t kWindowSeconds = 60;
  static constexpr absl::Duration kWindow = absl::Seconds(kWindowSeconds);

  // Counting begins at `start`.
  explicit RateMeter(absl::Duration start);

  void Note(absl::Duration now, uint64_t events);
  // Nullopt: not counting for long enough to say.
  std::optional<double> PerSecond(absl::Duration now) const;

 private:
  struct Slot {
    int64_t second = -1;
    uint64_t events = 0;
  };

  const absl::Duration start_;
  mutable absl::Mutex mu_;
  // Second s is at s % size.
  std::array<Slot, kWindowSeconds> slots_ ABSL_GUARDED_BY(mu_);
};

// How a sink gets on, written by its delivery stage. Thread-safe.
class SinkProgress {
 public:
  explicit SinkProgress(absl::Duration start) : done_(start) {}

  void NoteDone(absl::Duration now, uint64_t events) {
    done_.Note(now, events);
  }
  // Nothing is sent before `until`, of the monotonic clock.
  void HoldUntil(absl::Duration until) {
    held_until_nanos_ = absl::ToInt64Nanoseconds(until);
  }

  // Memory of the events that were read and are not done.
  void SetWindowBytes(size_t bytes) { window_bytes_ = bytes; }

  // When the oldest of them was taken in; 0: there are none.
  void SetOldestWaiting(int64_t unix_nanos) { oldest_waiting_ = unix_nanos; }

  const RateMeter& done() const { return done_; }
  size_t window_bytes() const { return window_bytes_; }
  int64_t oldest_waiting_unix_nanos() const { return oldest_waiting_; }
  absl::Duration held_until() const {
    return absl::Nanoseconds(held_until_nanos_.load());
  }

 private:
  RateMeter done_;
  std::atomic<int64_t> held_until_nanos_{0};
  std::atomic<size_t> window_bytes_{0};
  std::atomic<int64_t> oldest_waiting_{0};
};

struct BacklogFacts {
  uint64_t waiting = 0;
  // Per second; nullopt: not known yet.
  std::optional<double> delivered;
  std::optional<double> taken_in;
  // Per second in the long run, as rate limits allow; nullopt: no limit is
  // known.
  std::optional<double> allowed;
  // How long nothing will be sent from now on.
  absl::Duration held;
};

// The backlog shrinks by what is delivered, or may be if that is less, and
// grows by what is taken in. While a rate limit holds the sink back for longer
// than rates are measured, what it will allow then is what counts.
admin::v1::Backlog ForecastBacklog(const BacklogFacts& facts);

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_BACKLOG_FORECAST_H_
