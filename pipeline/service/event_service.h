// sluice.admin.v1.EventService.
#ifndef PIPELINE_SERVICE_EVENT_SERVICE_H_
#define PIPELINE_SERVICE_EVENT_SERVICE_H_

#include <string>

#include "pipeline/executor/thread_executor.h"
#include "pipeline/runtime/process.h"
#include "pipeline/service/call.h"
#include "pipeline/service/call_limit.h"
#include "proto/admin/v1/events.grpc.pb.h"

namespace sluice {

// Errors of each call: proto/admin/v1/events.proto.
class EventService final : public admin::v1::EventService::CallbackService {
 public:
  // Both outlive the service.
  EventService(Process* process, const AccessPolicy* access)
      : process_(process), access_(access), reader_("admin-read") {}

  grpc::ServerWriteReactor<admin::v1::TapEventsResponse>* TapEvents(
      grpc::CallbackServerContext* context,
      const admin::v1::TapEventsRequest* request) override;
  grpc::ServerWriteReactor<admin::v1::ExplainEventResponse>* ExplainEvent(
      grpc::CallbackServerContext* context,
      const admin::v1::ExplainEventRequest* request) override;

 private:
  // Checks who calls, what `request_problem` says, the pipeline, and that there
  // are not too many calls.
  absl::StatusOr<CallLimit::Slot> Begin(
      const grpc::CallbackServerContext& context,
      const absl::Status& request_problem, const std::string& pipeline);

  Process* const process_;
  const AccessPolicy* const access_;
  CallLimit calls_{16, "look at events"};
  ThreadExecutor reader_;
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_EVENT_SERVICE_H_
