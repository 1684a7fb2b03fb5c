// The service that sluice calls.
#ifndef PIPELINE_PLUGIN_PROCESS_PROGRAM_PLUGIN_SERVICE_H_
#define PIPELINE_PLUGIN_PROCESS_PROGRAM_PLUGIN_SERVICE_H_

#include <grpcpp/grpcpp.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>

#include "absl/synchronization/notification.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/http/http_loop.h"
#include "proto/plugin/v1/plugin.grpc.pb.h"

namespace sluice::plugin_process {

// Answers for the plugins of `registry`.
//
// Thread-safety: as gRPC calls it.
class PluginService final : public plugin::v1::Plugin::Service {
 public:
  using RunStream = grpc::ServerReaderWriter<plugin::v1::PluginMessage,
                                             plugin::v1::HostMessage>;

  // `registry` and `loop`, which the component lives on, outlive this.
  PluginService(const PluginRegistry* registry, HttpLoop* loop,
                std::string token, size_t max_message_bytes)
      : registry_(registry),
        loop_(loop),
        token_(std::move(token)),
        max_message_bytes_(max_message_bytes) {}

  grpc::Status Describe(grpc::ServerContext* context,
                        const plugin::v1::DescribeRequest* request,
                        plugin::v1::DescribeResponse* response) override;
  grpc::Status Check(grpc::ServerContext* context,
                     const plugin::v1::CheckRequest* request,
                     plugin::v1::CheckResponse* response) override;
  grpc::Status Ping(grpc::ServerContext* context,
                    const plugin::v1::PingRequest* request,
                    plugin::v1::PingResponse* response) override;
  grpc::Status Run(grpc::ServerContext* context, RunStream* stream) override;

  // Returns once a component has run and ended.
  void WaitForTheEnd() { ended_.WaitForNotification(); }

 private:
  class Running;

  void End(std::shared_ptr<Running> running);
  bool Knows(const grpc::ServerContext& context) const;

  const PluginRegistry* const registry_;
  HttpLoop* const loop_;
  const std::string token_;
  const size_t max_message_bytes_;
  std::atomic<bool> running_{false};
  absl::Notification ended_;
};

}  // namespace sluice::plugin_process

#endif  // PIPELINE_PLUGIN_PROCESS_PROGRAM_PLUGIN_SERVICE_H_
