#include "pipeline/plugin_process/program/serve.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/plugin_process/program/plugin_service.h"
#include "pipeline/plugin_process/protocol.h"

namespace sluice::plugin_process {
namespace {

constexpr int kExitFailure = 1;
constexpr int kExitUsage = 2;
constexpr std::chrono::seconds kStopGrace{1};

std::string Variable(const char* name) {
  const char* value = getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

int ServePlugins(RegisterPlugins register_plugins) {
  const std::string socket = Variable(kSocketVariable);
  const std::string token = Variable(kTokenVariable);
  int max_message_bytes = 0;
  if (socket.empty() || token.empty() ||
      !absl::SimpleAtoi(Variable(kMaxMessageBytesVariable),
                        &max_message_bytes)) {
    std::cerr << "This is a plugin of sluice, which starts it. In its "
                 "configuration:\n"
                 "plugins:\n"
                 "  - process: {name: NAME, command: [PROGRAM]}\n";
    return kExitUsage;
  }
  FLAGS_logtostderr = true;
  google::InitGoogleLogging("plugin");
  signal(SIGPIPE, SIG_IGN);  // A broken connection is an error of a write.
  PluginRegistry registry;
  if (const absl::Status status = register_plugins(registry); !status.ok()) {
    LOG(ERROR) << std::string(status.message());
    return kExitFailure;
  }
  const std::unique_ptr<HttpLoop> loop = HttpLoop::Create({.name = "plugin"});
  PluginService service(&registry, loop.get(), token,
                        static_cast<size_t>(max_message_bytes));
  grpc::ServerBuilder builder;
  builder.SetMaxReceiveMessageSize(max_message_bytes);
  builder.AddListeningPort(absl::StrCat("unix:", socket),
                           grpc::InsecureServerCredentials());
  builder.RegisterService(&service);
  const std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr) {
    LOG(ERROR) << "cannot listen at " << socket;
    return kExitFailure;
  }
  service.WaitForTheEnd();
  server->Shutdown(std::chrono::system_clock::now() + kStopGrace);
  loop->Stop();
  return EXIT_SUCCESS;
}

}  // namespace sluice::plugin_process
