#include "tools/bench/post_load.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/http/http_server.h"
#include "storage/base/status_macros.h"
#include "tools/bench/measurement.h"

namespace sluice::bench {
namespace {

absl::Duration CpuTimeOf(Executor* executor) {
  absl::Duration cpu;
  absl::Notification done;
  executor->Post([&] {
    cpu = ThreadCpuTime();
    done.Notify();
  });
  done.WaitForNotification();
  return cpu;
}

// Keeps `load.in_flight` requests under way until all are done. Everything but
// the constructor and Wait() runs on the loop.
class Posts {
 public:
  Posts(const PostLoad& load, HttpLoop* loop, std::string url)
      : load_(load),
        loop_(loop),
        url_(std::move(url)),
        body_(load.body_bytes, 'x'),
        calls_(load.in_flight) {}

  void Start() {
    if (load_.requests == 0) return done_.Notify();
    for (size_t slot = 0; slot < calls_.size(); ++slot) Next(slot);
  }
  void Wait() { done_.WaitForNotification(); }
  uint64_t answered() const { return answered_; }

 private:
  void Next(size_t slot) {
    if (started_ == load_.requests) return;
    ++started_;
    calls_[slot] = loop_->Fetch(
        {.method = "POST",
         .url = url_,
         .headers = {{"Content-Type", "application/cloudevents-batch+json"}},
         .body = body_},
        [this, slot](HttpResponse response, HttpFailure failure) {
          if (failure.status.ok() && response.status / 100 == 2) ++answered_;
          Next(slot);
          if (++ended_ == load_.requests) done_.Notify();
        });
  }

  const PostLoad load_;
  HttpLoop* const loop_;
  const std::string url_;
  const std::string body_;
  std::vector<std::unique_ptr<HttpCall>> calls_;
  uint64_t started_ = 0;
  uint64_t ended_ = 0;
  uint64_t answered_ = 0;
  absl::Notification done_;
};

}  // namespace

absl::StatusOr<PostResult> RunPostLoad(const PostLoad& load) {
  SLUICE_ASSIGN_OR_RETURN(
      const std::unique_ptr<HttpServer> server,
      HttpServer::Start(
          {}, [](HttpServerRequest, std::shared_ptr<HttpResponder> responder) {
            responder->Send({204, {}, ""});
          }));
  const std::unique_ptr<HttpLoop> loop = HttpLoop::Create({});
  // The first address of the server's options.
  Posts posts(load, loop.get(),
              absl::StrCat("http://127.0.0.1:", server->port(), "/"));
  const absl::Duration cpu_before = CpuTimeOf(loop.get());
  const absl::Duration begin = loop->MonotonicNow();
  loop->Post([&posts] { posts.Start(); });
  posts.Wait();
  PostResult result;
  result.elapsed = loop->MonotonicNow() - begin;
  result.client_cpu = CpuTimeOf(loop.get()) - cpu_before;
  // What is still in the callback that notified is over once the loop stands.
  loop->Stop();
  result.answered = posts.answered();
  return result;
}

}  // namespace sluice::bench
