#include "pipeline/http/http_loop.h"

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "pipeline/http/http_loop_testing.h"
#include "pipeline/http/http_server.h"
#include "tests/contract/executor_contract.h"

namespace sluice {
namespace {

INSTANTIATE_TEST_SUITE_P(HttpLoop, ExecutorContract, ::testing::Values([] {
                           return ThreadedExecutorUnderTest(
                               HttpLoop::Create({}));
                         }));

using Answer = HttpAnswer;

class HttpLoopTest : public HttpLoopFixture {};

TEST_F(HttpLoopTest, FetchesAnAnswer) {
  ServeWith([](const HttpServerRequest& request,
               std::shared_ptr<HttpResponder> responder) {
    responder->Send(
        {201, {{"X-Path", request.path}, {"X-Method", request.method}}, "hi"});
  });
  const Answer answer = Fetch({.url = Url("/a%20b?c=d")});
  EXPECT_TRUE(answer.failure.status.ok()) << answer.failure.status;
  EXPECT_EQ(answer.response.status, 201);
  EXPECT_EQ(answer.response.body, "hi");
  EXPECT_EQ(FindHeader(answer.response.headers, "x-path"), "/a%20b");
  EXPECT_EQ(FindHeader(answer.response.headers, "x-method"), "GET");
}

TEST_F(HttpLoopTest, SendsEveryMethodWithWhatBelongsToIt) {
  HttpServerRequest seen;
  ServeWith([&](const HttpServerRequest& request,
                std::shared_ptr<HttpResponder> responder) {
    seen = request;
    responder->Send({200, {}, "ok"});
  });
  for (const char* method : {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"}) {
    for (const char* body : {"", "text"}) {
      if (std::string(method) == "HEAD" && *body != '\0') continue;
      const Answer answer = Fetch({.method = method,
                                   .url = Url(),
                                   .headers = {{"X-Empty", ""}},
                                   .body = body});
      ASSERT_TRUE(answer.failure.status.ok()) << answer.failure.status;
      EXPECT_EQ(seen.method, method);
      EXPECT_EQ(seen.body, body);
      EXPECT_EQ(FindHeader(seen.headers, "X-Empty"), "");
      EXPECT_EQ(FindHeader(seen.headers, "Content-Type"), std::nullopt);
      EXPECT_EQ(FindHeader(seen.headers, "Expect"), std::nullopt);
      EXPECT_EQ(FindHeader(seen.headers, "Accept-Encoding"), std::nullopt);
      EXPECT_EQ(FindHeader(seen.headers, "User-Agent"), "sluice");
      EXPECT_EQ(answer.response.body,
                std::string(method) == "HEAD" ? "" : "ok");
    }
  }
}

TEST_F(HttpLoopTest, HeadersOfTheRequestWin) {
  HttpServerRequest seen;
  ServeWith([&](const HttpServerRequest& request,
                std::shared_ptr<HttpResponder> responder) {
    seen = request;
    responder->Send({200, {}, ""});
  });
  Fetch({.method = "POST",
         .url = Url(),
         .headers = {{"User-Agent", "mine"},
                     {"Content-Type", "application/json"},
                     {"Content-Length", "999"},
                     {"Accept-Encoding", "gzip"}},
         .body = "{}"});
  EXPECT_EQ(FindHeader(seen.headers, "User-Agent"), "mine");
  EXPECT_EQ(FindHeader(seen.headers, "Content-Type"), "application/json");
  EXPECT_EQ(FindHeader(seen.headers, "Content-Length"), "2");
  EXPECT_EQ(FindHeader(seen.headers, "Accept-Encoding"), "gzip");
}

TEST_F(HttpLoopTest, SkipsInterimAnswers) {
  ServeWith(
      [](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        responder->SendRaw(
            "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
            "HTTP/1.1 200 OK\r\nX: 1\r\nContent-Length: 2\r\n\r\nok");
      });
  const Answer answer = Fetch({.url = Url()});
  EXPECT_EQ(answer.response.status, 200);
  EXPECT_EQ(answer.response.headers.size(), 2u);
  EXPECT_EQ(answer.response.body, "ok");
}

TEST_F(HttpLoopTest, LargeBodiesGoBothWays) {
  const std::string body(5 << 20, 'b');
  const Answer answer = Fetch({.method = "POST", .url = Url(), .body = body});
  EXPECT_TRUE(answer.failure.status.ok()) << answer.failure.status;
  EXPECT_TRUE(answer.response.body == body);
}

TEST_F(HttpLoopTest, AThousandRequestsShareAFewConnections) {
  constexpr int kRequests = 1000;
  constexpr int kAtOnce = 4;
  int started = 0;
  int ended = 0;
  absl::Notification done;
  std::vector<std::unique_ptr<HttpCall>> calls(kAtOnce);
  std::function<void(int)> next = [&](int slot) {
    if (started == kRequests) return;
    ++started;
    calls[slot] = loop_->Fetch(
        {.method = "POST", .url = Url(), .body = absl::StrCat(started)},
        [&, slot](HttpResponse response, HttpFailure failure) {
          EXPECT_TRUE(failure.status.ok()) << failure.status;
          EXPECT_EQ(response.status, 200);
          next(slot);  // Destroys the call that is under way.
          if (++ended == kRequests) done.Notify();
        });
  };
  loop_->Post([&] {
    for (int slot = 0; slot < kAtOnce; ++slot) next(slot);
  });
  done.WaitForNotification();
  OnLoop([&] { calls.clear(); });
  server_.reset();
  EXPECT_EQ(requests_, kRequests);
  EXPECT_LE(peers_.size(), 4u);
}

TEST_F(HttpLoopTest, ManyRequestsToOneHostWaitForItsConnections) {
  loop_ = HttpLoop::Create({.max_connections_per_host = 2});
  int ended = 0;
  absl::Notification done;
  std::vector<std::unique_ptr<HttpCall>> calls;
  loop_->Post([&] {
    for (int i = 0; i < 50; ++i) {
      calls.push_back(
          loop_->Fetch({.url = Url()}, [&](HttpResponse response, HttpFailure) {
            EXPECT_EQ(response.status, 200);
            if (++ended == 50) done.Notify();
          }));
    }
  });
  done.WaitForNotification();
  OnLoop([&] { calls.clear(); });
  server_.reset();
  EXPECT_LE(peers_.size(), 2u);
}

// Redirects.

TEST_F(HttpLoopTest, HandsARedirectBackByDefault) {
  ServeWith(
      [](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        responder->Send({302, {{"Location", "/elsewhere"}}, "moved"});
      });
  const Answer answer = Fetch({.url = Url()});
  EXPECT_EQ(answer.response.status, 302);
  EXPECT_EQ(answer.response.body, "moved");
  EXPECT_EQ(requests_, 1);
}

TEST_F(HttpLoopTest, FollowsRedirectsUpToTheLimit) {
  ServeWith([](const HttpServerRequest& request,
               std::shared_ptr<HttpResponder> responder) {
    if (request.path == "/end") {
      responder->Send({200, {}, request.method + " " + request.body});
    } else if (request.path == "/see") {
      responder->Send({303, {{"Location", "/end"}}, "see other"});
    } else if (request.path == "/keep") {
      responder->Send({307, {{"Location", "/end"}}, "keep"});
    } else {
      responder->Send({302, {{"Location", "/round"}}, "round"});
    }
  });
  Answer answer = Fetch(
      {.method = "POST", .url = Url("/see"), .body = "b", .max_redirects = 3});
  EXPECT_EQ(answer.response.status, 200);
  EXPECT_EQ(answer.response.body, "GET ");
  answer = Fetch(
      {.method = "POST", .url = Url("/keep"), .body = "b", .max_redirects = 1});
  EXPECT_TRUE(answer.failure.status.ok()) << answer.failure.status;
  EXPECT_EQ(answer.response.body, "POST b");
  requests_ = 0;
  answer = Fetch({.url = Url("/round"), .max_redirects = 3});
  EXPECT_TRUE(answer.failure.status.ok()) << answer.failure.status;
  EXPECT_EQ(answer.response.status, 302);
  EXPECT_EQ(requests_, 4);
}

// Failures.

TEST_F(HttpLoopTest, ARefusedConnectionSentNothing) {
  const std::string url = Url();
  server_.reset();
  const Answer answer = Fetch({.method = "POST", .url = url, .body = "b"});
  EXPECT_EQ(answer.failure.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(answer.failure.maybe_sent);
}

TEST_F(HttpLoopTest, AnUnknownHostIsUnavailable) {
  const Answer answer = Fetch({.url = "http://nobody.invalid/"});
  EXPECT_EQ(answer.failure.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(answer.failure.maybe_sent);
}

TEST_F(HttpLoopTest, WhatCannotBeSentIsInvalid) {
  for (const char* url :
       {"", "nonsense://x", "http://", "ftp://h/", "http://a b/"}) {
    const Answer answer = Fetch({.url = url});
    EXPECT_EQ(answer.failure.status.code(), absl::StatusCode::kInvalidArgument)
        << url << ": " << answer.failure.status;
    EXPECT_FALSE(answer.failure.maybe_sent);
  }
  Answer answer = Fetch({.url = Url(), .headers = {{"X", "a\r\nY: b"}}});
  EXPECT_EQ(answer.failure.status.code(), absl::StatusCode::kInvalidArgument);
  answer = Fetch({.method = "GET / HTTP/1.1\r\n", .url = Url()});
  EXPECT_EQ(answer.failure.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(requests_, 0);
}

TEST_F(HttpLoopTest, AResetAfterTheRequestMayHaveBeenSent) {
  ServeWith(
      [](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        responder->Abort(/*reset=*/true);
      });
  const Answer answer = Fetch({.method = "POST", .url = Url(), .body = "b"});
  EXPECT_EQ(answer.failure.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(answer.failure.maybe_sent);
}

// A reused connection that dies is what libcurl repeats by itself.
TEST_F(HttpLoopTest, APostOnADyingConnectionIsSentOnce) {
  for (const bool reset : {true, false}) {
    requests_ = 0;
    ServeWith([reset](const HttpServerRequest& request,
                      std::shared_ptr<HttpResponder> responder) {
      if (request.path == "/die") return responder->Abort(reset);
      responder->Send({200, {}, ""});
    });
    ASSERT_TRUE(Fetch({.url = Url()}).failure.status.ok());
    const Answer answer =
        Fetch({.method = "POST", .url = Url("/die"), .body = "b"});
    EXPECT_EQ(answer.failure.status.code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(answer.failure.maybe_sent);
    EXPECT_EQ(requests_, 2);
  }
}

TEST_F(HttpLoopTest, AGetOnADyingConnectionMayBeSentAgain) {
  std::atomic<int> deaths = 0;
  ServeWith([&](const HttpServerRequest& request,
                std::shared_ptr<HttpResponder> responder) {
    if (request.path == "/die" && deaths++ == 0) return responder->Abort(true);
    responder->Send({200, {}, ""});
  });
  ASSERT_TRUE(Fetch({.url = Url()}).failure.status.ok());
  EXPECT_TRUE(Fetch({.url = Url("/die")}).failure.status.ok());
}

TEST_F(HttpLoopTest, AConnectionClosedWhileIdleCostsNothing) {
  for (const bool reset : {true, false}) {
    ASSERT_TRUE(Fetch({.url = Url()}).failure.status.ok());
    server_->DropConnections(reset);
    const Answer answer = Fetch({.method = "POST", .url = Url(), .body = "b"});
    EXPECT_TRUE(answer.failure.status.ok()) << answer.failure.status;
  }
}

TEST_F(HttpLoopTest, HalfAnAnswerIsAFailureThatKeepsTheHalf) {
  for (const bool chunked : {true, false}) {
    ServeWith([chunked](const HttpServerRequest&,
                        std::shared_ptr<HttpResponder> responder) {
      HttpHeaders headers;
      if (!chunked) headers.emplace_back("Content-Length", "100");
      responder->Begin(200, std::move(headers));
      responder->Write("half");
      responder->Abort(/*reset=*/false);
    });
    const Answer answer = Fetch({.url = Url()});
    EXPECT_EQ(answer.failure.status.code(), absl::StatusCode::kUnavailable);
    EXPECT_TRUE(answer.failure.maybe_sent);
    EXPECT_EQ(answer.response.status, 200);
    EXPECT_EQ(answer.response.body, "half");
  }
}

TEST_F(HttpLoopTest, AnAnswerThatIsNotHttpIsUnavailable) {
  ServeWith(
      [](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        responder->SendRaw("220 mail.example ESMTP\r\n\r\n");
        responder->Abort(/*reset=*/false);
      });
  const Answer answer = Fetch({.url = Url()});
  EXPECT_EQ(answer.failure.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(answer.failure.maybe_sent);
}

TEST_F(HttpLoopTest, ATotalTimeoutEndsTheRequest) {
  std::vector<std::shared_ptr<HttpResponder>> held;
  ServeWith(
      [&](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        held.push_back(std::move(responder));
      });
  const Answer answer =
      Fetch({.url = Url(), .total_timeout = absl::Milliseconds(30)});
  EXPECT_EQ(answer.failure.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(answer.failure.maybe_sent);
  server_.reset();
}

TEST_F(HttpLoopTest, AStallEndsTheRequestByItsIdleTimeout) {
  std::vector<std::shared_ptr<HttpResponder>> held;
  ServeWith(
      [&](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        responder->Begin(200, {});
        responder->Write("some");
        held.push_back(std::move(responder));
      });
  const Answer answer = Fetch({.url = Url(),
                               .total_timeout = absl::InfiniteDuration(),
                               .idle_timeout = absl::Milliseconds(30)});
  EXPECT_EQ(answer.failure.status.code(), absl::StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(absl::StrContains(answer.failure.status.message(), "silence"));
  EXPECT_TRUE(answer.failure.maybe_sent);
  EXPECT_EQ(answer.response.body, "some");
  server_.reset();
}

TEST_F(HttpLoopTest, SignsOfLifeKeepARequestAlive) {
  ServeWith([this](const HttpServerRequest&,
                   std::shared_ptr<HttpResponder> responder) {
    responder->Begin(200, {});
    for (int i = 1; i <= 12; ++i) {
      server_->executor().PostAfter(absl::Milliseconds(50) * i,
                                    [responder] { responder->Write("."); });
    }
    server_->executor().PostAfter(absl::Milliseconds(650),
                                  [responder] { responder->End(); });
  });
  const Answer answer =
      Fetch({.url = Url(), .idle_timeout = absl::Milliseconds(400)});
  EXPECT_TRUE(answer.failure.status.ok()) << answer.failure.status;
  EXPECT_EQ(answer.response.body, "............");
}

TEST_F(HttpLoopTest, AnAnswerThatIsTooLongEndsTheRequest) {
  ServeWith(
      [](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        responder->Send({200, {}, std::string(100'000, 'x')});
      });
  const Answer answer = Fetch({.url = Url(), .max_response_bytes = 99'999});
  EXPECT_EQ(answer.failure.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(answer.response.body.size(), 99'999u);
  EXPECT_EQ(Fetch({.url = Url(), .max_response_bytes = 100'000})
                .failure.status.code(),
            absl::StatusCode::kOk);
}

TEST_F(HttpLoopTest, ErrorsShowNeitherPathNorQuery) {
  ServeWith(
      [](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        responder->Abort(/*reset=*/true);
      });
  const Answer answer = Fetch({.url = Url("/path-x?key=secret")});
  EXPECT_FALSE(absl::StrContains(answer.failure.status.message(), "secret"));
  EXPECT_FALSE(absl::StrContains(answer.failure.status.message(), "path-x"));
  EXPECT_TRUE(absl::StrContains(answer.failure.status.message(), "127.0.0.1"));
}

TEST_F(HttpLoopTest, CompressedBodiesComeDecodedToWhoAsks) {
  ServeWith([](const HttpServerRequest&,
               std::shared_ptr<HttpResponder> responder) {
    // "hello" by gzip.
    static const unsigned char kHello[] = {
        0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00,
        0x03, 0xcb, 0x48, 0xcd, 0xc9, 0xc9, 0x07, 0x00, 0x86,
        0xa6, 0x10, 0x36, 0x05, 0x00, 0x00, 0x00};
    responder->Send(
        {200,
         {{"Content-Encoding", "gzip"}},
         std::string(reinterpret_cast<const char*>(kHello), sizeof(kHello))});
  });
  const Answer answer =
      Fetch({.url = Url(), .headers = {{"Accept-Encoding", "gzip"}}});
  EXPECT_EQ(answer.response.body, "hello");
  EXPECT_NE(Fetch({.url = Url()}).response.body, "hello");
}

TEST_F(HttpLoopTest, StopCancelsWhatIsUnderWay) {
  absl::Notification asked;
  std::vector<std::shared_ptr<HttpResponder>> held;
  ServeWith(
      [&](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        held.push_back(std::move(responder));
        asked.Notify();
      });
  std::unique_ptr<HttpCall> call;
  OnLoop([&] {
    call = loop_->Fetch({.url = Url()}, [](HttpResponse, HttpFailure) {
      ADD_FAILURE() << "it ended";
    });
  });
  asked.WaitForNotification();
  loop_->Stop();
  call->Pause();
  call->Resume();
  call.reset();
  server_.reset();
}

TEST_F(HttpLoopTest, ATaskThatOwnsACallMayDieWithTheLoop) {
  OnLoop([&] {
    std::shared_ptr<HttpCall> call =
        loop_->Fetch({.url = Url()}, [](HttpResponse, HttpFailure) {});
    loop_->PostAfter(absl::Hours(1), [call] {});
  });
  loop_.reset();
}

}  // namespace
}  // namespace sluice
