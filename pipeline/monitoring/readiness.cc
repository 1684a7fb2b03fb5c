#include "pipeline/monitoring/readiness.h"

#include <algorithm>
#include <utility>

#include "absl/strings/ascii.h"

namespace sluice {
namespace {

using admin::v1::PipelineStatus;
using admin::v1::ProcessStatus;

void Add(ReadinessReason reason, Readiness* readiness) {
  if (reason.blocks) readiness->ready = false;
  readiness->reasons.push_back(std::move(reason));
}

void CheckProcess(const ProcessStatus& status, Readiness* readiness) {
  ReadinessReason reason;
  reason.blocks = true;
  switch (status.state()) {
    case admin::v1::PROCESS_RUNNING:
      return;
    case admin::v1::PROCESS_STOPPING:
      reason.state = "stopping";
      reason.message = "deliveries under way are brought to their end";
      break;
    case admin::v1::PROCESS_STOPPED:
      reason.state = "stopped";
      reason.message = "every pipeline has stopped";
      break;
    default:
      reason.state = "starting";
      reason.message = "logs are being opened";
  }
  Add(std::move(reason), readiness);
}

void CheckComponent(const PipelineStatus& pipeline, const std::string& kind,
                    const std::string& name, const admin::v1::Health& health,
                    Readiness* readiness) {
  if (health.state() == admin::v1::HEALTHY) return;
  Add({health.state() != admin::v1::DEGRADED, pipeline.name(), kind, name,
       absl::AsciiStrToLower(admin::v1::HealthState_Name(health.state())),
       health.message()},
      readiness);
}

void CheckLog(const PipelineStatus& pipeline, Readiness* readiness) {
  const admin::v1::Health& health = pipeline.log().health();
  // Before its first write a log is as good as it was when it was opened.
  const bool troubled = health.state() == admin::v1::DEGRADED ||
                        health.state() == admin::v1::PAUSED;
  if (!troubled && pipeline.log().writable()) return;
  Add({!pipeline.log().writable(), pipeline.name(), "log", "",
       absl::AsciiStrToLower(admin::v1::HealthState_Name(health.state())),
       health.message()},
      readiness);
}

boost::json::object ToJson(const ReadinessReason& reason) {
  boost::json::object object{{"blocks", reason.blocks}};
  if (!reason.pipeline.empty()) object["pipeline"] = reason.pipeline;
  if (reason.kind == "log") {
    object["log"] = reason.pipeline;
  } else if (!reason.kind.empty()) {
    object[reason.kind] = reason.component;
  }
  object["state"] = reason.state;
  object["message"] = reason.message;
  return object;
}

}  // namespace

Readiness CheckReadiness(const ProcessStatus& status) {
  Readiness readiness;
  CheckProcess(status, &readiness);
  for (const PipelineStatus& pipeline : status.pipelines()) {
    for (const admin::v1::SourceStatus& source : pipeline.sources()) {
      CheckComponent(pipeline, "source", source.name(), source.health(),
                     &readiness);
    }
    for (const admin::v1::SinkStatus& sink : pipeline.sinks()) {
      if (sink.plugin().empty()) continue;  // Not configured any more.
      CheckComponent(pipeline, "sink", sink.name(), sink.health(), &readiness);
    }
    CheckLog(pipeline, &readiness);
  }
  return readiness;
}

boost::json::object ReadinessToJson(const Readiness& readiness) {
  boost::json::array reasons;
  for (const ReadinessReason& reason : readiness.reasons) {
    reasons.push_back(ToJson(reason));
  }
  return {{"ready", readiness.ready}, {"reasons", std::move(reasons)}};
}

bool IsHealthy(const std::vector<ThreadWatch::Report>& threads) {
  return std::none_of(threads.begin(), threads.end(),
                      [](const ThreadWatch::Report& thread) {
                        return thread.silent >= kThreadLost;
                      });
}

boost::json::object HealthToJson(
    const std::vector<ThreadWatch::Report>& threads) {
  boost::json::array described;
  for (const ThreadWatch::Report& thread : threads) {
    described.push_back(boost::json::object{
        {"thread", thread.name},
        {"silent_seconds", absl::ToInt64Seconds(thread.silent)}});
  }
  return {{"healthy", IsHealthy(threads)}, {"threads", std::move(described)}};
}

}  // namespace sluice
