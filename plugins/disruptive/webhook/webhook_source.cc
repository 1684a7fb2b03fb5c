#include "plugins/disruptive/webhook/webhook_source.h"

#include <sys/stat.h>

#include <algorithm>
#include <tuple>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "glog/logging.h"
#include "pipeline/http/http_server.h"
#include "plugins/disruptive/scoped_timer.h"
#include "plugins/disruptive/webhook/push_intake.h"
#include "plugins/disruptive/webhook/push_request.h"

namespace sluice::disruptive {
namespace {

constexpr absl::Duration kFirstRetry = absl::Seconds(1);
constexpr absl::Duration kLongestRetry = absl::Seconds(30);
// How often the certificate is looked at for a renewal.
constexpr absl::Duration kCertificateInterval = absl::Minutes(1);
// How long a stop waits for events under way to become safe.
constexpr absl::Duration kPatience = absl::Seconds(2);
// Seconds between two log lines about refused requests.
constexpr int kLogSeconds = 10;

// What changes when a file is replaced.
using FileMark = std::tuple<int64_t, int64_t, int64_t, uint64_t>;
FileMark MarkOf(const std::string& path) {
  struct stat found;
  if (path.empty() || ::stat(path.c_str(), &found) != 0) return {};
  return {found.st_mtim.tv_sec, found.st_mtim.tv_nsec, found.st_size,
          found.st_ino};
}

}  // namespace

// Everything that exists between Start() and the end of Stop().
class WebhookSource::Running {
 public:
  Running(const WebhookSettings* settings, const ComponentContext& context,
          Emitter* emitter)
      : settings_(settings),
        context_(context),
        unauthorized_(counter("disruptive_webhook_unauthorized_total",
                              "Requests without a good signature.")),
        refused_(
            counter("disruptive_webhook_refused_total",
                    "Requests that are no push: method, path, type or body.")),
        intake_(PushIntake::Create(
            settings->answer_timeout, context.executor, emitter,
            {.pushes = counter("disruptive_webhook_pushes_total",
                               "Pushes with a good signature."),
             .acknowledged = counter("disruptive_webhook_acknowledged_total",
                                     "Pushes answered 2xx."),
             .malformed = counter("disruptive_webhook_malformed_total",
                                  "Pushes whose body could not be read."),
             .put_off = counter("disruptive_webhook_put_off_total",
                                "Pushes answered 503, to come again."),
             .waiting = context.metrics->gauge(
                 "disruptive_webhook_waiting", context.metric_labels(),
                 "Pushes that wait for their answer.")},
            [this](bool blocked) { OnBlocked(blocked); })),
        timer_(context.executor) {}

  void Listen();
  void Stop(absl::AnyInvocable<void()> done);

  uint16_t port() const { return server_ == nullptr ? 0 : server_->port(); }

 private:
  Counter* counter(const char* name, const char* help) const {
    return context_.metrics->counter(name, context_.metric_labels(), help);
  }

  // On the server's thread.
  void OnRequest(HttpServerRequest request,
                 std::shared_ptr<HttpResponder> responder);

  void OnBlocked(bool blocked) {
    blocked_ = blocked;
    if (server_ != nullptr) ReportListening();
  }
  void ReportListening();
  void CheckCertificate();
  std::string Place() const;

