#include "plugins/disruptive/webhook/webhook_source.h"

#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "glog/logging.h"
#include "pipeline/api/listen_keeper.h"
#include "pipeline/http/http_server.h"
#include "plugins/disruptive/webhook/push_intake.h"
#include "plugins/disruptive/webhook/push_request.h"
#include "storage/base/status_macros.h"

namespace sluice::disruptive {
namespace {

// How long a stop waits for events under way to become safe.
constexpr absl::Duration kPatience = absl::Seconds(2);
// Seconds between two log lines about refused requests.
constexpr int kLogSeconds = 10;

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
            [this](bool blocked) {
              blocked_ = blocked;
              keeper_.ReportListening();
            })),
        keeper_(
            context, settings->server.certificate_file,
            [this] { return Listen(); },
            [this](const std::string& place) { Report(place); }) {}

  void Start() { keeper_.Start(); }
  void Stop(absl::AnyInvocable<void()> done);

  uint16_t port() const { return server_ == nullptr ? 0 : server_->port(); }

 private:
  Counter* counter(const char* name, const char* help) const {
    return context_.metrics->counter(name, context_.metric_labels(), help);
  }

  // On the server's thread.
  void OnRequest(HttpServerRequest request,
                 std::shared_ptr<HttpResponder> responder);

  // Gives where it listens.
  absl::StatusOr<std::string> Listen();
  void Report(const std::string& place);

  const WebhookSettings* const settings_;
  const ComponentContext context_;
  Counter* const unauthorized_;
  Counter* const refused_;
  const std::shared_ptr<PushIntake> intake_;
  bool blocked_ = false;
  ListenKeeper keeper_;
  // Last: its thread uses the others.
  std::unique_ptr<HttpServer> server_;
};

absl::StatusOr<std::string> WebhookSource::Running::Listen() {
  // With a renewed certificate, pushes under way get no answer and come again.
  server_.reset();
  SLUICE_ASSIGN_OR_RETURN(
      server_,
      HttpServer::Start(settings_->server,
                        [this](HttpServerRequest request,
                               std::shared_ptr<HttpResponder> responder) {
                          OnRequest(std::move(request), std::move(responder));
                        }));
  const bool tls = !settings_->server.certificate_file.empty();
  return absl::StrCat(tls ? "https" : "http", " port ", server_->port(), " of ",
                      absl::StrJoin(settings_->server.addresses, ", "), ", ",
                      settings_->path);
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

void WebhookSource::Running::Report(const std::string& place) {
  if (blocked_) {
    context_.health->Report(
        {HealthState::kDegraded,
         "the queue is full; pushes are answered 503 and come again"});
  } else {
    context_.health->Report(
        {HealthState::kHealthy, absl::StrCat("listening at ", place)});
  }
}

void WebhookSource::Running::Stop(absl::AnyInvocable<void()> done) {
  keeper_.Stop();
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
  running_->Start();
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
