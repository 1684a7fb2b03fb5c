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
    if (!std::exchange(exchange_->paused_, false)) return;
    exchange_->RestartIdleTimer();
    exchange_->PostStep();
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
  steps_.push_back(std::move(step));
  PostStep();
}

void FakeHttpClient::Exchange::PostStep() {
  executor_->Post([weak = self_] {
    if (auto self = weak.lock(); self != nullptr) self->RunStep();
  });
}

void FakeHttpClient::Exchange::RunStep() {
  if (handler_ == nullptr || paused_ || steps_.empty()) return;
  auto step = std::move(steps_.front());
  steps_.pop_front();
  std::move(step)();
  // What had its turn while the call was paused has no task of its own.
  if (!steps_.empty()) PostStep();
}

void FakeHttpClient::Exchange::RestartIdleTimer() {
  executor_->Cancel(idle_timer_);
  if (request_.idle_timeout == absl::InfiniteDuration()) return;
  idle_timer_ = executor_->PostAfter(request_.idle_timeout, [weak = self_] {
    auto self = weak.lock();
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
