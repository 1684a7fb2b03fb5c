#include "pipeline/http/http_transfer.h"

#include <atomic>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "boost/asio/buffer.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/read.hpp"
#include "boost/asio/write.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/http/http_loop.h"
#include "pipeline/http/http_server.h"

namespace sluice {
namespace {

// Writes down what it hears and does in each callback what the test says.
class Listener final : public HttpStreamHandler {
 public:
  void OnResponse(int status, const HttpHeaders&) override {
    Note(absl::StrCat(status));
    if (on_response) on_response();
  }
  void OnBody(std::string_view piece) override {
    bytes_ += piece.size();
    if (piece.size() <= 16) Note(std::string(piece));  // Small ones in full.
    if (on_body) on_body();
  }
  void OnDone(const HttpFailure& failure) override {
    Note(absl::StrCat("<", absl::StatusCodeToString(failure.status.code()),
                      ">"));
    if (on_done) on_done();
  }

  // Waits until all that was heard contains `text`.
  std::string Await(const std::string& text) {
    absl::MutexLock lock(&mu_);
    auto heard_it = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
      return absl::StrContains(heard_, text);
    };
    EXPECT_TRUE(
        mu_.AwaitWithTimeout(absl::Condition(&heard_it), absl::Seconds(20)))
        << "heard only " << heard_;
    return heard_;
  }
  std::string heard() {
    absl::MutexLock lock(&mu_);
    return heard_;
  }

  // Of bodies.
  size_t bytes() const { return bytes_; }

  std::function<void()> on_response;
  std::function<void()> on_body;
  std::function<void()> on_done;

 private:
  void Note(const std::string& text) {
    absl::MutexLock lock(&mu_);
    heard_ += text;
  }

  absl::Mutex mu_;
  std::string heard_ ABSL_GUARDED_BY(mu_);
  std::atomic<size_t> bytes_ = 0;
};

// Streams from a server whose responders the test holds.
class HttpTransferTest : public ::testing::Test {
 protected:
  HttpTransferTest() : loop_(HttpLoop::Create({})) {
    server_ = *HttpServer::Start(
        {},
        [this](HttpServerRequest, std::shared_ptr<HttpResponder> responder) {
          absl::MutexLock lock(&mu_);
          responders_.push_back(std::move(responder));
        });
  }
  ~HttpTransferTest() override {
    OnLoop([this] { call_.reset(); });
    loop_.reset();
  }

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

  void OnLoop(std::function<void()> task) {
    absl::Notification done;
    loop_->Post([&] {
      task();
      done.Notify();
    });
    done.WaitForNotification();
  }

  std::unique_ptr<HttpCall> Stream(HttpStreamHandler* handler,
                                   HttpRequest request = {}) {
    request.url = absl::StrCat("http://127.0.0.1:", server_->port(), "/");
    return loop_->Stream(std::move(request), handler);
  }
  // Starts the call of the test and returns the server's end of it.
  std::shared_ptr<HttpResponder> Start(HttpRequest request = {}) {
    OnLoop([&] { call_ = Stream(&listener_, std::move(request)); });
    return Take();
  }
  // Asks another question and waits for its answer: by then the loop has dealt
  // with everything before.
  void Flush() {
    Listener other;
    std::unique_ptr<HttpCall> call;
    OnLoop([&] { call = Stream(&other); });
    Take()->Send({200, {}, ""});
    other.Await("<OK>");
    OnLoop([&] { call.reset(); });
  }

