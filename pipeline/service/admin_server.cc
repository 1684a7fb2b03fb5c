#include "pipeline/service/admin_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/service/access.h"
#include "pipeline/service/config_history.h"
#include "pipeline/service/config_service.h"
#include "pipeline/service/dead_letter_service.h"
#include "pipeline/service/event_service.h"
#include "pipeline/service/long_calls.h"
#include "pipeline/service/pipeline_service.h"
#include "pipeline/service/process_service.h"
#include "pipeline/service/sink_service.h"
#include "pipeline/service/unix_socket.h"
#include "pipeline/topology/admin_spec.h"
#include "storage/base/read_file.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

constexpr size_t kMaxPemBytes = 1 << 20;
// A configuration of the greatest size, and what stands beside it.
constexpr int kMaxMessageBytes = 5 << 20;
constexpr int kMaxCallsPerConnection = 64;
constexpr size_t kMaxMemoryBytes = 32 << 20;
constexpr int kMaxThreads = 16;
constexpr std::chrono::seconds kStopGrace{1};

absl::StatusOr<std::string> ReadPem(const std::string& path) {
  SLUICE_ASSIGN_OR_RETURN(std::string pem, ReadFile(path, kMaxPemBytes));
  if (!pem.empty()) return pem;
  return absl::InvalidArgumentError(absl::StrCat(path, " is empty"));
}

absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> CredentialsOf(
    const AdminSpec& spec) {
  // Over a socket, permissions of its file decide who can connect; without
  // TLS over loopback, tokens decide.
  if (spec.certificate_file.empty() || IsUnixAddress(spec.listen)) {
    return grpc::InsecureServerCredentials();
  }
  grpc::SslServerCredentialsOptions tls;
  grpc::SslServerCredentialsOptions::PemKeyCertPair pair;
  SLUICE_ASSIGN_OR_RETURN(pair.private_key, ReadPem(spec.private_key_file));
  SLUICE_ASSIGN_OR_RETURN(pair.cert_chain, ReadPem(spec.certificate_file));
  tls.pem_key_cert_pairs.push_back(std::move(pair));
  if (!spec.client_ca_file.empty()) {
    SLUICE_ASSIGN_OR_RETURN(tls.pem_root_certs, ReadPem(spec.client_ca_file));
    // Where tokens would do as well, a certificate is not asked of everyone;
    // one that is shown is always checked.
    tls.client_certificate_request =
        spec.tokens_file.empty()
            ? GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY
            : GRPC_SSL_REQUEST_CLIENT_CERTIFICATE_AND_VERIFY;
  }
  return grpc::SslServerCredentials(tls);
}

class RunningServer final : public AdminServer {
 public:
  ~RunningServer() override {
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now() + kStopGrace);
    server_->Wait();
  }

  absl::Status Init(const AdminSpec& spec, Process* process,
                    admin::v1::ProcessInfo info,
                    const std::optional<ConfigOrigin>& origin);

  const std::string& address() const override { return address_; }

 private:
  absl::Status MakeConfigService(const ConfigOrigin& origin, Process* process);
  absl::Status Bind(const AdminSpec& spec, grpc::ServerBuilder& builder);

  std::string address_;
  // In order of construction: what is above outlives what is below.
  std::unique_ptr<AccessPolicy> access_;
  std::unique_ptr<ProcessService> process_service_;
  std::unique_ptr<LongCalls> changes_;
  std::unique_ptr<LongCalls> reads_;
  std::unique_ptr<DeadLetterService> dead_letter_service_;
  std::unique_ptr<PipelineService> pipeline_service_;
  std::unique_ptr<SinkService> sink_service_;
  std::unique_ptr<EventService> event_service_;
  std::unique_ptr<ConfigHistory> history_;
  std::unique_ptr<ConfigService> config_service_;  // Null: there is none.
  std::unique_ptr<UnixSocket> socket_;
  std::unique_ptr<grpc::Server> server_;
};

absl::Status RunningServer::MakeConfigService(const ConfigOrigin& origin,
                                              Process* process) {
  SLUICE_ASSIGN_OR_RETURN(history_, ConfigHistory::Open(origin.history));
  SLUICE_RETURN_IF_ERROR(RecordStart(origin.text, origin.file, *history_));
  config_service_ = std::make_unique<ConfigService>(
      process, origin.registry, history_.get(), changes_.get());
  return absl::OkStatus();
}

absl::Status RunningServer::Init(const AdminSpec& spec, Process* process,
                                 admin::v1::ProcessInfo info,
                                 const std::optional<ConfigOrigin>& origin) {
  SLUICE_ASSIGN_OR_RETURN(access_, AccessPolicy::Create(spec));
  process_service_ =
      std::make_unique<ProcessService>(process, access_.get(), std::move(info));
  dead_letter_service_ =
      std::make_unique<DeadLetterService>(process, access_.get());
  changes_ = std::make_unique<LongCalls>(access_.get(), "admin");
  reads_ = std::make_unique<LongCalls>(access_.get(), "admin-look");
  pipeline_service_ =
      std::make_unique<PipelineService>(process, access_.get(), changes_.get());
  sink_service_ = std::make_unique<SinkService>(process, access_.get(),
                                                changes_.get(), reads_.get());
  event_service_ = std::make_unique<EventService>(process, access_.get());
  if (origin.has_value()) {
    SLUICE_RETURN_IF_ERROR(MakeConfigService(*origin, process));
  }
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ResourceQuota quota("admin");
  quota.Resize(kMaxMemoryBytes).SetMaxThreads(kMaxThreads);
  grpc::ServerBuilder builder;
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kMaxCallsPerConnection);
  // Two servers must never share an address, each with half of the callers.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.RegisterService(process_service_.get());
  builder.RegisterService(dead_letter_service_.get());
  builder.RegisterService(pipeline_service_.get());
  builder.RegisterService(sink_service_.get());
  builder.RegisterService(event_service_.get());
  if (config_service_ != nullptr) {
    builder.RegisterService(config_service_.get());
  }
  SLUICE_RETURN_IF_ERROR(Bind(spec, builder));
  server_->GetHealthCheckService()->SetServingStatus(true);
  return absl::OkStatus();
}

absl::Status RunningServer::Bind(const AdminSpec& spec,
                                 grpc::ServerBuilder& builder) {
  SLUICE_ASSIGN_OR_RETURN(const auto credentials, CredentialsOf(spec));
  std::string target = spec.listen;
  if (IsUnixAddress(spec.listen)) {
    SLUICE_ASSIGN_OR_RETURN(
        socket_, UnixSocket::Prepare(spec.listen.substr(5), spec.socket_mode));
    target = absl::StrCat("unix:", socket_->bind_path());
  }
  int port = 0;
  builder.AddListeningPort(target, credentials, &port);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr || port == 0) {
    return absl::UnavailableError(
        absl::StrCat("admin: cannot listen at ", spec.listen));
  }
  address_ = spec.listen;
  if (socket_ != nullptr) return socket_->Publish();
  address_ =
      absl::StrCat(spec.listen.substr(0, spec.listen.rfind(':') + 1), port);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(
    const AdminSpec& spec, Process* process, admin::v1::ProcessInfo info,
    const std::optional<ConfigOrigin>& origin) {
  auto server = std::make_unique<RunningServer>();
  SLUICE_RETURN_IF_ERROR(server->Init(spec, process, std::move(info), origin));
  return server;
}

}  // namespace sluice
