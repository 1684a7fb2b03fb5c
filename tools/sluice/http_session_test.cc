#include "tools/sluice/http_session.h"

#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(HttpSessionTest, RunsTasksOnItsOwnThread) {
  HttpSession session;
  const std::thread::id there =
      session.Run([] { return std::this_thread::get_id(); });
  EXPECT_NE(there, std::this_thread::get_id());
  EXPECT_EQ(there, session.Run([] { return std::this_thread::get_id(); }));
}

TEST(HttpSessionTest, WaitsForTheCallbackAndKeepsTheCallUntilThen) {
  HttpSession session;
  auto held = std::make_shared<int>(7);
  const std::string got =
      session.Await<std::string>([&session, weak = std::weak_ptr<int>(held),
                                  held = std::move(held)](auto done) mutable {
        session.executor()->Post([weak, done = std::move(done)]() mutable {
          done(weak.expired() ? "too late" : "in time");
        });
        return std::move(held);
      });
  EXPECT_EQ(got, "in time");
}

TEST(HttpSessionTest, HandsAFailureBack) {
  HttpSession session;
  using Answer = std::pair<HttpResponse, HttpFailure>;
  const Answer answer = session.Await<Answer>([&session](auto done) {
    return session.http()->Fetch(
        {.url = "http://127.0.0.1:1/"},
        [done = std::move(done)](HttpResponse response,
                                 HttpFailure failure) mutable {
          done({std::move(response), std::move(failure)});
        });
  });
  EXPECT_EQ(answer.second.status.code(), absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sluice
