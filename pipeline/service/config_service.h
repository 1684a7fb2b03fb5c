// sluice.admin.v1.ConfigService.
#ifndef PIPELINE_SERVICE_CONFIG_SERVICE_H_
#define PIPELINE_SERVICE_CONFIG_SERVICE_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/runtime/process.h"
#include "pipeline/service/config_history.h"
#include "pipeline/service/current_plugins.h"
#include "pipeline/service/long_calls.h"
#include "proto/admin/v1/config.grpc.pb.h"

namespace sluice {

// Notes what a process begins with, if the latest of `history` is anything
// else.
//   errors of ConfigHistory::Add.
absl::Status RecordStart(const std::string& text, const std::string& file,
                         ConfigHistory& history);

// Errors of each call: proto/admin/v1/config.proto.
class ConfigService final : public admin::v1::ConfigService::CallbackService {
 public:
  // All outlive the service. The latest of `history` is what runs.
  // Configurations choose from `registry`; `plugins` is told what the one that
  // runs has.
  ConfigService(Process* process, const PluginRegistry* registry,
                CurrentPlugins* plugins, ConfigHistory* history,
                LongCalls* calls);

  grpc::ServerUnaryReactor* GetConfig(
      grpc::CallbackServerContext* context,
      const admin::v1::GetConfigRequest* request,
      admin::v1::Configuration* config) override;
  grpc::ServerUnaryReactor* ListConfigs(
      grpc::CallbackServerContext* context,
      const admin::v1::ListConfigsRequest* request,
      admin::v1::ListConfigsResponse* response) override;
  grpc::ServerUnaryReactor* ApplyConfig(
      grpc::CallbackServerContext* context,
      const admin::v1::ApplyConfigRequest* request,
      admin::v1::ApplyConfigResponse* response) override;
  grpc::ServerUnaryReactor* RollbackConfig(
      grpc::CallbackServerContext* context,
      const admin::v1::RollbackConfigRequest* request,
      admin::v1::ApplyConfigResponse* response) override;

 private:
  // On the thread of `calls_`, like all that follows.
  absl::Status Apply(const admin::v1::ApplyConfigRequest& request,
                     const std::string& by,
                     admin::v1::ApplyConfigResponse& response);
  absl::StatusOr<ComponentChanges> Change(
      const admin::v1::ApplyConfigRequest& request, const std::string& by,
      const ProcessSpec& spec, absl::Duration grace);
  absl::Status Rollback(const admin::v1::RollbackConfigRequest& request,
                        const std::string& by,
                        admin::v1::ApplyConfigResponse& response);
  absl::Status CheckGeneration(uint64_t expected) const;
  admin::v1::Configuration Describe(
      const storage::v1::ConfigRecord& record) const;

  Process* const process_;
  const PluginRegistry* const registry_;
  CurrentPlugins* const plugins_;
  ConfigHistory* const history_;
  LongCalls* const calls_;
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_CONFIG_SERVICE_H_
