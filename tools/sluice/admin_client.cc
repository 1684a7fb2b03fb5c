#include "tools/sluice/admin_client.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>

#include <chrono>

#include "CLI/CLI.hpp"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pipeline/topology/admin_spec.h"
#include "storage/base/read_file.h"
#include "storage/base/status_macros.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

constexpr size_t kMaxPemBytes = 1 << 20;
// sockaddr_un::sun_path less its end.
constexpr size_t kUnixPrefixBytes = 5;
constexpr size_t kMaxUnixAddress = kUnixPrefixBytes + 107;

// Empty: there is no such option.
absl::StatusOr<std::string> ReadPem(const char* option,
                                    const std::string& path) {
  if (path.empty()) return std::string();
  absl::StatusOr<std::string> pem = ReadFile(path, kMaxPemBytes);
  if (pem.ok()) return pem;
  return absl::InvalidArgumentError(
      absl::StrCat(option, ": ", pem.status().message()));
}

absl::StatusOr<std::string> AddressOf(const AdminClientOptions& options) {
  std::string address = options.address;
  if (address.empty() && !options.data_dir.empty()) {
    address = DefaultAdminAddress(options.data_dir);
  }
  if (address.empty()) {
    return absl::InvalidArgumentError(
        "say where the process is: --data-dir DIR, or --admin ADDRESS, or the "
        "variable SLUICE_ADMIN");
  }
  if (IsUnixAddress(address) && address.size() > kMaxUnixAddress) {
    return absl::InvalidArgumentError(absl::StrCat(
        address,
        " is too long for a socket; set admin.listen to a path of at "
        "most ",
        kMaxUnixAddress - kUnixPrefixBytes, " characters"));
  }
  return address;
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const AdminClientOptions& options, const std::string& address) {
  if (IsUnixAddress(address)) return grpc::InsecureChannelCredentials();
  if (options.insecure_loopback) {
    if (absl::StartsWith(address, "127.") ||
        absl::StartsWith(address, "[::1]:")) {
      return grpc::InsecureChannelCredentials();
    }
    return absl::InvalidArgumentError(absl::StrCat(
        "--insecure-loopback: ", address, " is no loopback address"));
  }
  grpc::SslCredentialsOptions tls;
  SLUICE_ASSIGN_OR_RETURN(tls.pem_root_certs,
                          ReadPem("--ca-file", options.ca_file));
  SLUICE_ASSIGN_OR_RETURN(tls.pem_cert_chain,
                          ReadPem("--certificate", options.certificate_file));
  SLUICE_ASSIGN_OR_RETURN(tls.pem_private_key,
                          ReadPem("--key", options.private_key_file));
  if (tls.pem_cert_chain.empty() != tls.pem_private_key.empty()) {
    return absl::InvalidArgumentError("--certificate and --key go together");
  }
  return grpc::SslCredentials(tls);
}

int ExitCodeOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::NOT_FOUND:
      return kExitUsage;
    default:
      return kExitFailure;
  }
}

}  // namespace

void AddAdminOptions(CLI::App& command, AdminClientOptions* options) {
  AddAdminAddressOptions(command, options);
  command
      .add_option("--data-dir", options->data_dir,
                  "Its data directory, where the socket is unless configured "
                  "otherwise")
      ->type_name("DIR");
}

void AddAdminAddressOptions(CLI::App& command, AdminClientOptions* options) {
  command
      .add_option("--admin", options->address,
                  "Where the process serves its admin API: unix:PATH or "
                  "ADDRESS:PORT")
      ->envname("SLUICE_ADMIN")
      ->type_name("ADDRESS");
  command
      .add_option("--token-file", options->token_file,
                  "File with the token to call with")
      ->type_name("FILE");
  command
      .add_option("--ca-file", options->ca_file,
                  "Authorities to trust (PEM); default: the system's")
      ->type_name("FILE");
  command
      .add_option("--certificate", options->certificate_file,
                  "Certificate to call with (PEM)")
      ->type_name("FILE");
  command.add_option("--key", options->private_key_file, "Its key (PEM)")
      ->type_name("FILE");
  command.add_flag("--insecure-loopback", options->insecure_loopback,
                   "Without TLS, to a loopback address");
}

absl::StatusOr<AdminClient> AdminClient::Create(
    const AdminClientOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(const std::string address, AddressOf(options));
  SLUICE_ASSIGN_OR_RETURN(const auto credentials,
                          CredentialsOf(options, address));
  SLUICE_ASSIGN_OR_RETURN(const std::string token,
                          ReadPem("--token-file", options.token_file));
  return AdminClient(address, grpc::CreateChannel(address, credentials),
                     std::string(absl::StripAsciiWhitespace(token)));
}

std::unique_ptr<grpc::ClientContext> AdminClient::NewContext(
    absl::Duration timeout) const {
  auto context = std::make_unique<grpc::ClientContext>();
  if (timeout != absl::InfiniteDuration()) {
    context->set_deadline(std::chrono::system_clock::now() +
                          absl::ToChronoMilliseconds(timeout));
  }
  if (!token_.empty()) {
    context->AddMetadata("authorization", absl::StrCat("Bearer ", token_));
  }
  return context;
}

absl::Status AdminClient::ToStatus(const grpc::Status& status) const {
  if (status.error_code() == grpc::StatusCode::UNAVAILABLE) {
    return absl::UnavailableError(absl::StrCat(
        "nobody answers at ", address_, "; is `sluice run` running there? (",
        status.error_message(), ")"));
  }
  // The codes of gRPC are those of Abseil.
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                      status.error_message());
}

int AdminClient::Fail(const grpc::Status& status, std::ostream& err) const {
  err << "sluice: " << std::string(ToStatus(status).message()) << "\n";
  return ExitCodeOf(status.error_code());
}

}  // namespace sluice
