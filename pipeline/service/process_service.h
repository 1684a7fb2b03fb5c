// sluice.admin.v1.ProcessService.
#ifndef PIPELINE_SERVICE_PROCESS_SERVICE_H_
#define PIPELINE_SERVICE_PROCESS_SERVICE_H_

#include <atomic>

#include "pipeline/runtime/process.h"
#include "pipeline/service/call.h"
#include "proto/admin/v1/process.grpc.pb.h"

namespace sluice {

// Errors of each call: proto/admin/v1/process.proto.
class ProcessService final : public admin::v1::ProcessService::CallbackService {
 public:
  // `process` and `access` outlive the service. `info` is what GetInfo()
  // answers, but for the caller and the pipelines.
  ProcessService(const Process* process, const AccessPolicy* access,
                 admin::v1::ProcessInfo info);

  grpc::ServerUnaryReactor* GetInfo(grpc::CallbackServerContext* context,
                                    const admin::v1::GetInfoRequest* request,
                                    admin::v1::ProcessInfo* info) override;
  grpc::ServerUnaryReactor* GetStatus(
      grpc::CallbackServerContext* context,
      const admin::v1::GetStatusRequest* request,
      admin::v1::ProcessStatus* status) override;
  grpc::ServerWriteReactor<admin::v1::ProcessStatus>* WatchStatus(
      grpc::CallbackServerContext* context,
      const admin::v1::WatchStatusRequest* request) override;
  grpc::ServerUnaryReactor* GetLogLevel(
      grpc::CallbackServerContext* context,
      const admin::v1::GetLogLevelRequest* request,
      admin::v1::LogLevelResponse* response) override;
  grpc::ServerUnaryReactor* SetLogLevel(
      grpc::CallbackServerContext* context,
      const admin::v1::SetLogLevelRequest* request,
      admin::v1::LogLevelResponse* response) override;

 private:
  absl::Status CheckRequest(const admin::v1::GetStatusRequest& request) const;
  admin::v1::ProcessStatus Describe(
      const admin::v1::GetStatusRequest& request) const;

  const Process* const process_;
  const AccessPolicy* const access_;
  const UnaryCalls calls_;
  const admin::v1::ProcessInfo info_;
  std::atomic<int> watches_{0};
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_PROCESS_SERVICE_H_
