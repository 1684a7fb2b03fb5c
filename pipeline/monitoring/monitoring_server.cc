#include "pipeline/monitoring/monitoring_server.h"

#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "pipeline/http/http_server.h"
#include "pipeline/json/json_value.h"
#include "pipeline/monitoring/exposition.h"
#include "pipeline/monitoring/process_metrics.h"
#include "pipeline/monitoring/readiness.h"
#include "pipeline/monitoring/status_metrics.h"
#include "storage/base/status_macros.h"
#include "storage/base/version.h"

namespace sluice {
namespace {

constexpr std::string_view kMetricsPath = "/metrics";
constexpr std::string_view kHealthPath = "/healthz";
constexpr std::string_view kReadyPath = "/readyz";

constexpr absl::Duration kAskThreadsEvery = absl::Seconds(1);
// Of 19: gets a tenth of a processor that a pipeline wants, too.
constexpr int kNiceness = 10;

HttpServerOptions ServerOptions(const MonitoringSpec& spec) {
  HttpServerOptions options;
  options.name = "monitoring";
  options.addresses = {spec.address};
  options.port = spec.port;
  options.max_header_bytes = 16 << 10;
  options.max_body_bytes = 1 << 10;
  options.max_connections = 64;
  options.idle_timeout = absl::Minutes(2);
  options.request_timeout = absl::Seconds(10);
  options.stall_timeout = absl::Seconds(10);
  return options;
}

void LowerPriority() {
  // Linux takes the id of a thread here. Without the right to do it the thread
  // stays as it is.
  const auto thread = static_cast<id_t>(syscall(SYS_gettid));
  setpriority(PRIO_PROCESS, thread, kNiceness);
}

HttpResponse Text(int status, std::string body) {
  return {
      status, {{"Content-Type", "text/plain; charset=utf-8"}}, std::move(body)};
}

HttpResponse Json(int status, const boost::json::object& object) {
  return {status,
          {{"Content-Type", "application/json"}, {"Cache-Control", "no-store"}},
          JsonText(object) + "\n"};
}

void Append(std::vector<MetricFamily> more,
            std::vector<MetricFamily>* families) {
  std::move(more.begin(), more.end(), std::back_inserter(*families));
}

class Server final : public MonitoringServer {
 public:
  explicit Server(Parts parts)
      : parts_(std::move(parts)), threads_(parts_.threads) {}

  absl::Status Init(const MonitoringSpec& spec);

  std::string address() const override { return address_; }

 private:
  // A snapshot of everything, and the pages made of it so far.
  struct Snapshot {
    absl::Duration taken = -absl::InfiniteDuration();
    admin::v1::ProcessStatus status;
    std::map<ExpositionFormat, std::string> metrics;
  };

  void WatchThreads();
  void Serve(const HttpServerRequest& request, HttpResponder& responder);
  HttpResponse Answer(const HttpServerRequest& request);
  HttpResponse Metrics(const HttpServerRequest& request);
  HttpResponse Health() const;
  HttpResponse Ready();
  Snapshot& Current();
  // Of the process as a whole.
  std::vector<MetricFamily> OwnMetrics(
      const admin::v1::ProcessStatus& status) const;
  std::string FormatSnapshot(const admin::v1::ProcessStatus& status,
                             ExpositionFormat format) const;
  void Count(const HttpServerRequest& request, int status);

