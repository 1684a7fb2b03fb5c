#include "pipeline/service/event_service.h"

#include <memory>
#include <utility>
#include <vector>

#include "pipeline/service/event_search.h"
#include "pipeline/service/log_place.h"
#include "pipeline/service/log_tap.h"
#include "pipeline/service/retarget.h"
#include "pipeline/service/stepwise_call.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

using admin::v1::ExplainEventResponse;
using admin::v1::TapEventsResponse;

}  // namespace

absl::StatusOr<CallLimit::Slot> EventService::Begin(
    const grpc::CallbackServerContext& context,
    const absl::Status& request_problem, const std::string& pipeline) {
  SLUICE_RETURN_IF_ERROR(
      access_->Authorize(context, config::v1::VIEWER).status());
  SLUICE_RETURN_IF_ERROR(request_problem);
  SLUICE_RETURN_IF_ERROR(StatusOf(*process_, pipeline).status());
  return calls_.Enter();
}

grpc::ServerWriteReactor<TapEventsResponse>* EventService::TapEvents(
    grpc::CallbackServerContext* context,
    const admin::v1::TapEventsRequest* request) {
  const absl::Status problem = request->has_from()
                                   ? CheckPlace(request->from(), "from")
                                   : absl::OkStatus();
  absl::StatusOr<CallLimit::Slot> slot =
      Begin(*context, problem, request->pipeline());
  if (!slot.ok()) return new RefusedCall<TapEventsResponse>(slot.status());
  return new StepwiseCall<TapEventsResponse>(
      {.process = process_,
       .pipeline = request->pipeline(),
       .reader = &reader_},
      *std::move(slot),
      [tap = std::make_unique<LogTap>(*request)](
          EventLog& log, std::vector<TapEventsResponse>& answers) {
        return tap->Step(log, answers);
      });
}

grpc::ServerWriteReactor<ExplainEventResponse>* EventService::ExplainEvent(
    grpc::CallbackServerContext* context,
    const admin::v1::ExplainEventRequest* request) {
  const absl::Status problem =
      request->id().empty() ? absl::InvalidArgumentError("id: must be given")
                            : absl::OkStatus();
  absl::StatusOr<CallLimit::Slot> slot =
      Begin(*context, problem, request->pipeline());
  if (!slot.ok()) return new RefusedCall<ExplainEventResponse>(slot.status());
  auto search = std::make_unique<EventSearch>(
      *request,
      [process = process_, pipeline = request->pipeline()](Sequence sequence) {
        return process->FindPending(pipeline, sequence)
            .value_or(Pipeline::PendingDeliveries());
      });
  return new StepwiseCall<ExplainEventResponse>(
      {.process = process_,
       .pipeline = request->pipeline(),
       .reader = &reader_},
      *std::move(slot),
      [search = std::move(search)](EventLog& log,
                                   std::vector<ExplainEventResponse>& answers) {
        return search->Step(log, answers);
      });
}

}  // namespace sluice
