// A process with an admin API that asks for tokens, inside of a test.
#ifndef TESTS_ADMIN_ADMIN_PROCESS_H_
#define TESTS_ADMIN_ADMIN_PROCESS_H_

#include <grpcpp/channel.h>

#include <memory>
#include <string>

#include "pipeline/api/plugin_registry.h"
#include "pipeline/runtime/process.h"
#include "pipeline/service/admin_server.h"
#include "proto/config/v1/config.pb.h"

namespace sluice {

// Runs the pipeline `office` with the sink `archive`, into which nothing
// flows, and serves over loopback. What cannot be started ends the test.
class AdminProcess {
 public:
  AdminProcess();
  ~AdminProcess();
  AdminProcess(const AdminProcess&) = delete;
  AdminProcess& operator=(const AdminProcess&) = delete;

  const std::shared_ptr<grpc::Channel>& channel() const { return channel_; }
  // The configuration that it began with.
  const std::string& config() const { return config_; }

  // A token with this role.
  static std::string Token(config::v1::Role role);

 private:
  std::string folder_;
  std::string config_;
  PluginRegistry registry_;
  std::unique_ptr<Process> process_;
  std::unique_ptr<AdminServer> server_;
  std::shared_ptr<grpc::Channel> channel_;
};

}  // namespace sluice

#endif  // TESTS_ADMIN_ADMIN_PROCESS_H_
