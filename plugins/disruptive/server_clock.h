// The service's time of day, as far as we know it.
#ifndef PLUGINS_DISRUPTIVE_SERVER_CLOCK_H_
#define PLUGINS_DISRUPTIVE_SERVER_CLOCK_H_

#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"

namespace sluice::disruptive {

// Our clock, set right by what the service says: windows of history are about
// its clock, and ours may be wrong by minutes.
class ServerClock {
 public:
  explicit ServerClock(Executor* executor) : executor_(executor) {}

  absl::Time Now() const { return executor_->Now() + offset_; }

  // The service's time was `time` just now.
  void Observe(absl::Time time) { offset_ = time - executor_->Now(); }

  // Takes the time from an answer's Date header, if it has one. It counts
  // whole seconds, so a difference below that says nothing.
  void ObserveDate(const HttpHeaders& headers);

 private:
  Executor* executor_;
  absl::Duration offset_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_SERVER_CLOCK_H_
