#include "pipeline/http/curl_multi.h"

#include <curl/curl.h>

#include <memory>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "pipeline/executor/task_queue.h"
#include "pipeline/http/http_server.h"

namespace sluice {
namespace {

constexpr int64_t kMilli = 1'000'000;

TEST(CurlMultiTest, WaitsUntilTheTimeHasCome) {
  CurlMulti multi({});
  const int64_t due = TaskQueue::MonotonicNanos() + 5 * kMilli;
  EXPECT_TRUE(multi.Poll(due).empty());
  EXPECT_GE(TaskQueue::MonotonicNanos(), due);
}

TEST(CurlMultiTest, DoesNotWaitForWhatIsPast) {
  CurlMulti multi({});
  multi.Poll(TaskQueue::kNow);
  multi.Poll(TaskQueue::MonotonicNanos() - kMilli);
}

TEST(CurlMultiTest, WakesBeforeAndDuringTheWait) {
  CurlMulti multi({});
  multi.Wake();
  multi.Poll(TaskQueue::kNever);
  std::thread waker([&] { multi.Wake(); });
  multi.Poll(TaskQueue::kNever);
  waker.join();
}

TEST(CurlMultiTest, ReportsTransfersThatEnded) {
  auto server = *HttpServer::Start(
      {}, [](HttpServerRequest, std::shared_ptr<HttpResponder> responder) {
        responder->Send({204, {}, ""});
      });
  CurlMulti multi({});
  CURL* easy = curl_easy_init();
  curl_easy_setopt(easy, CURLOPT_PROXY, "");
  curl_easy_setopt(
      easy, CURLOPT_URL,
      absl::StrCat("http://127.0.0.1:", server->port(), "/").c_str());
  multi.Add(easy);
  std::vector<CurlMulti::Finished> finished;
  while (finished.empty()) finished = multi.Poll(TaskQueue::kNever);
  ASSERT_EQ(finished.size(), 1u);
  EXPECT_EQ(finished[0].first, easy);
  EXPECT_EQ(finished[0].second, CURLE_OK);
  multi.Remove(easy);
  curl_easy_cleanup(easy);
}

}  // namespace
}  // namespace sluice
