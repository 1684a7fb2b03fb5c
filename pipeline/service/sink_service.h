// sluice.admin.v1.SinkService.
#ifndef PIPELINE_SERVICE_SINK_SERVICE_H_
#define PIPELINE_SERVICE_SINK_SERVICE_H_

#include "pipeline/runtime/process.h"
#include "pipeline/service/call.h"
#include "pipeline/service/call_limit.h"
#include "pipeline/service/long_calls.h"
#include "proto/admin/v1/sinks.grpc.pb.h"

namespace sluice {

// Errors of each call: proto/admin/v1/sinks.proto.
class SinkService final : public admin::v1::SinkService::CallbackService {
 public:
  // All outlive the service. `changes` waits for sinks to stop, `reads` for
  // disks.
  SinkService(Process* process, const AccessPolicy* access, LongCalls* changes,
              LongCalls* reads)
      : process_(process),
        access_(access),
        calls_(access),
        changes_(changes),
        reads_(reads) {}

  grpc::ServerUnaryReactor* PauseSink(
      grpc::CallbackServerContext* context,
      const admin::v1::PauseSinkRequest* request,
      admin::v1::PipelineStatus* status) override;
  grpc::ServerUnaryReactor* ResumeSink(
      grpc::CallbackServerContext* context,
      const admin::v1::ResumeSinkRequest* request,
      admin::v1::PipelineStatus* status) override;
  grpc::ServerUnaryReactor* GetSinkCursor(
      grpc::CallbackServerContext* context,
      const admin::v1::GetSinkCursorRequest* request,
      admin::v1::SinkCursor* cursor) override;
  grpc::ServerUnaryReactor* RewindSink(
      grpc::CallbackServerContext* context,
      const admin::v1::RewindSinkRequest* request,
      admin::v1::RewindSinkResponse* response) override;
  grpc::ServerUnaryReactor* SkipSink(
      grpc::CallbackServerContext* context,
      const admin::v1::SkipSinkRequest* request,
      admin::v1::SkipSinkResponse* response) override;
  grpc::ServerWriteReactor<admin::v1::ReplayToSinkResponse>* ReplayToSink(
      grpc::CallbackServerContext* context,
      const admin::v1::ReplayToSinkRequest* request) override;
  grpc::ServerUnaryReactor* ForgetSink(
      grpc::CallbackServerContext* context,
      const admin::v1::ForgetSinkRequest* request,
      admin::v1::ForgetSinkResponse* response) override;

 private:
  Process* const process_;
  const AccessPolicy* const access_;
  const UnaryCalls calls_;
  LongCalls* const changes_;
  LongCalls* const reads_;
  CallLimit replays_{16, "replay"};
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_SINK_SERVICE_H_
