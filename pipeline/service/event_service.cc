#include "pipeline/service/event_service.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
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

constexpr int kMaxCalls = 16;

}  // namespace

absl::Status EventService::Begin(const grpc::CallbackServerContext& context,
                                 const absl::Status& request_problem,
                                 const std::string& pipeline) {
  SLUICE_RETURN_IF_ERROR(
      access_->Authorize(context, config::v1::VIEWER).status());
  SLUICE_RETURN_IF_ERROR(request_problem);
  SLUICE_RETURN_IF_ERROR(StatusOf(*process_, pipeline).status());
  if (++calls_ <= kMaxCalls) return absl::OkStatus();
  --calls_;
  return absl::ResourceExhaustedError(
      absl::StrCat(kMaxCalls, " calls look at events already"));
}

grpc::ServerWriteReactor<TapEventsResponse>* EventService::TapEvents(
    grpc::CallbackServerContext* context,
    const admin::v1::TapEventsRequest* request) {
  const absl::Status problem = request->has_from()
                                   ? CheckPlace(request->from(), "from")
                                   : absl::OkStatus();
  if (const absl::Status refused =
          Begin(*context, problem, request->pipeline());
      !refused.ok()) {
    return new RefusedCall<TapEventsResponse>(refused);
  }
  return new StepwiseCall<TapEventsResponse>(
      {.process = process_,
       .pipeline = request->pipeline(),
       .reader = &reader_},
      [tap = std::make_unique<LogTap>(*request)](
          EventLog& log, std::vector<TapEventsResponse>& answers) {
        return tap->Step(log, answers);
      },
      [this](const absl::Status&) { End(); });
}

grpc::ServerWriteReactor<ExplainEventResponse>* EventService::ExplainEvent(
    grpc::CallbackServerContext* context,
    const admin::v1::ExplainEventRequest* request) {
  const absl::Status problem =
      request->id().empty() ? absl::InvalidArgumentError("id: must be given")
                            : absl::OkStatus();
  if (const absl::Status refused =
          Begin(*context, problem, request->pipeline());
      !refused.ok()) {
    return new RefusedCall<ExplainEventResponse>(refused);
  }
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
      [search = std::move(search)](EventLog& log,
                                   std::vector<ExplainEventResponse>& answers) {
        return search->Step(log, answers);
      },
      [this](const absl::Status&) { End(); });
}

}  // namespace sluice
