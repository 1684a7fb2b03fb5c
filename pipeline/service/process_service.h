// sluice.admin.v1.ProcessService.
#ifndef PIPELINE_SERVICE_PROCESS_SERVICE_H_
#define PIPELINE_SERVICE_PROCESS_SERVICE_H_

#include "pipeline/runtime/process.h"
#include "pipeline/service/call.h"
#include "pipeline/service/call_limit.h"
#include "pipeline/service/current_plugins.h"
#include "proto/admin/v1/process.grpc.pb.h"

namespace sluice {

// Errors of each call: proto/admin/v1/process.proto.
class ProcessService final : public admin::v1::ProcessService::CallbackService {
 public:
  // All outlive the service. `info` is what GetInfo() answers, but for the
  // caller, the pipelines, and the plugins, unless `plugins` is null.
  ProcessService(const Process* process, const AccessPolicy* access,
                 const CurrentPlugins* plugins, admin::v1::ProcessInfo info);

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
  const CurrentPlugins* const plugins_;
  const UnaryCalls calls_;
  const admin::v1::ProcessInfo info_;
  CallLimit watches_{64, "watch"};
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_PROCESS_SERVICE_H_
