#include "pipeline/topology/admin_spec.h"

#include <cstdint>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/net/listen_address.h"
#include "pipeline/net/unix_socket.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

constexpr char kUnix[] = "unix:";

absl::Status CheckTcp(const config::v1::Admin& config,
                      const ListenAddress& address) {
  const std::string name = absl::StrCat("\"", address.ToString(), "\"");
  const bool has_tls = !config.certificate_file().empty();
  if (!has_tls && !config.insecure_loopback()) {
    return ConfigError(
        "listen",
        absl::StrCat(
            name, " needs TLS: give certificate_file and private_key_file",
            address.is_loopback() ? ", or insecure_loopback: true" : ""));
  }
  if (!has_tls && !address.is_loopback()) {
    return ConfigError(
        "insecure_loopback",
        absl::StrCat(name,
                     " is no loopback address; it needs certificate_file and "
                     "private_key_file"));
  }
  if (config.tokens_file().empty() && config.clients().empty()) {
    return ConfigError("listen",
                       "nobody could call: give tokens_file, or client_ca_file "
                       "and clients");
  }
  return absl::OkStatus();
}

absl::Status CheckTls(const config::v1::Admin& config) {
  if (config.certificate_file().empty() != config.private_key_file().empty()) {
    return config.certificate_file().empty()
               ? ConfigError("certificate_file", "goes with private_key_file")
               : ConfigError("private_key_file", "goes with certificate_file");
  }
  if (!config.client_ca_file().empty() && config.certificate_file().empty()) {
    return ConfigError("client_ca_file",
                       "certificates of callers need TLS: give "
                       "certificate_file and private_key_file");
  }
  if (config.client_ca_file().empty() != config.clients().empty()) {
    return config.clients().empty()
               ? ConfigError("clients",
                             "say which role each caller with a certificate "
                             "has, e.g. {ops.example: operator}")
               : ConfigError("client_ca_file",
                             "needed to check the certificates of clients");
  }
  for (const auto& [name, role] : config.clients()) {
    if (role != config::v1::ROLE_UNSPECIFIED) continue;
    return ConfigError(absl::StrCat("clients.", name),
                       "give viewer, operator or admin");
  }
  return absl::OkStatus();
}

absl::Status CheckUnix(const config::v1::Admin& config) {
  const std::string path = config.listen().substr(sizeof(kUnix) - 1);
  if (path.empty() || path.size() > kMaxSocketPathBytes) {
    return ConfigError(
        "listen",
        absl::StrCat("the path of a socket has 1 to ", kMaxSocketPathBytes,
                     " bytes, this one ", path.size()));
  }
  return absl::OkStatus();
}

}  // namespace

std::string DefaultAdminAddress(const std::string& data_dir) {
  return absl::StrCat(kUnix, data_dir, "/admin.sock");
}

bool IsUnixAddress(const std::string& address) {
  return absl::StartsWith(address, kUnix);
}

absl::StatusOr<AdminSpec> BuildAdminSpec(const config::v1::Admin& config,
                                         const std::string& data_dir) {
  SLUICE_RETURN_IF_ERROR(CheckTls(config));
  AdminSpec spec;
  spec.certificate_file = config.certificate_file();
  spec.private_key_file = config.private_key_file();
  spec.tokens_file = config.tokens_file();
  spec.client_ca_file = config.client_ca_file();
  spec.clients.insert(config.clients().begin(), config.clients().end());
  if (!config.socket_mode().empty()) {
    const absl::StatusOr<uint32_t> mode = ParseSocketMode(config.socket_mode());
    if (!mode.ok()) {
      return ConfigError("socket_mode", std::string(mode.status().message()));
    }
    spec.socket_mode = *mode;
  }
  if (config.listen() == "off") return spec;
  if (config.listen().empty()) {
    spec.listen = DefaultAdminAddress(data_dir);
    spec.is_default = true;
    return spec;
  }
  if (IsUnixAddress(config.listen())) {
    SLUICE_RETURN_IF_ERROR(CheckUnix(config));
    spec.listen = config.listen();
    return spec;
  }
  const absl::StatusOr<ListenAddress> address =
      ParseListenAddress(config.listen());
  if (!address.ok()) {
    return ConfigError("listen", absl::StrCat(address.status().message(),
                                              "; or unix:PATH, or off"));
  }
  SLUICE_RETURN_IF_ERROR(CheckTcp(config, *address));
  spec.listen = address->ToString();
  return spec;
}

}  // namespace sluice
