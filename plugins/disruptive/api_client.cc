#include "plugins/disruptive/api_client.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/strings/str_cat.h"
#include "plugins/disruptive/api_error.h"

namespace sluice::disruptive {
namespace {

// Error page of the vendor: a gateway timeout wants a longer first wait.
constexpr absl::Duration kGatewayTimeoutWait = absl::Seconds(10);
constexpr absl::Duration kDefaultThrottleWait = absl::Seconds(5);
constexpr absl::Duration kLongestThrottleWait = absl::Minutes(10);
constexpr absl::Duration kTimeout = absl::Seconds(60);

bool MayPass(int status) {
  return status == 408 || status == 425 || status == 429 || status >= 500;
}

}  // namespace

ApiClient::ApiClient(const Settings* settings, Executor* executor,
                     HttpClient* http, Authorizer* authorizer,
                     absl::BitGenRef* random, Counters counters)
    : settings_(settings),
      executor_(executor),
      http_(http),
      authorizer_(authorizer),
      random_(random),
      counters_(counters),
      budget_(settings->requests_per_second, settings->burst),
      pump_timer_(executor) {}

ApiClient::~ApiClient() = default;

ApiClient::Handle ApiClient::Get(std::string path, Callback done) {
  return Send({.url = settings_->base_url + path}, std::move(done));
}

ApiClient::Handle ApiClient::Send(ApiRequest request, Callback done) {
  auto handle =
      std::make_unique<Request>(this, std::move(request), std::move(done));
  Enqueue(handle.get());
  return handle;
}

void ApiClient::SetPaused(bool paused) {
  paused_ = paused;
  if (!paused) Pump();
}

void ApiClient::Enqueue(Request* request) {
  queue_.push_back(request);
  Pump();
}

void ApiClient::Remove(Request* request) { std::erase(queue_, request); }

void ApiClient::HoldAll(absl::Duration wait) {
  budget_.BlockUntil(executor_->MonotonicNow() + wait);
}

void ApiClient::Pump() {
  if (pump_timer_.running()) return;
  while (!paused_ && running_ < settings_->parallel && !queue_.empty()) {
    const absl::Duration wait = budget_.Take(executor_->MonotonicNow());
    if (wait > absl::ZeroDuration()) {
      pump_timer_.Start(wait, [this] { Pump(); });
      return;
    }
    Request* request = queue_.front();
    queue_.pop_front();
    request->Begin();
  }
}

ApiClient::Request::Request(ApiClient* client, ApiRequest request,
                            Callback done)
    : client_(client),
      request_(std::move(request)),
      done_(std::move(done)),
      backoff_(absl::Seconds(1), absl::Seconds(60), client->random_),
      retry_timer_(client->executor_) {}

ApiClient::Request::~Request() {
  *alive_ = false;
  client_->Remove(this);
  Leave();
}

void ApiClient::Request::Leave() {
  if (!running_) return;
  running_ = false;
  --client_->running_;
  client_->Pump();
}

void ApiClient::Request::Begin() {
  running_ = true;
  ++tries_;
  ++client_->running_;
  client_->authorizer_->Get(
      [this, alive = alive_](const absl::StatusOr<Grant>& grant) {
        if (!*alive) return;
        if (grant.ok()) return Send(*grant);
        const bool passing = absl::IsUnavailable(grant.status());
        if (!passing && bounded()) return Finish(grant.status());
        Retry(passing ? absl::ZeroDuration() : RefusalWait(client_->random_),
              grant.status());
      });
}

void ApiClient::Request::Send(const Grant& grant) {
  if (client_->counters_.requests != nullptr)
    client_->counters_.requests->Add();
  header_ = grant.header;
  HttpRequest request;
  request.method = request_.method;
  request.url = request_.url;
  request.headers = {{"Authorization", header_},
                     {"Accept", "application/json"}};
  if (!request_.body.empty()) {
    request.headers.emplace_back("Content-Type", "application/json");
    request.body = request_.body;
  }
  request.total_timeout = kTimeout;
  request.max_response_bytes = 64 << 20;
  request.tls.ca_file = client_->settings_->ca_file;
  call_ = client_->http_->Fetch(
      std::move(request), [this](HttpResponse response, HttpFailure failure) {
        OnAnswer(std::move(response), std::move(failure));
      });
}

void ApiClient::Request::OnAnswer(HttpResponse response, HttpFailure failure) {
  if (!failure.status.ok()) return OnFailure(failure);
  if (response.status == 200) {
    client_->trouble_.clear();
    return Finish(std::move(response.body));
  }
  absl::Status status = StatusOfAnswer(response, client_->executor_->Now());
  if (response.status == 401) {
    client_->authorizer_->Reject(header_);
    // A new token that is refused too means that a person has to look.
    const bool again = ++refused_ > 1;
    if (again && bounded()) return Finish(std::move(status));
    return Retry(again ? RefusalWait(client_->random_) : absl::ZeroDuration(),
                 absl::UnauthenticatedError(
                     "the service refuses the credentials (401)"));
  }
  if (!MayPass(response.status)) {
    client_->trouble_.clear();
    return Finish(std::move(status));
  }
  const absl::Duration wait = WaitAfter(response);
  Retry(wait, std::move(status));
}

void ApiClient::Request::OnFailure(const HttpFailure& failure) {
  absl::Status status(failure.status.code(),
                      absl::StrCat("the service cannot be reached: ",
                                   failure.status.message()));
  v1::ApiError error;
  error.set_maybe_done(failure.maybe_sent);
  SetApiError(error, &status);
  const bool certificate = absl::IsFailedPrecondition(failure.status);
  // A request that was perhaps carried out is repeated only if that does no
  // harm.
  if (bounded() && (certificate || absl::IsResourceExhausted(failure.status) ||
                    (failure.maybe_sent && !request_.repeatable))) {
    return Finish(std::move(status));
  }
  Retry(certificate ? RefusalWait(client_->random_) : absl::ZeroDuration(),
        std::move(status));
}

// How long the service wants us to wait; holds everybody up if it is about all.
absl::Duration ApiClient::Request::WaitAfter(const HttpResponse& response) {
  absl::Duration wait =
      response.status == 504 ? kGatewayTimeoutWait : absl::ZeroDuration();
  const std::optional<std::string_view> header =
      FindHeader(response.headers, "Retry-After");
  const std::optional<absl::Duration> asked =
      header.has_value() ? ParseRetryAfter(*header, client_->executor_->Now())
                         : std::nullopt;
  if (response.status == 429) {
    if (client_->counters_.throttled != nullptr) {
      client_->counters_.throttled->Add();
    }
    wait = asked.value_or(kDefaultThrottleWait);
  } else if (asked.has_value()) {
    wait = *asked;
  }
  wait = std::min(wait, kLongestThrottleWait);
  if (response.status == 429 || asked.has_value()) client_->HoldAll(wait);
  return wait;
}

void ApiClient::Request::Retry(absl::Duration wait, absl::Status trouble) {
  if (bounded() && tries_ >= request_.attempts) {
    return Finish(std::move(trouble));
  }
  client_->trouble_ = std::string(trouble.message());
  call_.reset();
  retry_timer_.Start(backoff_.Next(wait), [this] { client_->Enqueue(this); });
  Leave();
}

void ApiClient::Request::Finish(absl::StatusOr<std::string> result) {
  // The callback may destroy this request.
  Callback done = std::move(done_);
  call_.reset();
  Leave();
  done(std::move(result));
}

}  // namespace sluice::disruptive
