// Requests with bodies over plain HTTP, through the loop as callers send them.
// What goes for all requests is in http_loop_test.cc.
#include "pipeline/http/direct_client.h"

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/http/http_loop_testing.h"
#include "pipeline/http/http_server.h"

namespace sluice {
namespace {

HttpRequest Post(std::string url) {
  return {.method = "POST", .url = std::move(url), .body = "b"};
}

TEST(DirectClientTest, TakesBodiesThatGoOutByPlainHttp) {
  EXPECT_TRUE(DirectClient::Takes(Post("http://127.0.0.1:80/p?q=1")));
  EXPECT_TRUE(DirectClient::Takes(Post("http://localhost/")));
  for (const char* url :
       {"https://127.0.0.1/", "http://user@127.0.0.1/", "http://127.0.0.1/a b",
        "http:///path", "http://", "nonsense", "HTTP://127.0.0.1/"}) {
    EXPECT_FALSE(DirectClient::Takes(Post(url))) << url;
  }
  for (const char* header : {"Accept-Encoding", "connection", "Expect",
                             "Transfer-Encoding", "Upgrade", "no token"}) {
    HttpRequest request = Post("http://127.0.0.1/");
    request.headers = {{header, "v"}};
    EXPECT_FALSE(DirectClient::Takes(request)) << header;
  }
  HttpRequest request = Post("http://127.0.0.1/");
  request.headers = {{"A", "b\r\nC: d"}};
  EXPECT_FALSE(DirectClient::Takes(request));
  request = Post("http://127.0.0.1/");
  request.max_redirects = 1;
  EXPECT_FALSE(DirectClient::Takes(request));
  request = Post("http://127.0.0.1/");
  request.idle_timeout = absl::Seconds(1);
  EXPECT_FALSE(DirectClient::Takes(request));
  request = Post("http://127.0.0.1/");
  request.body.clear();
  EXPECT_FALSE(DirectClient::Takes(request));
}

using Answer = HttpAnswer;

// Has only what the client takes.
class DirectLoopTest : public HttpLoopFixture {
 protected:
  DirectLoopTest()
      : HttpLoopFixture({.max_connections_per_host = 2},
                        {.max_body_bytes = 1 << 20}) {}

  Answer Fetch(HttpRequest request) {
    EXPECT_TRUE(DirectClient::Takes(request));
    return HttpLoopFixture::Fetch(std::move(request));
  }
};

TEST_F(DirectLoopTest, WritesTheRequestAsItIs) {
  HttpServerRequest seen;
  ServeWith([&](const HttpServerRequest& request,
                std::shared_ptr<HttpResponder> responder) {
    seen = request;
    responder->Send({200, {}, ""});
  });
  HttpRequest request = Post(Url("/a%20b?c=d#fragment"));
  request.headers = {{"X-Empty", ""}, {"Content-Length", "999"}};
  ASSERT_TRUE(Fetch(std::move(request)).failure.status.ok());
  EXPECT_EQ(seen.path, "/a%20b");
  EXPECT_EQ(seen.query, "c=d");
  EXPECT_EQ(seen.body, "b");
  EXPECT_EQ(FindHeader(seen.headers, "X-Empty"), "");
  EXPECT_EQ(FindHeader(seen.headers, "Host"),
            absl::StrCat("127.0.0.1:", server_->port()));
  EXPECT_EQ(FindHeader(seen.headers, "User-Agent"), "sluice");
  EXPECT_EQ(FindHeader(seen.headers, "Content-Length"), "1");
  const std::string url = Url();
  ASSERT_TRUE(
      Fetch(Post(url.substr(0, url.size() - 1) + "?q")).failure.status.ok());
  EXPECT_EQ(seen.path, "/");
}

TEST_F(DirectLoopTest, UsesNoConnectionThatWasIdleForTooLong) {
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(Fetch(Post(Url())).failure.status.ok());
  }
  EXPECT_EQ(peers_.size(), 1u);
  loop_ = HttpLoop::Create({.max_idle = absl::Milliseconds(1)});
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(Fetch(Post(Url())).failure.status.ok());
    absl::Notification later;
    loop_->PostAfter(absl::Milliseconds(2), [&later] { later.Notify(); });
    later.WaitForNotification();
  }
  EXPECT_EQ(peers_.size(), 3u);
}

