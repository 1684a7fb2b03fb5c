// The service's time of day, as far as we know it.
#ifndef PLUGINS_DISRUPTIVE_SERVER_CLOCK_H_
#define PLUGINS_DISRUPTIVE_SERVER_CLOCK_H_

#include <deque>

#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"

namespace sluice::disruptive {

// Our clock, set right by what the service says: ours may be wrong by minutes.
// An estimate, for what need not be exact; gaps begin and end with pings.
class ServerClock {
 public:
  explicit ServerClock(Executor* executor) : executor_(executor) {}

  absl::Time Now() const { return executor_->Now() + offset_; }

  // The service sent a ping at `time`. A ping may have waited on its way, so
  // the latest of the last few counts.
  void ObservePing(absl::Time time);

  // Takes the time from an answer's Date header, if it has one and no ping was
  // seen. It counts whole seconds, so a difference below that says nothing.
  void ObserveDate(const HttpHeaders& headers);

 private:
  Executor* executor_;
  absl::Duration offset_;
  // Of the last pings, newest last.
  std::deque<absl::Duration> ping_offsets_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_SERVER_CLOCK_H_
