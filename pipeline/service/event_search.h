// What became of an event, pieced together from all that is known.
#ifndef PIPELINE_SERVICE_EVENT_SEARCH_H_
#define PIPELINE_SERVICE_EVENT_SEARCH_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "pipeline/runtime/event_selection.h"
#include "pipeline/runtime/log_walk.h"
#include "pipeline/runtime/pipeline.h"
#include "pipeline/service/stepwise_call.h"
#include "proto/admin/v1/events.pb.h"
#include "storage/log/event_log.h"

namespace sluice {

// Looks through the whole log and all dead letters, step by step.
//
// Thread-safety: none; Step() only reads the log.
class EventSearch {
 public:
  // How far sinks are with an event that is not done.
  using FindPending =
      absl::AnyInvocable<Pipeline::PendingDeliveries(Sequence sequence)>;

  // `request` is checked.
  EventSearch(const admin::v1::ExplainEventRequest& request,
              FindPending find_pending);

  // Appends an answer: how far it is, and in the end what was found.
  //   errors of EventLog::Read() and ListDeadLetters()
  absl::StatusOr<NextStep> Step(
      EventLog& log, std::vector<admin::v1::ExplainEventResponse>& answers);

 private:
  struct Letter {
    uint64_t id = 0;
    std::string component;
    Sequence sequence = 0;
  };

  absl::Status Begin(EventLog& log);
  absl::StatusOr<bool> SearchLog(EventLog& log);
  absl::StatusOr<bool> SearchLetters(EventLog& log);
  // What became of each event found.
  void Conclude(const EventLog& log);
  admin::v1::EventDelivery DescribeDelivery(
      const CursorInfo& cursor, const admin::v1::TappedEvent& event,
      const Pipeline::PendingDeliveries& pending) const;

  const EventSelection select_;
  FindPending find_pending_;
  admin::v1::ExplainEventResponse answer_;
  std::optional<LogWalk> walk_;
  Sequence first_ = 0;
  size_t data_bytes_ = 0;  // Of what the answer holds.
  uint64_t next_letter_ = 0;
  std::vector<Letter> letters_;
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_EVENT_SEARCH_H_