  absl::Mutex mu_;
  std::deque<std::shared_ptr<HttpResponder>> responders_ ABSL_GUARDED_BY(mu_);
  std::unique_ptr<HttpLoop> loop_;
  std::unique_ptr<HttpServer> server_;
  Listener listener_;
  std::unique_ptr<HttpCall> call_;
};

TEST_F(HttpTransferTest, HandsPiecesOnAsTheyCome) {
  auto responder = Start();
  responder->Begin(200, {});
  listener_.Await("200");  // Before any body.
  responder->Write("abc");
  listener_.Await("200abc");
  responder->Write("def");
  listener_.Await("200abcdef");
  responder->End();
  EXPECT_EQ(listener_.Await("<"), "200abcdef<OK>");
}

TEST_F(HttpTransferTest, HearsNothingWhilePaused) {
  auto responder = Start();
  responder->Begin(200, {});
  listener_.Await("200");
  OnLoop([&] { call_->Pause(); });
  responder->Write("abc");
  responder->End();
  Flush();
  EXPECT_EQ(listener_.heard(), "200");
  OnLoop([&] {
    call_->Resume();
    EXPECT_EQ(listener_.heard(), "200");  // Not inside Resume().
  });
  EXPECT_EQ(listener_.Await("<"), "200abc<OK>");
}

TEST_F(HttpTransferTest, MayBePausedBeforeTheAnswerBegins) {
  OnLoop([&] {
    call_ = Stream(&listener_);
    call_->Pause();
  });
  Take()->Send({200, {}, "abc"});
  Flush();
  EXPECT_EQ(listener_.heard(), "");
  OnLoop([&] { call_->Resume(); });
  EXPECT_EQ(listener_.Await("<"), "200abc<OK>");
}

TEST_F(HttpTransferTest, AnEmptyAnswerWaitsForTheEndOfAPauseToo) {
  OnLoop([&] {
    call_ = Stream(&listener_);
    call_->Pause();
  });
  Take()->Send({204, {}, ""});
  Flush();
  EXPECT_EQ(listener_.heard(), "");
  OnLoop([&] { call_->Resume(); });
  EXPECT_EQ(listener_.Await("<"), "204<OK>");
}

TEST_F(HttpTransferTest, PausesInsideACallbackAndHoldsTheServerBack) {
  absl::Notification paused;
  listener_.on_body = [&] {
    call_->Pause();
    paused.Notify();
  };
  constexpr size_t kBytes = 64 << 20;  // More than sockets hold.
  auto responder = Start();
  responder->Begin(200, {});
  responder->Write(std::string(kBytes, 'm'));
  responder->End();
  paused.WaitForNotification();
  Flush();
  const size_t heard = listener_.bytes();
  Flush();
  EXPECT_EQ(listener_.bytes(), heard);
  EXPECT_LT(heard, 1u << 20);
  EXPECT_GT(responder->pending_bytes(), kBytes / 2);
  OnLoop([&] {
    listener_.on_body = nullptr;
    call_->Resume();
  });
  // Of the body it notes pieces that happen to be small.
  const std::string heard_all = listener_.Await("<");
  EXPECT_THAT(heard_all, ::testing::StartsWith("200"));
  EXPECT_THAT(heard_all, ::testing::EndsWith("<OK>"));
  EXPECT_EQ(listener_.bytes(), kBytes);
}

TEST_F(HttpTransferTest, IdleTimeDoesNotRunWhilePaused) {
  auto responder = Start({.total_timeout = absl::InfiniteDuration(),
                          .idle_timeout = absl::Milliseconds(40)});
  responder->Begin(200, {});
  absl::Notification waited;
  OnLoop([&] {
    call_->Pause();
    loop_->PostAfter(absl::Milliseconds(150), [&] { waited.Notify(); });
  });
  waited.WaitForNotification();
  EXPECT_FALSE(absl::StrContains(listener_.heard(), "<"));
  OnLoop([&] { call_->Resume(); });
  listener_.Await("<DEADLINE_EXCEEDED>");
}

TEST_F(HttpTransferTest, TotalTimeRunsWhilePaused) {
  auto responder = Start({.total_timeout = absl::Milliseconds(100)});
  OnLoop([&] { call_->Pause(); });
  responder->Begin(200, {});
  responder->Write("abc");
  listener_.Await("<DEADLINE_EXCEEDED>");
}

TEST_F(HttpTransferTest, AnUploadThatAdvancesIsNotIdle) {
  // A server that takes a request in small sips, for longer than the client
  // would wait for an answer.
  constexpr size_t kBody = 32 << 20;  // More than sockets hold.
  boost::asio::io_context io;
  boost::asio::ip::tcp::acceptor acceptor(
      io, {boost::asio::ip::make_address("127.0.0.1"), 0});
  acceptor.set_option(boost::asio::socket_base::receive_buffer_size(64 << 10));
  OnLoop([&] {
    call_ = loop_->Stream(
        {.method = "POST",
         .url = absl::StrCat(
             "http://127.0.0.1:", acceptor.local_endpoint().port(), "/"),
         .body = std::string(kBody, 'u'),
         .idle_timeout = absl::Milliseconds(300)},
        &listener_);
  });
  auto socket = acceptor.accept();
  std::string sip(kBody / 8, '\0');
  for (int i = 0; i < 8; ++i) {
    boost::asio::read(socket, boost::asio::buffer(sip));
    absl::Notification swallowed;
    loop_->PostAfter(absl::Milliseconds(80), [&] { swallowed.Notify(); });
    swallowed.WaitForNotification();
  }
  boost::asio::write(
      socket,
      boost::asio::buffer(std::string_view("HTTP/1.1 204 No Content\r\n\r\n")));
  EXPECT_EQ(listener_.Await("<"), "204<OK>");
}

TEST_F(HttpTransferTest, MayBeCancelledInEachCallback) {
  for (int which = 0; which < 3; ++which) {
    Listener listener;
    absl::Notification cancelled;
    std::unique_ptr<HttpCall> call;
    auto cancel = [&] {
      call.reset();
      cancelled.Notify();
    };
    if (which == 0) listener.on_response = cancel;
    if (which == 1) listener.on_body = cancel;
    if (which == 2) listener.on_done = cancel;
    OnLoop([&] { call = Stream(&listener); });
    Take()->Send({200, {}, "body"});
    cancelled.WaitForNotification();
    Flush();
    const char* heard[] = {"200", "200body", "200body<OK>"};
    EXPECT_EQ(listener.heard(), heard[which]);
  }
}

TEST_F(HttpTransferTest, MayBeCancelledWhenItFails) {
  listener_.on_done = [&] { call_.reset(); };
  auto responder = Start();
  responder->Abort(/*reset=*/true);
  EXPECT_EQ(listener_.Await("<"), "<UNAVAILABLE>");
  Flush();
}

TEST_F(HttpTransferTest, ACancelledCallIsSilentAndClosesItsConnection) {
  auto responder = Start();
  responder->Begin(200, {});
  listener_.Await("200");
  OnLoop([&] { call_.reset(); });
  while (responder->connected()) responder->Write("x");
  EXPECT_EQ(listener_.heard(), "200");
}

TEST_F(HttpTransferTest, CallbacksMayCancelOtherCallsAndStartNewOnes) {
  Listener victim;
  Listener child;
  std::unique_ptr<HttpCall> victim_call;
  std::unique_ptr<HttpCall> child_call;
  OnLoop([&] { victim_call = Stream(&victim); });
  auto victims = Take();
  listener_.on_body = [&] {
    victim_call.reset();
    child_call = Stream(&child);
    // Started and cancelled in one breath: never sent.
    Stream(&child).reset();
  };
  Start()->Send({200, {}, "body"});
  Take()->Send({201, {}, ""});
  EXPECT_EQ(child.Await("<"), "201<OK>");
  listener_.Await("<OK>");
  victims->Send({200, {}, "late"});
  Flush();
  EXPECT_EQ(victim.heard(), "");
  OnLoop([&] { child_call.reset(); });
}

TEST_F(HttpTransferTest, TrailersAreNotHeaders) {
  auto responder = Start();
  responder->SendRaw(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n");
  EXPECT_EQ(listener_.Await("<"), "200abc<OK>");
}

}  // namespace
}  // namespace sluice
