// A delivery under way, and what has come back for it.
#ifndef TESTS_KIT_FLIGHT_H_
#define TESTS_KIT_FLIGHT_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "pipeline/api/sink.h"

namespace sluice::kit {

// Thread-safety: all methods from any thread.
class Flight {
 public:
  explicit Flight(std::vector<std::string> ids)
      : ids_(std::move(ids)), sent_at_(absl::Now()) {}

  const std::vector<std::string>& ids() const { return ids_; }

  // What the sink is to call for `flight`.
  static Sink::DeliverCallback Callback(std::shared_ptr<Flight> flight) {
    return [held = Held(std::move(flight))](DeliveryResult result) {
      held.flight->OnAnswer(std::move(result));
    };
  }

  // Waits until there is an answer or can be none any more. False: neither
  // within `time`.
  bool Wait(absl::Duration time) const {
    absl::MutexLock lock(&mu_);
    const auto over = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return answers_ > 0 || dropped_;
    };
    return mu_.AwaitWithTimeout(absl::Condition(&over), time);
  }

  int answers() const {
    absl::MutexLock lock(&mu_);
    return answers_;
  }
  // The callback is gone, and was never called.
  bool dropped() const {
    absl::MutexLock lock(&mu_);
    return dropped_ && answers_ == 0;
  }
  // The first answer, and how long it took.
  DeliveryResult result() const {
    absl::MutexLock lock(&mu_);
    return result_;
  }
  absl::Duration took() const {
    absl::MutexLock lock(&mu_);
    return took_;
  }

 private:
  // Notices when the callback is destroyed.
  struct Held {
    explicit Held(std::shared_ptr<Flight> of) : flight(std::move(of)) {}
    Held(Held&&) = default;
    ~Held() {
      if (flight != nullptr) flight->OnDropped();
    }
    std::shared_ptr<Flight> flight;
  };

  void OnAnswer(DeliveryResult result) {
    absl::MutexLock lock(&mu_);
    if (++answers_ > 1) return;
    result_ = std::move(result);
    took_ = absl::Now() - sent_at_;
  }
  void OnDropped() {
    absl::MutexLock lock(&mu_);
    dropped_ = true;
  }

  const std::vector<std::string> ids_;
  const absl::Time sent_at_;
  mutable absl::Mutex mu_;
  int answers_ ABSL_GUARDED_BY(mu_) = 0;
  bool dropped_ ABSL_GUARDED_BY(mu_) = false;
  DeliveryResult result_ ABSL_GUARDED_BY(mu_);
  absl::Duration took_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice::kit

#endif  // TESTS_KIT_FLIGHT_H_
