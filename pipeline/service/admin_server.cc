#include "pipeline/service/admin_server.h"

#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/net/unix_socket.h"
#include "pipeline/service/access.h"
#include "pipeline/service/config_history.h"
#include "pipeline/service/config_service.h"
#include "pipeline/service/connection_gate.h"
#include "pipeline/service/current_plugins.h"
#include "pipeline/service/dead_letter_service.h"
#include "pipeline/service/event_service.h"
#include "pipeline/service/long_calls.h"
#include "pipeline/service/pipeline_service.h"
#include "pipeline/service/plugin_service.h"
#include "pipeline/service/process_service.h"
#include "pipeline/service/sink_service.h"
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
// A quarter of the 1024 file descriptors that a process has by default, with
// two for each.
constexpr size_t kMaxConnections = 128;
// A connection that does not say what it is goes soon; one whose other side has
// gone without a word, after a minute or so.
constexpr int kHandshakeTimeoutMs = 10'000;
constexpr int kKeepaliveTimeMs = 60'000;
constexpr int kKeepaliveTimeoutMs = 20'000;
constexpr std::chrono::seconds kStopGrace{1};

// Says what part of the configuration the trouble is about.
absl::Status OfAdmin(const absl::Status& status) {
  return absl::Status(status.code(), absl::StrCat("admin: ", status.message()));
}

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
    if (gate_ != nullptr) gate_->Stop();
    if (server_ == nullptr) return;
    server_->Shutdown(std::chrono::system_clock::now() + kStopGrace);
    server_->Wait();
  }

  absl::Status Init(const AdminSpec& spec, Process* process,
                    admin::v1::ProcessInfo info,
                    const std::optional<ConfigOrigin>& origin);

  const std::string& address() const override { return address_; }

 private:
  // The services of what a configuration says.
  absl::Status MakeConfigServices(const ConfigOrigin& origin, Process* process);
  absl::Status Bind(const AdminSpec& spec, grpc::ServerBuilder& builder);
  // Sets the bounds of connections and their calls.
  static void SetBounds(grpc::ServerBuilder& builder);

  std::string address_;
  // In order of construction: what is above outlives what is below.
  std::unique_ptr<AccessPolicy> access_;
  std::unique_ptr<CurrentPlugins> plugins_;
  std::unique_ptr<ProcessService> process_service_;
  std::unique_ptr<LongCalls> changes_;
  std::unique_ptr<LongCalls> reads_;
  std::unique_ptr<DeadLetterService> dead_letter_service_;
  std::unique_ptr<PipelineService> pipeline_service_;
  std::unique_ptr<SinkService> sink_service_;
  std::unique_ptr<EventService> event_service_;
  std::unique_ptr<ConfigHistory> history_;
  // Null, as the history and the plugins: there are none.
  std::unique_ptr<PluginService> plugin_service_;
  std::unique_ptr<ConfigService> config_service_;
  std::unique_ptr<UnixSocket> socket_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> acceptor_;
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<ConnectionGate> gate_;
};

absl::Status RunningServer::MakeConfigServices(const ConfigOrigin& origin,
                                               Process* process) {
  SLUICE_ASSIGN_OR_RETURN(history_, ConfigHistory::Open(origin.history));
  SLUICE_RETURN_IF_ERROR(RecordStart(origin.text, origin.file, *history_));
  plugin_service_ =
      std::make_unique<PluginService>(plugins_.get(), access_.get());
  config_service_ = std::make_unique<ConfigService>(
      process, origin.registry, plugins_.get(), history_.get(), changes_.get());
  return absl::OkStatus();
}

absl::Status RunningServer::Init(const AdminSpec& spec, Process* process,
                                 admin::v1::ProcessInfo info,
                                 const std::optional<ConfigOrigin>& origin) {
  SLUICE_ASSIGN_OR_RETURN(access_, AccessPolicy::Create(spec));
  if (origin.has_value()) {
    plugins_ = std::make_unique<CurrentPlugins>(
        origin->plugins != nullptr
            ? origin->plugins
            : std::make_shared<PluginRegistry>(origin->registry));
  }
  process_service_ = std::make_unique<ProcessService>(
      process, access_.get(), plugins_.get(), std::move(info));
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
    SLUICE_RETURN_IF_ERROR(MakeConfigServices(*origin, process));
  }
  grpc::EnableDefaultHealthCheckService(true);
  grpc::reflection::InitProtoReflectionServerBuilderPlugin();
  grpc::ServerBuilder builder;
  SetBounds(builder);
  builder.RegisterService(process_service_.get());
  builder.RegisterService(dead_letter_service_.get());
  builder.RegisterService(pipeline_service_.get());
  builder.RegisterService(sink_service_.get());
  builder.RegisterService(event_service_.get());
  if (config_service_ != nullptr) {
    builder.RegisterService(config_service_.get());
    builder.RegisterService(plugin_service_.get());
  }
  SLUICE_RETURN_IF_ERROR(Bind(spec, builder));
  server_->GetHealthCheckService()->SetServingStatus(true);
  return absl::OkStatus();
}

void RunningServer::SetBounds(grpc::ServerBuilder& builder) {
  grpc::ResourceQuota quota("admin");
  quota.Resize(kMaxMemoryBytes).SetMaxThreads(kMaxThreads);
  builder.SetResourceQuota(quota);
  builder.SetMaxReceiveMessageSize(kMaxMessageBytes);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             kMaxCallsPerConnection);
  builder.AddChannelArgument(GRPC_ARG_SERVER_HANDSHAKE_TIMEOUT_MS,
                             kHandshakeTimeoutMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveTimeMs);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             kKeepaliveTimeoutMs);
  // Also of a connection without calls, as often as it takes.
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
}

absl::Status RunningServer::Bind(const AdminSpec& spec,
                                 grpc::ServerBuilder& builder) {
  SLUICE_ASSIGN_OR_RETURN(const auto credentials, CredentialsOf(spec));
  std::string target = spec.listen;
  if (IsUnixAddress(spec.listen)) {
    absl::StatusOr<std::unique_ptr<UnixSocket>> socket =
        UnixSocket::Prepare(spec.listen.substr(5), spec.socket_mode);
    if (!socket.ok()) return OfAdmin(socket.status());
    socket_ = *std::move(socket);
    target = absl::StrCat("unix:", socket_->bind_path());
  }
  SLUICE_ASSIGN_OR_RETURN(gate_,
                          ConnectionGate::Listen(target, kMaxConnections));
  access_->set_on_caller(
      [this](const std::string& peer) { gate_->Trust(peer); });
  acceptor_ = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD,
      credentials);
  server_ = builder.BuildAndStart();
  if (server_ == nullptr) {
    return absl::UnavailableError(
        absl::StrCat("admin: cannot serve at ", spec.listen));
  }
  gate_->Start([this](int fd) {
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters
        connection;
    connection.fd = fd;
    acceptor_->HandleNewConnection(&connection);
  });
  address_ = spec.listen;
  if (socket_ != nullptr) {
    const absl::Status published = socket_->Publish();
    return published.ok() ? published : OfAdmin(published);
  }
  address_ = absl::StrCat(spec.listen.substr(0, spec.listen.rfind(':') + 1),
                          gate_->port());
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
