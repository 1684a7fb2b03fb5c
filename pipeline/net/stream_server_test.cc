#include "pipeline/net/stream_server.h"

#include <cstdio>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/http/http_loop.h"
#include "tests/testing/loopback_client.h"
#include "tests/testing/test_certificates.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;

// What all receivers of a test saw.
class Seen {
 public:
  void Add(std::string_view bytes) {
    absl::MutexLock lock(&mu_);
    bytes_.append(bytes);
  }
  void End(bool finished) {
    absl::MutexLock lock(&mu_);
    (finished ? finished_ : gone_) += 1;
  }
  void AwaitBytes(const std::string& bytes) {
    absl::MutexLock lock(&mu_);
    const auto there = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return bytes_ == bytes;
    };
    ASSERT_TRUE(
        mu_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(20)))
        << bytes_.size() << " bytes have come";
  }
  void AwaitEnds(int finished, int gone) {
    absl::MutexLock lock(&mu_);
    const auto there = [&]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return finished_ == finished && gone_ == gone;
    };
    ASSERT_TRUE(
        mu_.AwaitWithTimeout(absl::Condition(&there), absl::Seconds(20)))
        << finished_ << " finished, " << gone_ << " gone";
  }
  size_t size() {
    absl::MutexLock lock(&mu_);
    return bytes_.size();
  }

 private:
  absl::Mutex mu_;
  std::string bytes_ ABSL_GUARDED_BY(mu_);
  int finished_ ABSL_GUARDED_BY(mu_) = 0;
  int gone_ ABSL_GUARDED_BY(mu_) = 0;
};

// Notes what comes, answers "pause" and "close" by doing so, and everything
// else by an echo if wanted.
class Echo final : public StreamReceiver {
 public:
  Echo(StreamConnection* connection, Seen* seen, bool echoes)
      : connection_(connection), seen_(seen), echoes_(echoes) {}

  void OnBytes(std::string_view bytes, size_t readable_behind) override {
    EXPECT_GE(readable_behind, StreamServer::kPadding);
    seen_->Add(bytes);
    if (bytes == "pause") connection_->Pause();
    if (bytes == "close") return connection_->Close();
    if (echoes_) connection_->Send(std::string(bytes));
  }
  void OnEnd(bool finished) override {
    seen_->End(finished);
    if (!finished) return;
    connection_->Send("bye");
    connection_->Close();
  }

  StreamConnection* connection() { return connection_; }

 private:
  StreamConnection* const connection_;
  Seen* const seen_;
  const bool echoes_;
};

class StreamServerTest : public ::testing::Test {
 protected:
  StreamServerTest() {
    options_.tcp = ListenAddress{.address = "127.0.0.1", .port = 0};
  }

