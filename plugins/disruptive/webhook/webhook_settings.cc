#include "plugins/disruptive/webhook/webhook_settings.h"

#include <arpa/inet.h>

#include <limits>
#include <optional>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pipeline/api/config_check.h"
#include "pipeline/api/secret.h"
#include "pipeline/http/url.h"

namespace sluice::disruptive {
namespace {

constexpr size_t kDefaultMaxBodyBytes = 256 << 10;
constexpr size_t kDefaultMaxConnections = 256;
constexpr absl::Duration kDefaultReadTimeout = absl::Seconds(15);
// A signature has about 400 bytes.
constexpr size_t kMaxHeaderBytes = 16 << 10;
// Each is tried on a push that none of the others signed.
constexpr int kMaxSecrets = 100;

void TakeAddresses(const v1::DisruptiveWebhookConfig& config,
                   WebhookSettings* settings, Problems* problems) {
  if (config.port() == 0 ||
      config.port() > std::numeric_limits<uint16_t>::max()) {
    problems->Add(
        "port",
        config.port() == 0
            ? "needed: 1 to 65535"
            : absl::StrCat(config.port(), " is not allowed; give 1 to 65535"));
  }
  settings->server.port = static_cast<uint16_t>(config.port());
  if (config.addresses_size() == 0) return;
  settings->server.addresses = {config.addresses().begin(),
                                config.addresses().end()};
}

// Whether an address is one that only this machine reaches; nullopt: it is no
// IP address.
std::optional<bool> IsLoopback(const std::string& address) {
  in_addr v4;
  if (inet_pton(AF_INET, address.c_str(), &v4) == 1) {
    return ntohl(v4.s_addr) >> 24 == 127;
  }
  in6_addr v6;
  if (inet_pton(AF_INET6, address.c_str(), &v6) == 1) {
    return IN6_IS_ADDR_LOOPBACK(&v6) != 0;
  }
  return std::nullopt;
}

bool OnlyLoopback(const std::vector<std::string>& addresses,
                  Problems* problems) {
  bool only = true;
  for (size_t i = 0; i < addresses.size(); ++i) {
    const std::optional<bool> loopback = IsLoopback(addresses[i]);
    if (!loopback.has_value()) {
      problems->Add(absl::StrCat("addresses[", i, "]"),
                    absl::StrCat("\"", addresses[i],
                                 "\" is not an IP address; write 0.0.0.0 or :: "
                                 "for all of this machine"));
    } else if (!*loopback) {
      only = false;
    }
  }
  return only;
}

void TakeTls(const v1::DisruptiveWebhookConfig& config, bool only_loopback,
             WebhookSettings* settings, Problems* problems) {
  const bool certificate = !config.certificate_file().empty();
  if (certificate != !config.private_key_file().empty()) {
    problems->Add(certificate ? "private_key_file" : "certificate_file",
                  "needed: certificate_file and private_key_file go together");
  }
  if (certificate && config.plain_http()) {
    problems->Add("plain_http", "not together with certificate_file");
  }
  if (!certificate && !config.plain_http() && !only_loopback) {
    problems->Add("certificate_file",
                  "needed, with private_key_file, to listen on more than "
                  "loopback; or plain_http: true behind a proxy that ends TLS");
  }
  settings->server.certificate_file = config.certificate_file();
  settings->server.private_key_file = config.private_key_file();
}

void TakeSecrets(const v1::DisruptiveWebhookConfig& config,
                 WebhookSettings* settings, Problems* problems) {
  if (config.unsigned_() && config.signature_secrets_size() > 0) {
    problems->Add("unsigned", "not together with signature_secrets");
  }
  if (!config.unsigned_() && config.signature_secrets_size() == 0) {
    problems->Add("signature_secrets",
                  "needed: the signature secret of each Data Connector; or "
                  "unsigned: true to take events from anybody");
  }
  if (config.signature_secrets_size() > kMaxSecrets) {
    problems->Add("signature_secrets",
                  absl::StrCat(config.signature_secrets_size(),
                               " are too many; give at most ", kMaxSecrets));
  }
  for (int i = 0; i < config.signature_secrets_size(); ++i) {
    absl::StatusOr<std::string> secret =
        ReadSecret(config.signature_secrets(i));
    if (secret.ok()) {
      settings->secrets.push_back(*std::move(secret));
    } else {
      problems->Add(absl::StrCat("signature_secrets[", i, "]"),
                    std::string(secret.status().message()));
    }
  }
}

void TakePath(const std::string& path, WebhookSettings* settings,
              Problems* problems) {
  if (path.empty()) return;
  if (!absl::StartsWith(path, "/") || absl::StrContains(path, "?") ||
      absl::StrContains(path, "#")) {
    problems->Add("path",
                  absl::StrCat("\"", path,
                               "\" is no path; write it as /hooks/dt, without "
                               "host and query"));
  }
  settings->path = PercentDecode(path);
}

}  // namespace

absl::StatusOr<WebhookSettings> MakeWebhookSettings(
    const v1::DisruptiveWebhookConfig& config) {
  WebhookSettings settings;
  HttpServerOptions& server = settings.server;
  Problems problems;
  server.max_header_bytes = kMaxHeaderBytes;
  server.max_body_bytes = kDefaultMaxBodyBytes;
  server.max_connections = kDefaultMaxConnections;
  server.idle_timeout = kDefaultReadTimeout;
  TakeAddresses(config, &settings, &problems);
  TakePath(config.path(), &settings, &problems);
  TakeTls(config, OnlyLoopback(server.addresses, &problems), &settings,
          &problems);
  TakeSecrets(config, &settings, &problems);

  Section section("", &problems);
  section.Take("clock_leeway", config.has_clock_leeway(), config.clock_leeway(),
               absl::ZeroDuration(), absl::Hours(1), &settings.clock_leeway);
  section.Take("answer_timeout", config.has_answer_timeout(),
               config.answer_timeout(), absl::Milliseconds(100),
               absl::Minutes(1), &settings.answer_timeout);
  section.Take<uint64_t>("max_body_bytes", config.max_body_bytes(), 1 << 10,
                         16 << 20, &server.max_body_bytes);
  section.Take<uint32_t>("max_connections", config.max_connections(), 1, 10'000,
                         &server.max_connections);
  section.Take("read_timeout", config.has_read_timeout(), config.read_timeout(),
               absl::Milliseconds(100), absl::Minutes(10),
               &server.idle_timeout);
  server.request_timeout = server.idle_timeout;
  if (absl::Status status = problems.status(); !status.ok()) return status;
  return settings;
}

}  // namespace sluice::disruptive
