// Events of a log as they come, for somebody who watches.
#ifndef PIPELINE_SERVICE_LOG_TAP_H_
#define PIPELINE_SERVICE_LOG_TAP_H_

#include <cstddef>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "pipeline/runtime/event_selection.h"
#include "pipeline/runtime/log_walk.h"
#include "pipeline/service/stepwise_call.h"
#include "proto/admin/v1/events.pb.h"
#include "storage/log/event_log.h"

namespace sluice {

admin::v1::TappedEvent ToMessage(Sequence sequence, const LogBatch& batch,
                                 const EventView& event, bool with_data);

// Thread-safety: none; Step() only reads the log.
class LogTap {
 public:
  // `request` is checked.
  explicit LogTap(admin::v1::TapEventsRequest request);

  // Appends answers, if there is something to say.
  //   kInvalidArgument: request.from lies behind the end of the log.
  //   errors of EventLog::Read()
  absl::StatusOr<NextStep> Step(
      EventLog& log, std::vector<admin::v1::TapEventsResponse>& answers);

 private:
  absl::Status Begin(EventLog& log);
  void Take(Sequence sequence, const LogBatch& batch, const EventView& event,
            std::vector<admin::v1::TapEventsResponse>& answers);
  bool reached_limit() const {
    return request_.limit() > 0 && told_ >= request_.limit();
  }

  const admin::v1::TapEventsRequest request_;
  const EventSelection select_;
  // Events to come may be missed; those that were asked for may not.
  const bool live_;
  bool begun_ = false;
  LogWalk walk_{1, 1};
  uint64_t matched_ = 0;
  uint64_t told_ = 0;
  uint64_t missed_told_ = 0;
  size_t answer_bytes_ = 0;  // Of the last answer.
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_LOG_TAP_H_
