// Whether a process does its work, and why not.
#ifndef PIPELINE_MONITORING_READINESS_H_
#define PIPELINE_MONITORING_READINESS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "boost/json.hpp"
#include "pipeline/monitoring/thread_watch.h"
#include "proto/admin/v1/status.pb.h"

namespace sluice {

// One thing that is not as it should be.
struct ReadinessReason {
  // It keeps the process from being ready; false: it helps itself.
  bool blocks = false;
  std::string pipeline;   // Empty: the process.
  std::string kind;       // "source", "sink", "log"; empty: the process.
  std::string component;  // Name of the source or sink.
  std::string state;      // "starting", "degraded", "paused", "stopping", ...
  std::string message;
};

// Ready: running, every component started and none paused, every log writable.
// Degraded components and a log that is full are reasons that do not block.
struct Readiness {
  bool ready = true;
  std::vector<ReadinessReason> reasons;
};

Readiness CheckReadiness(const admin::v1::ProcessStatus& status);

// {"ready": false, "reasons": [{"blocks": true, "pipeline": "office",
//  "sink": "ops", "state": "paused", "message": "..."}]}
boost::json::object ReadinessToJson(const Readiness& readiness);

// A thread that has not answered for so long works no more. A sync may keep one
// for as long as the disk takes.
inline constexpr absl::Duration kThreadLost = absl::Seconds(30);

// Healthy: no thread is lost.
bool IsHealthy(const std::vector<ThreadWatch::Report>& threads);

// {"healthy": true, "threads": [{"thread": "io", "silent_seconds": 0}]}
boost::json::object HealthToJson(
    const std::vector<ThreadWatch::Report>& threads);

}  // namespace sluice

#endif  // PIPELINE_MONITORING_READINESS_H_
