#include "tests/admin/admin_process.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "pipeline/topology/config_loader.h"
#include "plugins/builtin/builtin.h"

namespace sluice {
namespace {

constexpr config::v1::Role kRoles[] = {config::v1::VIEWER, config::v1::OPERATOR,
                                       config::v1::ADMIN};

}  // namespace

std::string AdminProcess::Token(config::v1::Role role) {
  return absl::StrCat("token-of-a-caller-", role);
}

AdminProcess::AdminProcess() {
  char folder[] = "/tmp/admin_process.XXXXXX";
  CHECK(mkdtemp(folder) != nullptr);
  folder_ = folder;
  const std::string tokens = folder_ + "/tokens";
  std::ofstream file(tokens);
  for (const config::v1::Role role : kRoles) {
    const char* name = role == config::v1::VIEWER     ? "viewer"
                       : role == config::v1::OPERATOR ? "operator"
                                                      : "admin";
    file << "the-" << name << " " << name << " " << Token(role) << "\n";
  }
  file.close();
  CHECK_EQ(chmod(tokens.c_str(), 0600), 0);
  // One event, so that there is something to look at.
  config_ = absl::StrCat(
      "data_dir: ", folder_, "/data\n",
      "admin: {listen: \"127.0.0.1:0\", insecure_loopback: true, tokens_file: ",
      tokens, "}\n",
      "pipelines:\n"
      "  office:\n"
      "    sources: {ticker: {generate: {count: 1}}}\n"
      "    sinks: {archive: {\"null\": {}}}\n");
  CHECK(RegisterBuiltinPlugins(registry_).ok());
  const LoadResult loaded =
      LoadConfigText(config_, "first.yaml", registry_, ProcessEnvironment());
  CHECK(loaded.ok()) << loaded.problems[0].ToString();
  auto process = Process::Start(loaded.loaded->spec);
  CHECK(process.ok()) << process.status();
  process_ = *std::move(process);
  ConfigOrigin origin;
  origin.registry = &registry_;
  origin.text = config_;
  origin.file = "first.yaml";
  origin.history = folder_ + "/data/config";
  auto server =
      AdminServer::Start(loaded.loaded->spec.admin, process_.get(), {}, origin);
  CHECK(server.ok()) << server.status();
  server_ = *std::move(server);
  channel_ = grpc::CreateChannel(server_->address(),
                                 grpc::InsecureChannelCredentials());
}

AdminProcess::~AdminProcess() {
  server_.reset();
  process_->Stop(absl::Seconds(1));
  process_.reset();
  std::filesystem::remove_all(folder_);
}

}  // namespace sluice
