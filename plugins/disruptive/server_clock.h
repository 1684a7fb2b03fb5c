// The service's time of day, as far as we know it.
#ifndef PLUGINS_DISRUPTIVE_SERVER_CLOCK_H_
#define PLUGINS_DISRUPTIVE_SERVER_CLOCK_H_

#include <deque>

#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"

namespace sluice::disruptive {

// Our clock, set right by what the service says: ours may be wrong by hours. It
// goes on with the monotonic clock, so that a jump of ours does not matter. An
// estimate, for what need not be exact; gaps begin and end with pings.
class ServerClock {
 public:
  explicit ServerClock(Executor* executor)
      : executor_(executor),
        zero_(executor->Now() - executor->MonotonicNow()) {}

  absl::Time Now() const { return zero_ + executor_->MonotonicNow(); }

  // The service sent a ping at `time`. A ping may have waited on its way, so
  // the latest of the last few counts.
  void ObservePing(absl::Time time);

  // Takes the time from an answer's Date header, if it has one. It counts whole
  // seconds, so a difference below that says nothing. Pings are better, unless
  // they are a minute behind: then our machine slept.
  void ObserveDate(const HttpHeaders& headers);

 private:
  Executor* executor_;
  // The service's time when the monotonic clock stood at zero.
  absl::Time zero_;
  // The same by each of the last pings, newest last.
  std::deque<absl::Time> ping_zeros_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_SERVER_CLOCK_H_
