// HTTP for commands that send a request and wait for what comes of it.
#ifndef TOOLS_SLUICE_HTTP_SESSION_H_
#define TOOLS_SLUICE_HTTP_SESSION_H_

#include <future>
#include <memory>
#include <type_traits>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"
#include "pipeline/http/http_loop.h"

namespace sluice {

// A loop of its own, for the clients of plugins/, which call back.
//
// Thread-safety: used by one thread, which is not the loop's.
class HttpSession {
 public:
  HttpSession() : loop_(HttpLoop::Create({.name = "command"})) {}
  ~HttpSession() { loop_->Stop(); }

  // For clients; to be touched inside Run() and Await() only.
  HttpClient* http() { return loop_.get(); }
  Executor* executor() { return loop_.get(); }

  // Calls `task` on the loop's thread and waits for its result. This is where
  // clients are made and destroyed.
  template <typename Task>
  std::invoke_result_t<Task> Run(Task task) {
    std::packaged_task<std::invoke_result_t<Task>()> job(std::move(task));
    auto result = job.get_future();
    loop_->Post([&job] { job(); });
    return result.get();
  }

  // Calls `start` on the loop's thread with a callback, keeps the call it
  // returns until the callback came, and hands back what it got:
  //
  //   session.Await<FeedReply>([&](auto done) {
  //     return client.AddActivities(feed, body, n, timeout, std::move(done));
  //   });
  //
  // `start` returns anything that is to live until then.
  template <typename T, typename Start>
  T Await(Start start) {
    std::promise<T> promise;
    auto call = Run([&] {
      return start(absl::AnyInvocable<void(T)>(
          [&promise](T value) { promise.set_value(std::move(value)); }));
    });
    T value = promise.get_future().get();
    Run([&call] { auto ended = std::move(call); });
    return value;
  }

 private:
  std::unique_ptr<HttpLoop> loop_;
};

}  // namespace sluice

#endif  // TOOLS_SLUICE_HTTP_SESSION_H_
