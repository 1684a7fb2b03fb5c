#include "pipeline/http/http_exchange.h"

#include <deque>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "gtest/gtest.h"
#include "pipeline/http/http_server.h"
#include "tests/testing/loopback_client.h"

namespace sluice {
namespace {

constexpr char kGet[] = "GET / HTTP/1.1\r\nHost: h\r\n\r\n";

// Hands the responders to the test.
class HttpExchangeTest : public ::testing::Test {
 protected:
  HttpExchangeTest()
      : server_(*HttpServer::Start(
            {},
            [this](HttpServerRequest,
                   std::shared_ptr<HttpResponder> responder) {
              absl::MutexLock lock(&mu_);
              responders_.push_back(std::move(responder));
            })),
        client_(server_->port()) {}

  // The responder of the oldest request not yet taken; waits for it.
  std::shared_ptr<HttpResponder> Take() {
    absl::MutexLock lock(&mu_);
    auto some = [this]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return !responders_.empty();
    };
    mu_.Await(absl::Condition(&some));
    auto responder = std::move(responders_.front());
    responders_.pop_front();
    return responder;
  }

  std::shared_ptr<HttpResponder> Ask(const char* request = kGet) {
    client_.Send(request);
    return Take();
  }

  absl::Mutex mu_;
  std::deque<std::shared_ptr<HttpResponder>> responders_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<HttpServer> server_;
  LoopbackClient client_;
};

TEST_F(HttpExchangeTest, AnswersLaterFromAnotherThread) {
  auto responder = Ask();
  std::thread([&] { responder->Send({201, {{"X", "y"}}, "late"}); }).join();
  const std::string answer = client_.ReadAnswer();
  EXPECT_EQ(answer.substr(0, 22), "HTTP/1.1 201 Created\r\n");
  EXPECT_NE(answer.find("\r\nX: y\r\n"), std::string::npos);
  EXPECT_NE(answer.find("\r\n\r\nlate"), std::string::npos);
}

TEST_F(HttpExchangeTest, StreamsInChunks) {
  auto responder = Ask();
  responder->Begin(200, {});
  EXPECT_NE(client_.ReadUntil("\r\n\r\n").find("Transfer-Encoding: chunked"),
            std::string::npos);
  responder->Write("hello");
  EXPECT_EQ(client_.ReadUntil("hello\r\n"), "5\r\nhello\r\n");
  responder->Write("");
  responder->Write("!");
  responder->End();
  EXPECT_EQ(client_.ReadUntil("0\r\n\r\n"), "1\r\n!\r\n0\r\n\r\n");
  Ask()->Send({200, {}, "next"});
  EXPECT_NE(client_.ReadAnswer().find("next"), std::string::npos);
}

TEST_F(HttpExchangeTest, StreamsWithAGivenLength) {
  auto responder = Ask();
  responder->Begin(200, {{"Content-Length", "5"}});
  responder->Write("abc");
  responder->Write("defg");
  responder->End();
  const std::string answer = client_.ReadAnswer();
  EXPECT_NE(answer.find("\r\n\r\nabcde"), std::string::npos);
  Ask()->Send({200, {}, "next"});
  EXPECT_EQ(client_.ReadAnswer().substr(0, 15), "HTTP/1.1 200 OK");
}

TEST_F(HttpExchangeTest, AStreamShorterThanItSaidClosesTheConnection) {
  auto responder = Ask();
  responder->Begin(200, {{"Content-Length", "5"}});
  responder->Write("abc");
  responder->End();
  const std::string answer = client_.ReadToEnd();
  EXPECT_EQ(answer.substr(answer.size() - 7), "\r\n\r\nabc");
}

TEST_F(HttpExchangeTest, OldClientsGetAStreamUpToTheEnd) {
  auto responder = Ask("GET / HTTP/1.0\r\n\r\n");
  responder->Begin(200, {});
  responder->Write("abc");
  responder->End();
  const std::string answer = client_.ReadToEnd();
  EXPECT_EQ(answer.find("chunked"), std::string::npos);
  EXPECT_NE(answer.find("\r\n\r\nabc"), std::string::npos);
}

TEST_F(HttpExchangeTest, NoBodyFollowsAStatusThatHasNone) {
  Ask()->Send({204, {}, "ignored"});
  const std::string answer = client_.ReadUntil("\r\n\r\n");
  EXPECT_EQ(answer.find("Content-Length"), std::string::npos);
  Ask()->Send({200, {}, "next"});
  EXPECT_EQ(client_.ReadAnswer().substr(0, 15), "HTTP/1.1 200 OK");
}

TEST_F(HttpExchangeTest, AnAnswerMayCloseTheConnection) {
  Ask()->Send({200, {{"Connection", "close"}}, "bye"});
  const std::string answer = client_.ReadToEnd();
  EXPECT_NE(answer.find("bye"), std::string::npos);
  EXPECT_EQ(answer.find("Connection: close"),
            answer.rfind("Connection: close"));
}

TEST_F(HttpExchangeTest, DroppedUnansweredItCloses) {
  Ask().reset();
  EXPECT_EQ(client_.ReadToEnd(), "");
  EXPECT_FALSE(client_.was_reset());
  EXPECT_TRUE(client_.at_end());
}

TEST_F(HttpExchangeTest, DroppedHalfwayItClosesAfterWhatWasSaid) {
  auto responder = Ask();
  responder->Begin(200, {});
  responder->Write("half");
  responder.reset();
  const std::string answer = client_.ReadToEnd();
  EXPECT_EQ(answer.substr(answer.size() - 9), "4\r\nhalf\r\n");
}

TEST_F(HttpExchangeTest, AbortsByReset) {
  auto responder = Ask();
  responder->Abort(/*reset=*/true);
  client_.ReadToEnd();
  EXPECT_TRUE(client_.was_reset());
}

TEST_F(HttpExchangeTest, AbortsByFinAfterWhatWasWritten) {
  auto responder = Ask();
  responder->Begin(200, {{"Content-Length", "9"}});
  responder->Write("abc");
  responder->Write("def");
  responder->Abort(/*reset=*/false);
  const std::string answer = client_.ReadToEnd();
  EXPECT_EQ(answer.substr(answer.size() - 6), "abcdef");
  EXPECT_FALSE(client_.was_reset());
}

TEST_F(HttpExchangeTest, SendsRawBytesAndStaysOpen) {
  auto responder = Ask();
  responder->SendRaw("HTTP/1.1 200 OK\r\nContent-");
  responder->SendRaw("Length: 2\r\n\r\nok");
  EXPECT_EQ(client_.ReadAnswer(),
            "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
  responder.reset();
  Ask()->Send({200, {}, "next"});
  EXPECT_NE(client_.ReadAnswer().find("next"), std::string::npos);
}

TEST_F(HttpExchangeTest, NoticesThatTheClientHasGone) {
  auto gone = std::make_unique<LoopbackClient>(server_->port());
  gone->Send(kGet);
  auto responder = Take();
  responder->Begin(200, {});
  gone->ReadUntil("\r\n\r\n");
  EXPECT_TRUE(responder->connected());
  gone.reset();
  // The end reaches the server's thread in its own time; so does each write.
  while (responder->connected()) responder->Write("x");
  responder->Write("dropped");
  responder->End();
}

TEST_F(HttpExchangeTest, CountsWhatTheSocketHasNotTaken) {
  auto responder = Ask();
  responder->Begin(200, {});
  const std::string megabyte(1 << 20, 'm');
  for (int i = 0; i < 64; ++i) responder->Write(megabyte);
  responder->End();
  EXPECT_GT(responder->pending_bytes(), 0u);
  client_.ReadUntil("0\r\n\r\n");
  Ask()->Send({200, {}, "next"});
  EXPECT_NE(client_.ReadAnswer().find("next"), std::string::npos);
  EXPECT_EQ(responder->pending_bytes(), 0u);
}

TEST_F(HttpExchangeTest, OutlivesItsServer) {
  auto responder = Ask();
  auto streaming_client = std::make_unique<LoopbackClient>(server_->port());
  streaming_client->Send(kGet);
  auto streaming = Take();
  streaming->Begin(200, {});
  server_.reset();
  EXPECT_FALSE(responder->connected());
  responder->Send({200, {}, "nobody hears"});
  streaming->Write("x");
  streaming.reset();
}

TEST_F(HttpExchangeTest, ANextRequestWaitsForTheAnswerOfTheFirst) {
  client_.Send(kGet);
  client_.Send(kGet);
  auto first = Take();
  {
    absl::MutexLock lock(&mu_);
    EXPECT_TRUE(responders_.empty());
  }
  first->Send({200, {}, "one"});
  Take()->Send({200, {}, "two"});
  EXPECT_NE(client_.ReadAnswer().find("one"), std::string::npos);
  EXPECT_NE(client_.ReadAnswer().find("two"), std::string::npos);
}

}  // namespace
}  // namespace sluice
