#include "pipeline/service/log_level.h"

#include "glog/logging.h"

namespace sluice {

admin::v1::LogLevel CurrentLogLevel() {
  if (FLAGS_minloglevel >= google::GLOG_ERROR)
    return admin::v1::LOG_LEVEL_ERROR;
  if (FLAGS_minloglevel == google::GLOG_WARNING) {
    return admin::v1::LOG_LEVEL_WARNING;
  }
  return FLAGS_v > 0 ? admin::v1::LOG_LEVEL_DEBUG : admin::v1::LOG_LEVEL_INFO;
}

absl::Status ChangeLogLevel(admin::v1::LogLevel level) {
  int severity = google::GLOG_INFO;
  switch (level) {
    case admin::v1::LOG_LEVEL_ERROR:
      severity = google::GLOG_ERROR;
      break;
    case admin::v1::LOG_LEVEL_WARNING:
      severity = google::GLOG_WARNING;
      break;
    case admin::v1::LOG_LEVEL_INFO:
    case admin::v1::LOG_LEVEL_DEBUG:
      break;
    default:
      return absl::InvalidArgumentError(
          "level: give LOG_LEVEL_ERROR, _WARNING, _INFO or _DEBUG");
  }
  // Plain ints that every thread reads; glog means them to be changed so.
  FLAGS_minloglevel = severity;
  FLAGS_v = level == admin::v1::LOG_LEVEL_DEBUG ? 1 : 0;
  return absl::OkStatus();
}

}  // namespace sluice
