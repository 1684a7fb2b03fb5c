#include "pipeline/service/plugin_service.h"

#include "boost/json.hpp"
#include "pipeline/service/plugin_message.h"
#include "pipeline/topology/config_schema.h"

namespace sluice {

grpc::ServerUnaryReactor* PluginService::ListPlugins(
    grpc::CallbackServerContext* context, const admin::v1::ListPluginsRequest*,
    admin::v1::ListPluginsResponse* response) {
  return calls_.Look(context, config::v1::VIEWER, [&](const Caller&) {
    *response = DescribePlugins(*plugins_->Get());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* PluginService::GetConfigSchema(
    grpc::CallbackServerContext* context,
    const admin::v1::GetConfigSchemaRequest*, admin::v1::ConfigSchema* schema) {
  return calls_.Look(context, config::v1::VIEWER, [&](const Caller&) {
    schema->set_json(boost::json::serialize(ConfigSchema(*plugins_->Get())));
    return absl::OkStatus();
  });
}

}  // namespace sluice
