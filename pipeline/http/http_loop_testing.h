// A loop and a server for tests of the one against the other.
#ifndef PIPELINE_HTTP_HTTP_LOOP_TESTING_H_
#define PIPELINE_HTTP_HTTP_LOOP_TESTING_H_

#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/http/http_server.h"

namespace sluice {

struct HttpAnswer {
  HttpResponse response;
  HttpFailure failure;
};

// A copy that shares no memory with the loop: TSan cannot see how Abseil, a
// library compiled without it, counts references.
inline HttpFailure Unshared(const HttpFailure& failure) {
  return {absl::Status(failure.status.code(),
                       std::string(failure.status.message())),
          failure.maybe_sent};
}

// A loop and a server that does what the test says; at first it echoes.
class HttpLoopFixture : public ::testing::Test {
 protected:
  using Serve = std::function<void(const HttpServerRequest&,
                                   std::shared_ptr<HttpResponder>)>;

  explicit HttpLoopFixture(HttpLoopOptions loop = {},
                           HttpServerOptions server = {})
      : loop_(HttpLoop::Create(std::move(loop))) {
    server_ = *HttpServer::Start(
        std::move(server), [this](HttpServerRequest request,
                                  std::shared_ptr<HttpResponder> responder) {
          ++requests_;
          peers_.insert(request.peer);
          serve_(request, std::move(responder));
        });
  }

  std::string Url(std::string_view path = "/") {
    return absl::StrCat("http://127.0.0.1:", server_->port()).append(path);
  }

  // Runs `task` on the loop and waits for it.
  void OnLoop(std::function<void()> task) { RunOn(*loop_, std::move(task)); }
  // The same on the server's thread.
  void OnServer(std::function<void()> task) {
    RunOn(server_->executor(), std::move(task));
  }

  void ServeWith(Serve serve) {
    OnServer([&] { serve_ = std::move(serve); });
  }

  // Fetches and waits for the end.
  HttpAnswer Fetch(HttpRequest request) {
    HandOver();
    HttpAnswer answer;
    absl::Notification done;
    std::unique_ptr<HttpCall> call;
    loop_->Post([&] {
      call = loop_->Fetch(std::move(request),
                          [&](HttpResponse response, HttpFailure failure) {
                            answer.response = std::move(response);
                            answer.failure = Unshared(failure);
                            call.reset();
                            done.Notify();
                          });
    });
    done.WaitForNotification();
    HandOver();
    return answer;
  }

  std::atomic<int> requests_ = 0;
  std::set<std::string> peers_;  // Written by the server's thread.
  std::unique_ptr<HttpLoop> loop_;
  std::unique_ptr<HttpServer> server_;

 private:
  static void RunOn(Executor& executor, std::function<void()> task) {
    absl::Notification done;
    executor.Post([&] {
      task();
      done.Notify();
    });
    done.WaitForNotification();
  }

  // TSan does not see that what comes over a socket comes after what was done
  // before it was sent: what handlers write is the test's until now, or from
  // now on.
  void HandOver() {
    if (server_ != nullptr) OnServer([] {});
  }

  Serve serve_ = [](const HttpServerRequest& request,
                    std::shared_ptr<HttpResponder> responder) {
    responder->Send({200, {}, request.body});
  };
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_HTTP_LOOP_TESTING_H_
