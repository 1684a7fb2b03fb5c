#include "tests/testing/fake_http_client.h"

#include <utility>

namespace sluice {

// The component's hold on an exchange.
class FakeHttpClient::Exchange::Call final : public HttpCall {
 public:
  explicit Call(std::shared_ptr<Exchange> exchange)
      : exchange_(std::move(exchange)) {}

  ~Call() override {
    if (!exchange_->finished_) exchange_->cancelled_ = true;
    exchange_->handler_ = nullptr;
    exchange_->executor_->Cancel(exchange_->total_timer_);
    exchange_->executor_->Cancel(exchange_->idle_timer_);
  }

  void Pause() override {
    exchange_->paused_ = true;
    exchange_->executor_->Cancel(exchange_->idle_timer_);
  }

  void Resume() override {
    exchange_->paused_ = false;
    exchange_->RestartIdleTimer();
    std::deque<absl::AnyInvocable<void()>> held;
    held.swap(exchange_->held_);
    for (auto& step : held) exchange_->Deliver(std::move(step));
  }

 private:
  std::shared_ptr<Exchange> exchange_;
};

void FakeHttpClient::Exchange::Respond(int status, std::string body,
                                       HttpHeaders headers) {
  Begin(status, std::move(headers));
  if (!body.empty()) Send(std::move(body));
  End();
}

void FakeHttpClient::Exchange::Begin(int status, HttpHeaders headers) {
  Deliver([this, status, headers = std::move(headers)] {
    RestartIdleTimer();
    handler_->OnResponse(status, headers);
  });
}

void FakeHttpClient::Exchange::Send(std::string piece) {
  Deliver([this, piece = std::move(piece)] {
    RestartIdleTimer();
    handler_->OnBody(piece);
  });
}

void FakeHttpClient::Exchange::End() {
  Deliver([this] { Finish({}); });
}

void FakeHttpClient::Exchange::Fail(absl::Status status, bool maybe_sent) {
  Deliver([this, failure = HttpFailure{std::move(status), maybe_sent}] {
    Finish(failure);
  });
}

void FakeHttpClient::Exchange::Deliver(absl::AnyInvocable<void()> step) {
  executor_->Post([self = self_.lock(), step = std::move(step)]() mutable {
    if (self != nullptr) self->Run(step);
  });
}

void FakeHttpClient::Exchange::Run(absl::AnyInvocable<void()>& step) {
  if (handler_ == nullptr || finished_) return;
  if (paused_) {
    held_.push_back(std::move(step));
    return;
  }
  step();
}

void FakeHttpClient::Exchange::RestartIdleTimer() {
  executor_->Cancel(idle_timer_);
  if (request_.idle_timeout == absl::InfiniteDuration()) return;
  idle_timer_ =
      executor_->PostAfter(request_.idle_timeout, [self = self_.lock()] {
        if (self == nullptr || self->handler_ == nullptr) return;
        self->Finish({absl::DeadlineExceededError("idle timeout"), true});
      });
}

void FakeHttpClient::Exchange::Finish(HttpFailure failure) {
  if (finished_) return;
  finished_ = true;
  executor_->Cancel(total_timer_);
  executor_->Cancel(idle_timer_);
  HttpStreamHandler* handler = std::exchange(handler_, nullptr);
  if (handler != nullptr) handler->OnDone(failure);
}

std::unique_ptr<HttpCall> FakeHttpClient::Stream(HttpRequest request,
                                                 HttpStreamHandler* handler) {
  auto exchange = std::make_shared<Exchange>();
  exchange->request_ = std::move(request);
  exchange->executor_ = executor_;
  exchange->handler_ = handler;
  exchange->self_ = exchange;
  if (exchange->request_.total_timeout != absl::InfiniteDuration()) {
    exchange->total_timer_ = executor_->PostAfter(
        exchange->request_.total_timeout,
        [weak = std::weak_ptr<Exchange>(exchange)] {
          auto self = weak.lock();
          if (self == nullptr || self->handler_ == nullptr) return;
          self->Finish({absl::DeadlineExceededError("total timeout"), true});
        });
  }
  exchange->RestartIdleTimer();
  requests_.push_back(exchange);
  return std::make_unique<Exchange::Call>(std::move(exchange));
}

FakeHttpClient::Exchange* FakeHttpClient::open() const { return open(""); }

FakeHttpClient::Exchange* FakeHttpClient::open(std::string_view part) const {
  for (const auto& exchange : requests_) {
    if (exchange->finished() || exchange->cancelled()) continue;
    if (exchange->request().url.find(part) != std::string::npos) {
      return exchange.get();
    }
  }
  return nullptr;
}

}  // namespace sluice
