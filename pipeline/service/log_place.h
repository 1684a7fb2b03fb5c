// Places in a log, and choices of events, as calls give them.
#ifndef PIPELINE_SERVICE_LOG_PLACE_H_
#define PIPELINE_SERVICE_LOG_PLACE_H_

#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/runtime/event_selection.h"
#include "proto/admin/v1/events.pb.h"
#include "storage/log/event_log.h"

namespace sluice {

// Whether it can be one; `field` names it in the error.
//   kInvalidArgument: none is given, or its time is out of range.
absl::Status CheckPlace(const admin::v1::LogPlace& place,
                        std::string_view field);

// The event that `place`, which is checked, stands for; one that the log does
// not hold any more is the oldest that it does.
//   kInvalidArgument: a sequence behind the end of the log.
//   errors of EventLog::Read()
absl::StatusOr<Sequence> FindPlace(EventLog& log,
                                   const admin::v1::LogPlace& place,
                                   std::string_view field);

EventSelection FromMessage(const admin::v1::EventSelection& selection);

}  // namespace sluice

#endif  // PIPELINE_SERVICE_LOG_PLACE_H_
