#include "plugins/lines/lines_settings.h"

#include <cstdint>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pipeline/api/config_check.h"
#include "pipeline/api/secret.h"
#include "pipeline/http/url.h"
#include "pipeline/net/listen_address.h"
#include "pipeline/net/unix_socket.h"
#include "storage/base/to_absl.h"

namespace sluice::lines {
namespace {

// A socket is bound beside its path, under a longer name, and a path of sockets
// has at most 107 bytes.
constexpr size_t kMaxSocketPathBytes = 80;
constexpr uint32_t kMaxConnections = 10'000;
// Each may hold a body.
constexpr size_t kDefaultHttpConnections = 128;
constexpr size_t kMaxHeaderBytes = 16 << 10;
constexpr absl::Duration kDefaultHttpIdle = absl::Minutes(1);
// From the first byte of a request to its last: a large body over a slow line.
constexpr absl::Duration kRequestTimeout = absl::Minutes(5);

// Of one of the inputs: "tcp.listen".
std::string In(std::string_view input, std::string_view field) {
  return absl::StrCat(ToAbsl(input), ".", ToAbsl(field));
}

std::optional<ListenAddress> TakeAddress(std::string_view input,
                                         const std::string& text,
                                         Problems* problems) {
  if (text.empty()) {
    problems->Add(In(input, "listen"),
                  "needed: an address and port such as 127.0.0.1:5170");
    return std::nullopt;
  }
  absl::StatusOr<ListenAddress> address = ParseListenAddress(text);
  if (address.ok()) return *std::move(address);
  problems->Add(In(input, "listen"), ToStd(address.status().message()));
  return std::nullopt;
}

// Where a server listens, and its certificate.
struct Tls {
  const std::string& certificate_file;
  const std::string& private_key_file;
  // Its name, and whether it is set.
  const char* plain_name;
  bool plain;
};

void CheckTls(std::string_view input, const Tls& tls, bool loopback,
              Problems* problems) {
  const bool certificate = !tls.certificate_file.empty();
  if (certificate != !tls.private_key_file.empty()) {
    problems->Add(
        In(input, certificate ? "private_key_file" : "certificate_file"),
        "needed: certificate_file and private_key_file go together");
  }
  if (certificate && tls.plain) {
    problems->Add(In(input, tls.plain_name),
                  "not together with certificate_file");
  }
  if (!certificate && !tls.plain && !loopback) {
    problems->Add(
        In(input, "certificate_file"),
        absl::StrCat("needed, with private_key_file, to listen on "
                     "more than loopback; or ",
                     tls.plain_name, ": true if all the way is trusted"));
  }
}

StreamSettings TakeTcp(const v1::TcpInput& config, Problems* problems) {
  StreamSettings settings;
  StreamServerOptions& server = settings.server;
  server.name = "lines-tcp";
  server.tcp = TakeAddress("tcp", config.listen(), problems);
  CheckTls("tcp",
           {config.certificate_file(), config.private_key_file(), "plain_tcp",
            config.plain_tcp()},
           !server.tcp.has_value() || server.tcp->is_loopback(), problems);
  server.certificate_file = config.certificate_file();
  server.private_key_file = config.private_key_file();
  Section("tcp.", problems)
      .Take<uint32_t>("max_connections", config.max_connections(), 1,
                      kMaxConnections, &server.max_connections);
  settings.receipts = config.receipts();
  return settings;
}

StreamSettings TakeUnix(const v1::UnixInput& config, Problems* problems) {
  StreamSettings settings;
  StreamServerOptions& server = settings.server;
  server.name = "lines-unix";
  server.unix_path = config.path();
  if (config.path().empty() || config.path().size() > kMaxSocketPathBytes) {
    problems->Add("unix.path",
                  absl::StrCat("needed: the path of a socket, of 1 to ",
                               kMaxSocketPathBytes, " bytes; this one has ",
                               config.path().size()));
  }
  if (!config.mode().empty()) {
    const absl::StatusOr<uint32_t> mode = ParseSocketMode(config.mode());
    if (mode.ok()) {
      server.unix_mode = *mode;
    } else {
      problems->Add("unix.mode", ToStd(mode.status().message()));
    }
  }
  Section("unix.", problems)
      .Take<uint32_t>("max_connections", config.max_connections(), 1,
                      kMaxConnections, &server.max_connections);
  settings.receipts = config.receipts();
  return settings;
}

void TakePath(const std::string& path, HttpSettings* settings,
              Problems* problems) {
  if (path.empty()) return;
  if (!absl::StartsWith(path, "/") || absl::StrContains(path, "?") ||
      absl::StrContains(path, "#")) {
    problems->Add("http.path",
                  absl::StrCat("\"", path,
                               "\" is no path; write it as /events, without "
                               "host and query"));
  }
  settings->path = PercentDecode(path);
}

HttpSettings TakeHttp(const v1::HttpInput& config, Problems* problems) {
  HttpSettings settings;
  HttpServerOptions& server = settings.server;
  server.name = "lines-http";
  server.max_header_bytes = kMaxHeaderBytes;
  server.max_connections = kDefaultHttpConnections;
  server.idle_timeout = kDefaultHttpIdle;
  server.request_timeout = kRequestTimeout;
  const auto address = TakeAddress("http", config.listen(), problems);
  if (address.has_value()) {
    server.addresses = {address->address};
    server.port = address->port;
  }
  CheckTls("http",
           {config.certificate_file(), config.private_key_file(), "plain_http",
            config.plain_http()},
           !address.has_value() || address->is_loopback(), problems);
  server.certificate_file = config.certificate_file();
  server.private_key_file = config.private_key_file();
  TakePath(config.path(), &settings, problems);
  if (config.has_token()) {
    absl::StatusOr<std::string> token = ReadSecret(config.token());
    if (token.ok()) {
      settings.token = *std::move(token);
    } else {
      problems->Add("http.token", ToStd(token.status().message()));
    }
  }
  Section section("http.", problems);
  section.Take<uint64_t>("max_body_bytes", config.max_body_bytes(), 1 << 10,
                         64 << 20, &server.max_body_bytes);
  section.Take<uint32_t>("max_connections", config.max_connections(), 1,
                         kMaxConnections, &server.max_connections);
  section.Take("answer_timeout", config.has_answer_timeout(),
               config.answer_timeout(), absl::Milliseconds(100),
               absl::Minutes(10), &settings.answer_timeout);
  return settings;
}

void TakeInput(const v1::LinesSourceConfig& config, LinesSettings* settings,
               Problems* problems) {
  const int inputs = config.has_tcp() + config.has_unix() + config.has_http() +
                     config.has_stdin();
  if (inputs != 1) {
    problems->Add("", absl::StrCat("exactly one of tcp, unix, http and stdin "
                                   "is needed, here are ",
                                   inputs));
  }
  if (config.has_tcp()) settings->input = TakeTcp(config.tcp(), problems);
  if (config.has_unix()) settings->input = TakeUnix(config.unix(), problems);
  if (config.has_http()) settings->input = TakeHttp(config.http(), problems);
  if (config.has_stdin()) settings->input = StdinSettings();
}

void TakeIdleTimeout(const v1::LinesSourceConfig& config,
                     LinesSettings* settings, Problems* problems) {
  if (!config.has_idle_timeout()) return;
  if (config.has_stdin()) {
    problems->Add("idle_timeout", "is for connections; stdin has none");
    return;
  }
  absl::Duration timeout = absl::InfiniteDuration();
  Section("", problems)
      .Take("idle_timeout", true, config.idle_timeout(),
            absl::Milliseconds(100), absl::Hours(24), &timeout);
  if (auto* stream = std::get_if<StreamSettings>(&settings->input)) {
    stream->server.idle_timeout = timeout;
  } else if (auto* http = std::get_if<HttpSettings>(&settings->input)) {
    http->server.idle_timeout = timeout;
  }
}

// "a..b" and the like lead nowhere.
void CheckPath(const char* name, const std::string& path, Problems* problems) {
  if (path.empty()) return;
  if (path.front() == '.' || path.back() == '.' ||
      absl::StrContains(path, "..")) {
    problems->Add(In("fields", name),
                  absl::StrCat("\"", path,
                               "\" is no path; write the name of a member, or "
                               "several with a dot between, as device.id"));
  }
}

void TakeFormat(const v1::LinesSourceConfig& config, LineFormat* format,
                Problems* problems) {
  format->cloud_events = config.format() == v1::CLOUD_EVENTS;
  const v1::Fields& fields = config.fields();
  format->fields = {.id = fields.id(),
                    .subject = fields.subject(),
                    .type = fields.type(),
                    .time = fields.time(),
                    .source = fields.source()};
  CheckPath("id", fields.id(), problems);
  CheckPath("subject", fields.subject(), problems);
  CheckPath("type", fields.type(), problems);
  CheckPath("time", fields.time(), problems);
  CheckPath("source", fields.source(), problems);
  if (!config.type().empty()) format->type = config.type();
  format->source = config.event_source();
  if (format->cloud_events) {
    const char* const name = config.has_fields()              ? "fields"
                             : !config.type().empty()         ? "type"
                             : !config.event_source().empty() ? "event_source"
                                                              : nullptr;
    if (name != nullptr) {
      problems->Add(name,
                    "is for format: json; a CloudEvent says it all itself");
    }
  }
  Section("", problems)
      .Take<uint64_t>("max_line_bytes", config.max_line_bytes(), 1 << 10,
                      64 << 20, &format->max_line_bytes);
}

// Whether a sender learns what is safe, and so sends again what is not.
bool SenderLearns(const LinesSettings& settings) {
  if (const auto* stream = std::get_if<StreamSettings>(&settings.input)) {
    return stream->receipts;
  }
  return std::holds_alternative<HttpSettings>(settings.input);
}

}  // namespace

absl::StatusOr<LinesSettings> MakeLinesSettings(
    const v1::LinesSourceConfig& config) {
  LinesSettings settings;
  Problems problems;
  TakeInput(config, &settings, &problems);
  TakeIdleTimeout(config, &settings, &problems);
  TakeFormat(config, &settings.format, &problems);
  const bool ids_come_in =
      settings.format.cloud_events || !settings.format.fields.id.empty();
  settings.may_repeat = config.has_may_repeat()
                            ? config.may_repeat()
                            : ids_come_in && SenderLearns(settings);
  if (absl::Status status = problems.status(); !status.ok()) return status;
  return settings;
}

}  // namespace sluice::lines
