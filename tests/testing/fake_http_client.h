// The network as a script: tests see each request and answer it piece by piece.
#ifndef TESTS_TESTING_FAKE_HTTP_CLIENT_H_
#define TESTS_TESTING_FAKE_HTTP_CLIENT_H_

#include <deque>
#include <memory>
#include <string>
#include <string_view>

#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"

namespace sluice {

// An HttpClient that sends nothing. Every started request waits in requests()
// until the test answers it; answers arrive as tasks on the executor, as with
// the real client. Timeouts of the request (total and idle) run on the
// executor's clock.
class FakeHttpClient final : public HttpClient {
 public:
  // One request as the component sent it. Stays readable after the component
  // cancelled it.
  class Exchange {
   public:
    const HttpRequest& request() const { return request_; }
    // True once the component dropped its call.
    bool cancelled() const { return cancelled_; }
    bool paused() const { return paused_; }
    bool finished() const { return finished_; }

    // A whole answer.
    void Respond(int status, std::string body = "", HttpHeaders headers = {});
    // An answer in pieces.
    void Begin(int status, HttpHeaders headers = {});
    void Send(std::string piece);
    void End();
    // No (or half an) answer.
    void Fail(absl::Status status, bool maybe_sent = true);

   private:
    friend class FakeHttpClient;
    class Call;
    HttpRequest request_;
    Executor* executor_ = nullptr;
    HttpStreamHandler* handler_ = nullptr;
    bool cancelled_ = false;
    bool paused_ = false;
    bool finished_ = false;
    Executor::TimerId total_timer_ = 0;
    Executor::TimerId idle_timer_ = 0;
    std::weak_ptr<Exchange> self_;
    // What the test has said and the component has not yet heard.
    std::deque<absl::AnyInvocable<void()>> steps_;

    void Deliver(absl::AnyInvocable<void()> step);
    void PostStep();
    void RunStep();
    void RestartIdleTimer();
    void Finish(HttpFailure failure);
  };

  explicit FakeHttpClient(Executor* executor) : executor_(executor) {}

  std::unique_ptr<HttpCall> Stream(HttpRequest request,
                                   HttpStreamHandler* handler) override;

  // Every request so far, oldest first; grows only.
  const std::deque<std::shared_ptr<Exchange>>& requests() const {
    return requests_;
  }
  // The oldest request that has neither been answered in full nor cancelled;
  // null when there is none.
  Exchange* open() const;
  // The same among those whose URL contains `part`.
  Exchange* open(std::string_view part) const;

 private:
  Executor* executor_;
  std::deque<std::shared_ptr<Exchange>> requests_;
};

}  // namespace sluice

#endif  // TESTS_TESTING_FAKE_HTTP_CLIENT_H_
