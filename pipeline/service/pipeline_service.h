// sluice.admin.v1.PipelineService.
#ifndef PIPELINE_SERVICE_PIPELINE_SERVICE_H_
#define PIPELINE_SERVICE_PIPELINE_SERVICE_H_

#include "pipeline/runtime/process.h"
#include "pipeline/service/call.h"
#include "pipeline/service/call_limit.h"
#include "pipeline/service/long_calls.h"
#include "proto/admin/v1/pipelines.grpc.pb.h"

namespace sluice {

// Errors of each call: proto/admin/v1/pipelines.proto.
class PipelineService final
    : public admin::v1::PipelineService::CallbackService {
 public:
  // All outlive the service.
  PipelineService(Process* process, const AccessPolicy* access,
                  LongCalls* long_calls);

  grpc::ServerUnaryReactor* ListPipelines(
      grpc::CallbackServerContext* context,
      const admin::v1::ListPipelinesRequest* request,
      admin::v1::ListPipelinesResponse* response) override;
  grpc::ServerUnaryReactor* GetPipeline(
      grpc::CallbackServerContext* context,
      const admin::v1::GetPipelineRequest* request,
      admin::v1::PipelineStatus* status) override;
  grpc::ServerUnaryReactor* PausePipeline(
      grpc::CallbackServerContext* context,
      const admin::v1::PausePipelineRequest* request,
      admin::v1::PipelineStatus* status) override;
  grpc::ServerUnaryReactor* ResumePipeline(
      grpc::CallbackServerContext* context,
      const admin::v1::ResumePipelineRequest* request,
      admin::v1::PipelineStatus* status) override;
  grpc::ServerWriteReactor<admin::v1::DrainPipelineResponse>* DrainPipeline(
      grpc::CallbackServerContext* context,
      const admin::v1::DrainPipelineRequest* request) override;
  grpc::ServerUnaryReactor* DeletePipeline(
      grpc::CallbackServerContext* context,
      const admin::v1::DeletePipelineRequest* request,
      admin::v1::DeletePipelineResponse* response) override;

 private:
  Process* const process_;
  const AccessPolicy* const access_;
  const UnaryCalls calls_;
  LongCalls* const long_calls_;
  CallLimit drains_{16, "drain"};
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_PIPELINE_SERVICE_H_