  const WebhookSettings* const settings_;
  const ComponentContext context_;
  Counter* const unauthorized_;
  Counter* const refused_;
  const std::shared_ptr<PushIntake> intake_;
  bool blocked_ = false;
  absl::Duration retry_ = kFirstRetry;
  FileMark certificate_;
  ScopedTimer timer_;
  // Last: its thread uses the others.
  std::unique_ptr<HttpServer> server_;
};

void WebhookSource::Running::Listen() {
  certificate_ = MarkOf(settings_->server.certificate_file);
  absl::StatusOr<std::unique_ptr<HttpServer>> server = HttpServer::Start(
      settings_->server, [this](HttpServerRequest request,
                                std::shared_ptr<HttpResponder> responder) {
        OnRequest(std::move(request), std::move(responder));
      });
  if (server.ok()) {
    server_ = *std::move(server);
    retry_ = kFirstRetry;
    ReportListening();
    if (!settings_->server.certificate_file.empty()) {
      timer_.Start(kCertificateInterval, [this] { CheckCertificate(); });
    }
    return;
  }
  // Somebody who has the port may go; a wrong certificate needs a person.
  context_.health->Report({absl::IsAlreadyExists(server.status())
                               ? HealthState::kDegraded
                               : HealthState::kPaused,
                           std::string(server.status().message())});
  timer_.Start(retry_, [this] { Listen(); });
  retry_ = std::min(retry_ * 2, kLongestRetry);
}

void WebhookSource::Running::CheckCertificate() {
  if (MarkOf(settings_->server.certificate_file) == certificate_) {
    timer_.Start(kCertificateInterval, [this] { CheckCertificate(); });
    return;
  }
  LOG(INFO) << "source " << context_.name << ": the certificate "
            << settings_->server.certificate_file
            << " has changed; listening anew";
  // Pushes under way get no answer and come again.
  server_.reset();
  Listen();
}

void WebhookSource::Running::OnRequest(
    HttpServerRequest request, std::shared_ptr<HttpResponder> responder) {
  std::optional<HttpResponse> refusal =
      RefuseRequest(*settings_, request, context_.executor->Now());
  if (refusal.has_value()) {
    (refusal->status == 401 ? unauthorized_ : refused_)->Add();
    LOG_EVERY_T(WARNING, kLogSeconds)
        << "source " << context_.name << ": answered " << refusal->status
        << " to " << request.peer << ": "
        << absl::StripTrailingAsciiWhitespace(refusal->body);
    return responder->Send(*std::move(refusal));
  }
  context_.executor->Post([weak = std::weak_ptr<PushIntake>(intake_),
                           body = std::move(request.body),
                           responder = std::move(responder)]() mutable {
    if (auto intake = weak.lock()) intake->Take(body, std::move(responder));
  });
}

void WebhookSource::Running::ReportListening() {
  if (blocked_) {
    context_.health->Report(
        {HealthState::kDegraded,
         "the queue is full; pushes are answered 503 and come again"});
  } else {
    context_.health->Report(
        {HealthState::kHealthy, absl::StrCat("listening at ", Place())});
  }
}

std::string WebhookSource::Running::Place() const {
  const bool tls = !settings_->server.certificate_file.empty();
  return absl::StrCat(tls ? "https" : "http", " port ", server_->port(), " of ",
                      absl::StrJoin(settings_->server.addresses, ", "), ", ",
                      settings_->path);
}

void WebhookSource::Running::Stop(absl::AnyInvocable<void()> done) {
  timer_.Cancel();
  intake_->Stop(kPatience, std::move(done));
}

WebhookSource::WebhookSource(WebhookSettings settings)
    : settings_(std::move(settings)) {}

WebhookSource::~WebhookSource() = default;

absl::Status WebhookSource::Start(const ComponentContext& context,
                                  Emitter* emitter,
                                  std::optional<std::string> /*checkpoint*/) {
  executor_ = context.executor;
  running_ = std::make_unique<Running>(&settings_, context, emitter);
  running_->Listen();
  return absl::OkStatus();
}

void WebhookSource::Stop(absl::AnyInvocable<void()> done) {
  if (running_ == nullptr) return done();
  running_->Stop([this, done = std::move(done)]() mutable {
    // Not from within what is destroyed.
    executor_->Post([this, done = std::move(done)]() mutable {
      running_.reset();
      done();
    });
  });
}

uint16_t WebhookSource::port() const {
  return running_ == nullptr ? 0 : running_->port();
}

}  // namespace sluice::disruptive