  const Parts parts_;
  std::string address_;
  // Until then the members below are not all there.
  absl::Notification started_;
  Executor* executor_ = nullptr;
  ThreadWatch threads_;
  Snapshot snapshot_;
  // The last: its thread uses the others.
  std::unique_ptr<HttpServer> server_;
};

absl::Status Server::Init(const MonitoringSpec& spec) {
  auto server = HttpServer::Start(
      ServerOptions(spec), [this](HttpServerRequest request,
                                  std::shared_ptr<HttpResponder> responder) {
        // Init() has little left to do when the first request can come.
        started_.WaitForNotification();
        Serve(request, *responder);
      });
  if (!server.ok()) {
    return absl::Status(server.status().code(),
                        absl::StrCat("monitoring.listen: ",
                                     std::string(server.status().message())));
  }
  server_ = *std::move(server);
  const bool is_v6 = spec.address.find(':') != std::string::npos;
  address_ = absl::StrCat(is_v6 ? "[" : "", spec.address, is_v6 ? "]:" : ":",
                          server_->port());
  executor_ = &server_->executor();
  started_.Notify();
  executor_->Post([this] {
    LowerPriority();
    WatchThreads();
  });
  return absl::OkStatus();
}

void Server::WatchThreads() {
  threads_.Ask(executor_->MonotonicNow());
  executor_->PostAfter(kAskThreadsEvery, [this] { WatchThreads(); });
}

void Server::Serve(const HttpServerRequest& request, HttpResponder& responder) {
  HttpResponse response = Answer(request);
  Count(request, response.status);
  responder.Send(std::move(response));
}

HttpResponse Server::Answer(const HttpServerRequest& request) {
  const bool known = request.path == kMetricsPath ||
                     request.path == kHealthPath || request.path == kReadyPath;
  if (!known) {
    return Text(404,
                "Nothing is here. There are /metrics, /healthz and "
                "/readyz.\n");
  }
  if (request.method != "GET" && request.method != "HEAD") {
    HttpResponse response = Text(405, "Only GET and HEAD are allowed.\n");
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  if (request.path == kHealthPath) return Health();
  if (request.path == kReadyPath) return Ready();
  return Metrics(request);
}

HttpResponse Server::Metrics(const HttpServerRequest& request) {
  const ExpositionFormat format =
      ChooseFormat(FindHeader(request.headers, "Accept").value_or(""));
  Snapshot& snapshot = Current();
  std::string& text = snapshot.metrics[format];
  if (text.empty()) text = FormatSnapshot(snapshot.status, format);
  return {200, {{"Content-Type", std::string(ContentType(format))}}, text};
}

HttpResponse Server::Health() const {
  const std::vector<ThreadWatch::Report> threads =
      threads_.Look(executor_->MonotonicNow());
  return Json(IsHealthy(threads) ? 200 : 503, HealthToJson(threads));
}

HttpResponse Server::Ready() {
  const Readiness readiness = CheckReadiness(Current().status);
  return Json(readiness.ready ? 200 : 503, ReadinessToJson(readiness));
}

Server::Snapshot& Server::Current() {
  const absl::Duration now = executor_->MonotonicNow();
  if (now - snapshot_.taken >= parts_.max_age) {
    snapshot_.taken = now;
    snapshot_.status = parts_.status();
    snapshot_.metrics.clear();
  }
  return snapshot_;
}

std::vector<MetricFamily> Server::OwnMetrics(
    const admin::v1::ProcessStatus& status) const {
  MetricFamily build;
  build.name = "sluice_build_info";
  build.help = "Always 1; the version is in its labels.";
  build.Add(1, {{"version", kVersion}});
  MetricFamily ready;
  ready.name = "sluice_ready";
  ready.help = "1 while /readyz says so.";
  ready.Add(CheckReadiness(status).ready);
  MetricFamily silent;
  silent.name = "sluice_thread_silent_seconds";
  silent.help = "How long a thread has not done what it was given.";
  for (const ThreadWatch::Report& thread :
       threads_.Look(executor_->MonotonicNow())) {
    silent.Add(absl::ToDoubleSeconds(thread.silent), {{"thread", thread.name}});
  }
  return {build, ready, silent};
}

std::string Server::FormatSnapshot(const admin::v1::ProcessStatus& status,
                                   ExpositionFormat format) const {
  std::vector<MetricFamily> families = OwnMetrics(status);
  Append(StatusMetrics(status), &families);
  Append(ComponentMetrics(parts_.metrics->Snapshot(), status), &families);
  Append(ProcessMetrics(parts_.data_dir,
                        absl::FromUnixSeconds(status.start_time().seconds())),
         &families);
  return FormatMetrics(families, format);
}

void Server::Count(const HttpServerRequest& request, int status) {
  // Whatever clients ask for, the metric has few values.
  const std::string path = status == 404 ? "other" : request.path;
  parts_.metrics
      ->counter("monitoring_requests_total",
                {{"path", path}, {"code", absl::StrCat(status)}},
                "Requests for metrics and health.")
      ->Add();
}

}  // namespace

absl::StatusOr<std::unique_ptr<MonitoringServer>> MonitoringServer::Start(
    const MonitoringSpec& spec, Parts parts) {
  auto server = std::make_unique<Server>(std::move(parts));
  SLUICE_RETURN_IF_ERROR(server->Init(spec));
  return server;
}

}  // namespace sluice
