// What the process logs, while it runs.
#ifndef PIPELINE_SERVICE_LOG_LEVEL_H_
#define PIPELINE_SERVICE_LOG_LEVEL_H_

#include "absl/status/status.h"
#include "proto/admin/v1/process.pb.h"

namespace sluice {

admin::v1::LogLevel CurrentLogLevel();

// From any thread.
//   kInvalidArgument: it is no level.
absl::Status ChangeLogLevel(admin::v1::LogLevel level);

}  // namespace sluice

#endif  // PIPELINE_SERVICE_LOG_LEVEL_H_
