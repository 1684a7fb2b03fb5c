#include "pipeline/http/http_connection.h"

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "pipeline/http/http_server.h"
#include "tests/testing/loopback_client.h"

namespace sluice {
namespace {

// Answers with what it was asked: "METHOD target [body]".
class HttpConnectionTest : public ::testing::Test {
 protected:
  void Start(HttpServerOptions options = {}) {
    auto server = HttpServer::Start(
        std::move(options), [this](HttpServerRequest request,
                                   std::shared_ptr<HttpResponder> responder) {
          ++requests_;
          std::string answer = absl::StrCat(request.method, " ", request.target,
                                            " [", request.body, "]");
          last_ = std::move(request);
          responder->Send({200, {}, std::move(answer)});
        });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // The body of an answer.
  static std::string BodyOf(const std::string& answer) {
    return answer.substr(answer.find("\r\n\r\n") + 4);
  }

  std::unique_ptr<HttpServer> server_;
  int requests_ = 0;
  HttpServerRequest last_;
};

TEST_F(HttpConnectionTest, HandsTheRequestOverAsReceived) {
  Start();
  LoopbackClient client(server_->port());
  client.Send(
      "PUT /a%20b/c?x=1&y=%2F HTTP/1.1\r\nHost: h\r\nX-One: 1\r\nx-one: 2\r\n"
      "Content-Length: 3\r\n\r\nabc");
  EXPECT_EQ(BodyOf(client.ReadAnswer()), "PUT /a%20b/c?x=1&y=%2F [abc]");
  EXPECT_EQ(last_.path, "/a%20b/c");
  EXPECT_EQ(last_.query, "x=1&y=%2F");
  EXPECT_EQ(FindHeader(last_.headers, "X-ONE"), "1");
  EXPECT_EQ(last_.headers.size(), 4u);
  EXPECT_EQ(last_.peer.substr(0, 10), "127.0.0.1:");
}

TEST_F(HttpConnectionTest, AnAbsoluteTargetHasAPathToo) {
  Start();
  LoopbackClient client(server_->port());
  client.Send("GET http://h:1/p/q?r HTTP/1.1\r\nHost: h\r\n\r\n");
  client.ReadAnswer();
  EXPECT_EQ(last_.path, "/p/q");
  EXPECT_EQ(last_.query, "r");
  client.Send("GET http://h HTTP/1.1\r\nHost: h\r\n\r\n");
  client.ReadAnswer();
  EXPECT_EQ(last_.path, "/");
}

TEST_F(HttpConnectionTest, ServesManyRequestsOnOneConnection) {
  Start();
  LoopbackClient client(server_->port());
  for (int i = 0; i < 100; ++i) {
    client.Send(absl::StrCat("GET /", i, " HTTP/1.1\r\nHost: h\r\n\r\n"));
    ASSERT_EQ(BodyOf(client.ReadAnswer()), absl::StrCat("GET /", i, " []"));
  }
}

TEST_F(HttpConnectionTest, AnswersPipelinedRequestsInOrder) {
  Start();
  LoopbackClient client(server_->port());
  std::string all;
  for (int i = 0; i < 500; ++i) {
    absl::StrAppend(&all, "POST /", i,
                    " HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok");
  }
  client.Send(all);
  client.FinishSending();
  for (int i = 0; i < 500; ++i) {
    ASSERT_EQ(BodyOf(client.ReadAnswer()), absl::StrCat("POST /", i, " [ok]"));
  }
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_FALSE(client.was_reset());
}

TEST_F(HttpConnectionTest, ReadsChunkedBodies) {
  Start();
  LoopbackClient client(server_->port());
  client.Send(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.Send("3\r\nabc\r\n");
  client.Send("2;name=value\r\nde\r\n0\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadAnswer()), "POST / [abcde]");
}

TEST_F(HttpConnectionTest, ARequestMayComeByteByByte) {
  Start();
  LoopbackClient client(server_->port());
  for (const char c : std::string("POST /x HTTP/1.1\r\nHost: h\r\n"
                                  "Content-Length: 4\r\n\r\nbody")) {
    client.Send(std::string(1, c));
  }
  EXPECT_EQ(BodyOf(client.ReadAnswer()), "POST /x [body]");
}

TEST_F(HttpConnectionTest, TellsAWaitingClientToGoOn) {
  Start();
  LoopbackClient client(server_->port());
  client.Send(
      "POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
      "Content-Length: 2\r\n\r\n");
  EXPECT_EQ(client.ReadUntil("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.Send("ok");
  EXPECT_EQ(BodyOf(client.ReadAnswer()), "POST / [ok]");
}

TEST_F(HttpConnectionTest, LargeBodiesComeWhole) {
  Start();
  LoopbackClient client(server_->port());
  const std::string body(1 << 20, 'b');
  for (int i = 0; i < 3; ++i) {
    client.Send(absl::StrCat("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: ",
                             body.size(), "\r\n\r\n", body));
    ASSERT_EQ(BodyOf(client.ReadAnswer()), absl::StrCat("POST / [", body, "]"));
  }
}

TEST_F(HttpConnectionTest, ABodyOverTheLimitIsAnswered413) {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  Start(options);
  LoopbackClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer().substr(0, 12), "HTTP/1.1 413");
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(HttpConnectionTest, The413ReachesAClientThatSendsAllOfIt) {
  HttpServerOptions options;
  options.max_body_bytes = 1000;
  Start(options);
  LoopbackClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 9000000\r\n\r\n" +
              std::string(9'000'000, 'x'));
  EXPECT_EQ(client.ReadAnswer().substr(0, 12), "HTTP/1.1 413");
}

TEST_F(HttpConnectionTest, AChunkedBodyOverTheLimitIsAnswered413) {
  HttpServerOptions options;
  options.max_body_bytes = 10;
  Start(options);
  LoopbackClient client(server_->port());
  client.Send(
      "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
      "8\r\n12345678\r\n8\r\n12345678\r\n");
  EXPECT_EQ(client.ReadAnswer().substr(0, 12), "HTTP/1.1 413");
}

TEST_F(HttpConnectionTest, AHeaderOverTheLimitIsAnswered431) {
  HttpServerOptions options;
  options.max_header_bytes = 2000;
  Start(options);
  LoopbackClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\nX: " + std::string(3000, 'x') +
              "\r\n\r\n");
  EXPECT_EQ(client.ReadAnswer().substr(0, 12), "HTTP/1.1 431");
  LoopbackClient endless(server_->port());
  endless.Send("GET / HTTP/1.1\r\nX: " + std::string(3000, 'x'));
  EXPECT_EQ(endless.ReadAnswer().substr(0, 12), "HTTP/1.1 431");
}

TEST_F(HttpConnectionTest, ALongBodyDoesNotCountAsHeader) {
  HttpServerOptions options;
  options.max_header_bytes = 200;
  Start(options);
  LoopbackClient client(server_->port());
  const std::string body(5000, 'b');
  client.Send("POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5000\r\n\r\n" +
              body);
  EXPECT_EQ(BodyOf(client.ReadAnswer()), "POST / [" + body + "]");
}

TEST_F(HttpConnectionTest, NonsenseIsAnswered400) {
  Start();
  for (const char* text :
       {"hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET  / HTTP/1.1\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    LoopbackClient client(server_->port());
    client.Send(text);
    EXPECT_EQ(client.ReadAnswer().substr(0, 12), "HTTP/1.1 400") << text;
    EXPECT_EQ(client.ReadToEnd(), "");
  }
  EXPECT_EQ(requests_, 0);
}

TEST_F(HttpConnectionTest, ClosesWhenTheClientAsks) {
  Start();
  LoopbackClient client(server_->port());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.ReadToEnd().find("Connection: close\r\n"),
            std::string::npos);
  LoopbackClient old(server_->port());
  old.Send("GET / HTTP/1.0\r\n\r\n");
  EXPECT_NE(old.ReadToEnd().find("GET / []"), std::string::npos);
}

TEST_F(HttpConnectionTest, AnOldClientMayAskForKeepAlive) {
  Start();
  LoopbackClient client(server_->port());
  for (int i = 0; i < 2; ++i) {
    client.Send("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
    EXPECT_NE(client.ReadAnswer().find("Connection: keep-alive"),
              std::string::npos);
  }
}

TEST_F(HttpConnectionTest, HeadTellsTheLengthAndSendsNoBody) {
  Start();
  LoopbackClient client(server_->port());
  client.Send("HEAD /x HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(client.ReadUntil("\r\n\r\n").find("Content-Length: 10\r\n"),
            std::string::npos);
  client.Send("GET /y HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadAnswer()), "GET /y []");
}

TEST_F(HttpConnectionTest, ASilentConnectionIsClosed) {
  HttpServerOptions options;
  options.idle_timeout = absl::Milliseconds(20);
  Start(options);
  LoopbackClient silent(server_->port());
  EXPECT_EQ(silent.ReadToEnd(), "");
  LoopbackClient halfway(server_->port());
  halfway.Send("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab");
  EXPECT_EQ(halfway.ReadToEnd(), "");
  EXPECT_TRUE(halfway.at_end());
}

TEST_F(HttpConnectionTest, ARequestThatTakesTooLongIsClosedThoughItGoesOn) {
  HttpServerOptions options;
  options.request_timeout = absl::Milliseconds(20);
  Start(options);
  LoopbackClient client(server_->port());
  // Silence before a request is not part of it.
  client.Send("GET /a HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadAnswer()), "GET /a []");
  client.Send("POST / HTTP/1.1\r\nContent-Length: 16000000\r\n\r\n");
  int sent = 0;
  while (sent < 16'000'000 && client.Send("x")) ++sent;
  EXPECT_LT(sent, 16'000'000);
  EXPECT_EQ(requests_, 1);
}

TEST_F(HttpConnectionTest, MayHangUpBeforeABodyIsRead) {
  absl::Mutex mu;
  HeadVerdict verdict = HeadVerdict::kReadOn;
  std::vector<std::string> heads;
  HttpServerOptions options;
  options.judge_head = [&](const HttpServerRequest& head) {
    absl::MutexLock lock(&mu);
    heads.push_back(absl::StrCat(head.method, head.path, head.body));
    return verdict;
  };
  Start(options);
  const auto post = [](const std::string& body) {
    return absl::StrCat("POST /p?q HTTP/1.1\r\nHost: h\r\nContent-Length: 3",
                        "\r\n\r\n", body);
  };
  LoopbackClient client(server_->port());
  client.Send("GET /g HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(BodyOf(client.ReadAnswer()), "GET /g []");
  client.Send(post("abc"));
  EXPECT_EQ(BodyOf(client.ReadAnswer()), "POST /p?q [abc]");
  for (const bool reset : {false, true}) {
    {
      absl::MutexLock lock(&mu);
      verdict = reset ? HeadVerdict::kReset : HeadVerdict::kClose;
    }
    // With the body to come, or in one piece with the head.
    for (const char* body : {"", "abc"}) {
      LoopbackClient other(server_->port());
      other.Send(post(body));
      EXPECT_EQ(other.ReadToEnd(), "");
      EXPECT_EQ(other.was_reset(), reset) << body;
    }
  }
  EXPECT_EQ(requests_, 2);
  absl::MutexLock lock(&mu);
  EXPECT_EQ(heads, std::vector<std::string>(5, "POST/p"));
}

TEST_F(HttpConnectionTest, AHalfRequestIsDroppedInSilence) {
  Start();
  LoopbackClient client(server_->port());
  client.Send("POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\nab");
  client.FinishSending();
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_EQ(requests_, 0);
}

}  // namespace
}  // namespace sluice
