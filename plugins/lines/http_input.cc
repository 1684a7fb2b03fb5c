#include "plugins/lines/http_input.h"

#include <openssl/crypto.h>

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "pipeline/http/http_answer.h"
#include "pipeline/net/listen_address.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::lines {
namespace {

// How long a stop waits for events under way to become safe.
constexpr absl::Duration kPatience = absl::Seconds(2);
// Seconds between two log lines about refused requests.
constexpr int kLogSeconds = 10;
constexpr std::string_view kBearer = "Bearer ";

// Compared in constant time.
bool HasToken(const HttpServerRequest& request, const std::string& token) {
  const auto header = FindHeader(request.headers, "Authorization");
  if (!header.has_value() ||
      !absl::StartsWithIgnoreCase(ToAbsl(*header), ToAbsl(kBearer))) {
    return false;
  }
  const std::string_view shown =
      ToStd(absl::StripAsciiWhitespace(ToAbsl(header->substr(kBearer.size()))));
  return shown.size() == token.size() &&
         CRYPTO_memcmp(shown.data(), token.data(), token.size()) == 0;
}

HttpResponse Accepted(const BodyContents& contents) {
  return {.status = 200,
          .headers = {{"Content-Type", "application/json"}},
          .body = absl::StrCat("{\"events\":", contents.events,
                               ",\"malformed\":", contents.malformed, "}\n")};
}

}  // namespace

std::optional<HttpResponse> RefuseRequest(const HttpSettings& settings,
                                          const HttpServerRequest& request) {
  if (PercentDecode(request.path) != settings.path) {
    return PlainAnswer(404, "there is nothing here");
  }
  if (request.method != "POST") {
    return WithHeader(PlainAnswer(405, "events are sent with POST"), "Allow",
                      "POST");
  }
  if (!settings.token.empty() && !HasToken(request, settings.token)) {
    return WithHeader(
        PlainAnswer(401,
                    "Authorization: Bearer and the right token are needed"),
        "WWW-Authenticate", "Bearer");
  }
  if (!FindHeader(request.headers, "Content-Length").has_value() &&
      !FindHeader(request.headers, "Transfer-Encoding").has_value()) {
    return PlainAnswer(411, "the request has no body");
  }
  if (IsEncoded(request)) {
    return WithHeader(PlainAnswer(415, "the body must not be encoded"),
                      "Accept-Encoding", "identity");
  }
  return std::nullopt;
}

HttpInput::HttpInput(HttpSettings settings, InputParts parts)
    : settings_(std::move(settings)),
      parts_(std::move(parts)),
      requests_(counter("lines_requests_total",
                        "Requests whose body was looked into.")),
      refused_(counter("lines_refused_total",
                       "Requests that bring no events: method, path, type or "
                       "body.")),
      unauthorized_(counter("lines_unauthorized_total",
                            "Requests without the right token.")),
      intake_(HttpIntake::Create(
          settings_.answer_timeout, parts_.context.executor, parts_.emitter,
          {.acknowledged =
               counter("lines_acknowledged_total", "Requests answered 2xx."),
           .put_off = counter("lines_put_off_total",
                              "Requests answered 503, to come again."),
           .waiting = parts_.context.metrics->gauge(
               "lines_waiting", parts_.context.metric_labels(),
               "Requests that wait for their answer.")},
          nullptr)),
      keeper_(parts_.context, settings_.server.certificate_file,
              [this] { return Listen(); }),
      reader_(parts_.format, parts_.run, parts_.counters) {}

Counter* HttpInput::counter(const char* name, const char* help) const {
  return parts_.context.metrics->counter(name, parts_.context.metric_labels(),
                                         help);
}

void HttpInput::Start() { keeper_.Start(); }

absl::StatusOr<std::string> HttpInput::Listen() {
  // With a renewed certificate, requests under way get no answer and come
  // again.
  server_.reset();
  SLUICE_ASSIGN_OR_RETURN(
      server_,
      HttpServer::Start(settings_.server,
                        [this](HttpServerRequest request,
                               std::shared_ptr<HttpResponder> responder) {
                          OnRequest(std::move(request), std::move(responder));
                        }));
  const bool tls = !settings_.server.certificate_file.empty();
  return absl::StrCat(
      tls ? "https://" : "http://",
      ListenAddress{settings_.server.addresses[0], server_->port()}.ToString(),
      settings_.path);
}

void HttpInput::OnRequest(HttpServerRequest request,
                          std::shared_ptr<HttpResponder> responder) {
  std::optional<HttpResponse> refusal = RefuseRequest(settings_, request);
  if (refusal.has_value()) {
    return Refuse(request, *std::move(refusal), *responder);
  }
  requests_->Add();
  if (!intake_->seems_open()) {
    return intake_->PutOff(*responder, "the queue is full, or too much waits");
  }
  parts_.counters.bytes->Add(request.body.size());
  BodyContents contents = reader_.Read(request);
  if (contents.refusal != 0) {
    return Refuse(request, PlainAnswer(contents.refusal, contents.message),
                  *responder);
  }
  HttpResponse answer = Accepted(contents);
  if (contents.events == 0) return responder->Send(std::move(answer));
  parts_.context.executor->Post([weak = std::weak_ptr<HttpIntake>(intake_),
                                 emission = std::move(contents.emission),
                                 responder = std::move(responder),
                                 answer = std::move(answer)]() mutable {
    const auto intake = weak.lock();
    if (intake == nullptr || !intake->Admit(*responder)) return;
    intake->Emit(std::move(emission), std::move(responder), std::move(answer));
  });
}

void HttpInput::Refuse(const HttpServerRequest& request, HttpResponse refusal,
                       HttpResponder& responder) {
  (refusal.status == 401 ? unauthorized_ : refused_)->Add();
  LOG_EVERY_T(WARNING, kLogSeconds)
      << "source " << parts_.context.name << ": answered " << refusal.status
      << " to " << request.peer << ": "
      << absl::StripTrailingAsciiWhitespace(refusal.body);
  responder.Send(std::move(refusal));
}

void HttpInput::Stop(absl::AnyInvocable<void()> done) {
  keeper_.Stop();
  intake_->Stop(kPatience, [this, done = std::move(done)]() mutable {
    // Not from within what is destroyed.
    parts_.context.executor->Post([this, done = std::move(done)]() mutable {
      server_.reset();
      done();
    });
  });
}

}  // namespace sluice::lines