  void Start() {
    auto server =
        StreamServer::Start(options_, [this](StreamConnection* connection) {
          auto receiver = std::make_shared<Echo>(connection, &seen_, echoes_);
          last_ = receiver;
          return receiver;
        });
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  StreamServerOptions options_;
  Seen seen_;
  bool echoes_ = true;
  // Used on the server's thread.
  std::weak_ptr<Echo> last_;
  std::unique_ptr<StreamServer> server_;
};

TEST_F(StreamServerTest, ReadsAndSends) {
  Start();
  LoopbackClient client(server_->port());
  client.Send("hello");
  EXPECT_EQ(client.ReadUntil("hello"), "hello");
  client.FinishSending();
  seen_.AwaitEnds(1, 0);
  EXPECT_EQ(client.ReadToEnd(), "bye");
  EXPECT_TRUE(client.at_end());
  EXPECT_FALSE(client.was_reset());
}

TEST_F(StreamServerTest, TakesMoreThanItsBufferHolds) {
  echoes_ = false;
  Start();
  std::string bytes(3 * StreamServer::kReadBytes + 17, 'x');
  bytes.back() = 'y';
  LoopbackClient client(server_->port());
  client.Send(bytes);
  seen_.AwaitBytes(bytes);
}

TEST_F(StreamServerTest, APausedConnectionHoldsItsSenderBack) {
  echoes_ = false;
  Start();
  LoopbackClient paused(server_->port());
  paused.Send("pause");
  seen_.AwaitBytes("pause");
  paused.Send("more");
  // Others are read meanwhile: that one has been passed over by then.
  std::weak_ptr<Echo> receiver;
  absl::Notification kept;
  server_->executor().Post([&] {
    receiver = last_;
    kept.Notify();
  });
  kept.WaitForNotification();
  LoopbackClient other(server_->port());
  other.Send("other");
  seen_.AwaitBytes("pauseother");
  server_->executor().Post([&] { receiver.lock()->connection()->Resume(); });
  seen_.AwaitBytes("pauseothermore");
}

TEST_F(StreamServerTest, ClosesWhenItIsTold) {
  Start();
  LoopbackClient client(server_->port());
  client.Send("close");
  EXPECT_EQ(client.ReadToEnd(), "");
  seen_.AwaitEnds(0, 0);
}

TEST_F(StreamServerTest, SaysWhenAConnectionIsGone) {
  options_.idle_timeout = absl::Milliseconds(30);
  Start();
  LoopbackClient quiet(server_->port());
  EXPECT_EQ(quiet.ReadToEnd(), "");
  seen_.AwaitEnds(0, 1);
  LoopbackClient open(server_->port());
  open.Send("hello");
  open.ReadUntil("hello");
  server_.reset();
  seen_.AwaitEnds(0, 2);
}

TEST_F(StreamServerTest, FurtherConnectionsWaitForTheirTurn) {
  options_.max_connections = 1;
  Start();
  auto first = std::make_unique<LoopbackClient>(server_->port());
  first->Send("1");
  EXPECT_EQ(first->ReadUntil("1"), "1");
  LoopbackClient second(server_->port());
  second.Send("2");
  first.reset();
  EXPECT_EQ(second.ReadUntil("2"), "2");
}

TEST_F(StreamServerTest, NamesWhatItCannotListenOn) {
  Start();
  StreamServerOptions taken;
  taken.tcp = ListenAddress{.address = "127.0.0.1", .port = server_->port()};
  const auto make = [](StreamConnection*) {
    return std::shared_ptr<StreamReceiver>();
  };
  const absl::Status status = StreamServer::Start(taken, make).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(std::string(status.message()), HasSubstr("127.0.0.1 port"));
  StreamServerOptions nowhere;
  nowhere.unix_path = "/no/such/folder/s";
  EXPECT_EQ(StreamServer::Start(nowhere, make).status().code(),
            absl::StatusCode::kInvalidArgument);
  StreamServerOptions certificate = options_;
  certificate.certificate_file = "/no/such/c.pem";
  certificate.private_key_file = "/no/such/k.pem";
  const absl::Status unreadable =
      StreamServer::Start(certificate, make).status();
  EXPECT_EQ(unreadable.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(unreadable.message()), HasSubstr("/no/such/c.pem"));
}

// The status of a GET over TLS; 0: no answer. Plain HTTP is what there is to
// speak TLS with; the receiver answers anything.
class HttpAnswer final : public StreamReceiver {
 public:
  explicit HttpAnswer(StreamConnection* connection) : connection_(connection) {}
  void OnBytes(std::string_view bytes, size_t readable_behind) override {
    EXPECT_GE(readable_behind, StreamServer::kPadding);
    if (!bytes.ends_with("\r\n\r\n")) return;
    connection_->Send("HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n");
    connection_->Close();
  }
  void OnEnd(bool) override {}

 private:
  StreamConnection* const connection_;
};

int GetOverTls(uint16_t port, const std::string& ca_file) {
  auto loop = HttpLoop::Create({});
  absl::Notification done;
  int status = 0;
  std::unique_ptr<HttpCall> call;
  loop->Post([&] {
    call = loop->Fetch({.url = "https://127.0.0.1:" + std::to_string(port),
                        .tls = {.ca_file = ca_file}},
                       [&](HttpResponse response, HttpFailure failure) {
                         if (failure.status.ok()) status = response.status;
                         call.reset();
                         done.Notify();
                       });
  });
  done.WaitForNotification();
  loop->Stop();
  return status;
}

TEST_F(StreamServerTest, SpeaksTlsAndTakesANewCertificate) {
  TestAuthority first(testing::TempDir(), "first");
  TestAuthority second(testing::TempDir(), "second");
  const TestAuthority::Files files = first.Issue("localhost");
  options_.certificate_file = files.certificate_file;
  options_.private_key_file = files.private_key_file;
  auto server = StreamServer::Start(options_, [](StreamConnection* connection) {
    return std::make_shared<HttpAnswer>(connection);
  });
  ASSERT_TRUE(server.ok()) << server.status();
  const uint16_t port = (*server)->port();
  EXPECT_EQ(GetOverTls(port, first.ca_file()), 204);
  EXPECT_EQ(GetOverTls(port, second.ca_file()), 0);
  // Who does not speak TLS gets nowhere.
  LoopbackClient plain(port);
  plain.Send("hello, this is no handshake\n");
  plain.ReadToEnd();
  EXPECT_TRUE(plain.at_end() || plain.was_reset());

  const TestAuthority::Files renewed = second.Issue("localhost");
  std::rename(renewed.certificate_file.c_str(), files.certificate_file.c_str());
  std::rename(renewed.private_key_file.c_str(), files.private_key_file.c_str());
  ASSERT_TRUE((*server)->ReloadCertificate().ok());
  EXPECT_EQ(GetOverTls(port, second.ca_file()), 204);
  EXPECT_EQ(GetOverTls(port, first.ca_file()), 0);
  std::remove(files.certificate_file.c_str());
  EXPECT_EQ((*server)->ReloadCertificate().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(GetOverTls(port, second.ca_file()), 204);
}

}  // namespace
}  // namespace sluice
