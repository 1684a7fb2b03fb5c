#include "tools/sandbox/disruptive/push_transport.h"

#include <utility>

namespace sluice::sandbox {

void PushTransport::Send(HttpRequest request, ConnectorPusher::Done done) {
  if (loop_ == nullptr) {
    loop_ = HttpLoop::Create(
        {.name = "pushes", .user_agent = "sluice-sandbox-data-connector"});
  }
  loop_->Post(
      [this, request = std::move(request), done = std::move(done)]() mutable {
        SendThere(std::move(request), std::move(done));
      });
}

void PushTransport::SendThere(HttpRequest request, ConnectorPusher::Done done) {
  const uint64_t number = next_call_++;
  calls_[number] = loop_->Fetch(
      std::move(request),
      [this, number, done = std::move(done)](HttpResponse response,
                                             HttpFailure failure) mutable {
        executor_->Post([done = std::move(done), response = std::move(response),
                         failure = std::move(failure)]() mutable {
          done(std::move(response), std::move(failure));
        });
        calls_.erase(number);
      });
}

void PushTransport::Stop() {
  if (loop_ == nullptr) return;
  loop_->Stop();
  calls_.clear();
  loop_.reset();
}

}  // namespace sluice::sandbox
