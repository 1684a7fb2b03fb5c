#include "pipeline/api/component.h"

namespace sluice {

std::string_view HealthStateName(HealthState state) {
  switch (state) {
    case HealthState::kStarting:
      return "starting";
    case HealthState::kHealthy:
      return "healthy";
    case HealthState::kDegraded:
      return "degraded";
    case HealthState::kPaused:
      return "paused";
  }
  return "unknown";
}

}  // namespace sluice
