// sluice.admin.v1.PluginService.
#ifndef PIPELINE_SERVICE_PLUGIN_SERVICE_H_
#define PIPELINE_SERVICE_PLUGIN_SERVICE_H_

#include "pipeline/service/call.h"
#include "pipeline/service/current_plugins.h"
#include "proto/admin/v1/plugins.grpc.pb.h"

namespace sluice {

// Errors of each call: proto/admin/v1/plugins.proto.
class PluginService final : public admin::v1::PluginService::CallbackService {
 public:
  // Both outlive the service.
  PluginService(const CurrentPlugins* plugins, const AccessPolicy* access)
      : plugins_(plugins), calls_(access) {}

  grpc::ServerUnaryReactor* ListPlugins(
      grpc::CallbackServerContext* context,
      const admin::v1::ListPluginsRequest* request,
      admin::v1::ListPluginsResponse* response) override;
  grpc::ServerUnaryReactor* GetConfigSchema(
      grpc::CallbackServerContext* context,
      const admin::v1::GetConfigSchemaRequest* request,
      admin::v1::ConfigSchema* schema) override;

 private:
  const CurrentPlugins* const plugins_;
  const UnaryCalls calls_;
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_PLUGIN_SERVICE_H_