// Larger than what a socket holds, there and back.
TEST_F(DirectLoopTest, ALargeBodyGoesInPieces) {
  HttpRequest request = Post(Url());
  request.body.assign(1 << 20, 'x');
  const Answer answer = Fetch(std::move(request));
  EXPECT_TRUE(answer.failure.status.ok()) << answer.failure.status;
  EXPECT_EQ(answer.response.body.size(), size_t{1} << 20);
}

TEST_F(DirectLoopTest, TakesAnAnswerThatDoesNotWaitForTheWholeRequest) {
  HttpRequest request = Post(Url());
  request.body.assign(64 << 20, 'x');
  const Answer answer = Fetch(std::move(request));
  // The server closes behind its answer, which may be lost with that.
  if (answer.failure.status.ok()) {
    EXPECT_EQ(answer.response.status, 413);
  } else {
    EXPECT_TRUE(absl::IsUnavailable(answer.failure.status))
        << answer.failure.status;
    EXPECT_TRUE(answer.failure.maybe_sent);
  }
  EXPECT_TRUE(Fetch(Post(Url())).failure.status.ok());
}

TEST_F(DirectLoopTest, HalfAnAnswerKeepsTheHalf) {
  ServeWith(
      [](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        responder->Begin(200, {{"Content-Length", "100"}});
        responder->Write("half");
        responder->Abort(/*reset=*/false);
      });
  const Answer answer = Fetch(Post(Url("/secret")));
  EXPECT_TRUE(absl::IsUnavailable(answer.failure.status));
  EXPECT_TRUE(answer.failure.maybe_sent);
  EXPECT_EQ(answer.response.body, "half");
  EXPECT_FALSE(absl::StrContains(answer.failure.status.message(), "secret"));
  EXPECT_TRUE(absl::StrContains(answer.failure.status.message(), "127.0.0.1"));
}

TEST_F(DirectLoopTest, WhatIsNotHttpIsUnavailable) {
  ServeWith(
      [](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        responder->SendRaw("220 mail.example ESMTP\r\n\r\n");
      });
  const Answer answer = Fetch(Post(Url()));
  EXPECT_TRUE(absl::IsUnavailable(answer.failure.status));
  EXPECT_TRUE(answer.failure.maybe_sent);
}

TEST_F(DirectLoopTest, SkipsInterimAnswersAndObeysClose) {
  ServeWith(
      [](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        responder->SendRaw(
            "HTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n"
            "HTTP/1.1 200 OK\r\nConnection: close\r\n"
            "Content-Length: 2\r\n\r\nok");
      });
  for (int i = 0; i < 3; ++i) {
    const Answer answer = Fetch(Post(Url()));
    EXPECT_EQ(answer.response.status, 200);
    EXPECT_EQ(answer.response.body, "ok");
  }
}

TEST_F(DirectLoopTest, ATimeoutEndsARequestUnderWayAndOneThatWaits) {
  std::vector<std::shared_ptr<HttpResponder>> held;
  ServeWith(
      [&](const HttpServerRequest&, std::shared_ptr<HttpResponder> responder) {
        held.push_back(std::move(responder));
      });
  std::vector<HttpFailure> failures;
  std::vector<std::unique_ptr<HttpCall>> calls;
  absl::Notification done;
  loop_->Post([&] {
    for (int i = 0; i < 3; ++i) {  // One more than there are connections.
      HttpRequest request = Post(Url());
      request.total_timeout = absl::Milliseconds(i < 2 ? 500 : 30);
      calls.push_back(loop_->Fetch(std::move(request),
                                   [&](HttpResponse, HttpFailure failure) {
                                     failures.push_back(std::move(failure));
                                     if (failures.size() == 3) done.Notify();
                                   }));
    }
  });
  done.WaitForNotification();
  for (const HttpFailure& failure : failures) {
    EXPECT_TRUE(absl::IsDeadlineExceeded(failure.status)) << failure.status;
  }
  EXPECT_FALSE(failures[0].maybe_sent) << "it waited";
  EXPECT_TRUE(failures[1].maybe_sent);
  EXPECT_TRUE(failures[2].maybe_sent);
  absl::Notification cleared;
  loop_->Post([&] {
    calls.clear();
    cleared.Notify();
  });
  cleared.WaitForNotification();
  server_.reset();
}

TEST_F(DirectLoopTest, EveryWaitingRequestHearsOfARefusedConnection) {
  const std::string url = Url();
  server_.reset();
  int ended = 0;
  absl::Notification done;
  std::vector<std::unique_ptr<HttpCall>> calls;
  loop_->Post([&] {
    for (int i = 0; i < 5; ++i) {
      calls.push_back(
          loop_->Fetch(Post(url), [&](HttpResponse, HttpFailure failure) {
            EXPECT_TRUE(absl::IsUnavailable(failure.status)) << failure.status;
            EXPECT_FALSE(failure.maybe_sent);
            if (++ended == 5) done.Notify();
          }));
    }
  });
  done.WaitForNotification();
  absl::Notification cleared;
  loop_->Post([&] {
    calls.clear();
    cleared.Notify();
  });
  cleared.WaitForNotification();
}

// A handler that pauses at the head, and goes on later.
class PausingHandler final : public HttpStreamHandler {
 public:
  void OnResponse(int, const HttpHeaders&) override {
    call->Pause();
    paused = true;
    on_paused();
  }
  void OnBody(std::string_view piece) override {
    EXPECT_FALSE(paused);
    body.append(piece);
  }
  void OnDone(const HttpFailure& failure) override {
    EXPECT_FALSE(paused);
    EXPECT_TRUE(failure.status.ok()) << failure.status;
    on_done();
  }

  std::unique_ptr<HttpCall> call;
  bool paused = false;
  std::string body;
  std::function<void()> on_paused;
  std::function<void()> on_done;
};

TEST_F(DirectLoopTest, APauseHoldsTheAnswerBack) {
  for (const char* text : {"", "text"}) {
    PausingHandler handler;
    absl::Notification done;
    handler.on_paused = [&] {
      loop_->PostAfter(absl::Milliseconds(20), [&] {
        EXPECT_EQ(handler.body, "");
        handler.paused = false;
        handler.call->Resume();
      });
    };
    handler.on_done = [&] {
      handler.call.reset();
      done.Notify();
    };
    ServeWith([text](const HttpServerRequest&,
                     std::shared_ptr<HttpResponder> responder) {
      responder->Send({200, {}, text});
    });
    loop_->Post([&] { handler.call = loop_->Stream(Post(Url()), &handler); });
    done.WaitForNotification();
    EXPECT_EQ(handler.body, text);
  }
}

TEST_F(DirectLoopTest, ACallMayBeCancelledAtAnyTime) {
  // Waiting, connecting, and inside its own callbacks.
  absl::Notification done;
  loop_->Post([&] {
    for (int i = 0; i < 4; ++i) {
      loop_->Fetch(Post(Url()), [](HttpResponse, HttpFailure) {
        ADD_FAILURE() << "called after its end";
      });
    }
    done.Notify();
  });
  done.WaitForNotification();
  PausingHandler handler;
  absl::Notification cancelled;
  loop_->Post([&] {
    handler.call = loop_->Stream(Post(Url()), &handler);
    handler.on_paused = [&] {
      handler.call.reset();
      cancelled.Notify();
    };
  });
  cancelled.WaitForNotification();
  EXPECT_TRUE(Fetch(Post(Url())).failure.status.ok());
}

TEST_F(DirectLoopTest, CallsMayOutliveTheirEndAndTheLoopsThread) {
  absl::Notification done;
  absl::Notification asked;
  std::vector<std::shared_ptr<HttpResponder>> held;
  ServeWith([&](const HttpServerRequest& request,
                std::shared_ptr<HttpResponder> responder) {
    if (request.path == "/held") {
      held.push_back(std::move(responder));
      if (!asked.HasBeenNotified()) asked.Notify();
    } else {
      responder->Send({200, {}, ""});
    }
  });
  std::vector<std::unique_ptr<HttpCall>> calls;
  loop_->Post([&] {
    calls.push_back(loop_->Fetch(
        Post(Url()), [&](HttpResponse, HttpFailure) { done.Notify(); }));
    calls.push_back(loop_->Fetch(
        Post(Url("/held")),
        [](HttpResponse, HttpFailure) { ADD_FAILURE() << "it ended"; }));
    for (int i = 0; i < 3; ++i) {
      calls.push_back(
          loop_->Fetch(Post(Url("/held")), [](HttpResponse, HttpFailure) {}));
    }
  });
  done.WaitForNotification();
  asked.WaitForNotification();
  loop_->Stop();
  for (const auto& call : calls) call->Resume();
  calls.clear();
  server_.reset();
}

}  // namespace
}  // namespace sluice
