// The source over TCP and Unix sockets.
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/lines/source_testing.h"
#include "tests/testing/loopback_client.h"

namespace sluice::lines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

LinesSettings TcpSettings() {
  StreamSettings stream;
  stream.server.tcp = ListenAddress{.address = "127.0.0.1", .port = 0};
  LinesSettings settings;
  settings.input = stream;
  return settings;
}

StreamSettings& StreamOf(LinesSettings& settings) {
  return std::get<StreamSettings>(settings.input);
}

class StreamInputTest : public ::testing::Test {
 protected:
  SourceHome home_;
  LinesSettings settings_ = TcpSettings();
};

TEST_F(StreamInputTest, TakesLinesIn) {
  home_.Start(settings_);
  LoopbackClient client(home_.port());
  client.Send("{\"n\":1}\n\n{\"n\":2}\r\n");
  home_.emitter().AwaitEvents(2);
  // A lone line goes through at once; what follows it may take its time.
  client.Send("{\"n\":3}\n{\"n\":");
  home_.emitter().AwaitEvents(3);
  client.Send("4}");
  client.FinishSending();
  home_.emitter().AwaitEvents(4);
  EXPECT_THAT(home_.emitter().data(),
              ElementsAre("{\"n\":1}", "{\"n\":2}", "{\"n\":3}", "{\"n\":4}"));
  // It closes behind the last line.
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_TRUE(client.at_end());
  EXPECT_EQ(home_.counter("lines_events_total"), 4u);
  EXPECT_EQ(home_.health().last().state, HealthState::kHealthy);
  EXPECT_EQ(home_.health().last().message,
            absl::StrCat("listening at tcp 127.0.0.1:", home_.port()));
}

TEST_F(StreamInputTest, KeepsWhatIsNoEventAndGoesOn) {
  settings_.format.max_line_bytes = 1024;
  home_.Start(settings_);
  LoopbackClient client(home_.port());
  client.Send(absl::StrCat("{\"n\":1}\nhello\n", std::string(5000, 'x'),
                           "\n{\"n\":2}\n{\"half"));
  client.FinishSending();
  home_.emitter().AwaitEvents(2);
  home_.emitter().AwaitMalformed(3);
  const auto malformed = home_.emitter().malformed();
  EXPECT_EQ(malformed[0].bytes, "hello");
  EXPECT_EQ(malformed[0].reason, "malformed_json");
  EXPECT_EQ(malformed[1].reason, "line_too_long");
  EXPECT_THAT(malformed[1].message, HasSubstr("5000 bytes"));
  EXPECT_THAT(malformed[1].bytes, SizeIs(LineSplitter::kKeptBytes));
  EXPECT_EQ(malformed[2].bytes, "{\"half");
  EXPECT_EQ(home_.counter("lines_malformed_total"), 3u);
}

TEST_F(StreamInputTest, MakesUpIdsThatAreNeverTheSame) {
  home_.Start(settings_);
  {
    LoopbackClient client(home_.port());
    client.Send(NumberedLines(2));
    home_.emitter().AwaitEvents(2);
  }
  home_.Stop();
  home_.Start(settings_);
  LoopbackClient client(home_.port());
  client.Send(NumberedLines(2));
  home_.emitter().AwaitEvents(4);
  const auto ids = home_.emitter().ids();
  EXPECT_EQ(std::set<std::string>(ids.begin(), ids.end()).size(), 4u);
}

TEST_F(StreamInputTest, AFullQueueHoldsTheSenderBackAndLosesNothing) {
  home_.Start(settings_);
  home_.SetFull(true);
  // More than sockets and the source hold together.
  const size_t kLines = 400'000;
  const std::string padding(100, 'x');
  std::thread sender([&] {
    LoopbackClient client(home_.port());
    for (size_t i = 0; i < kLines; ++i) {
      client.Send(absl::StrCat("{\"n\":", i, ",\"p\":\"", padding, "\"}\n"));
    }
  });
  home_.emitter().AwaitRefusal();
  // It has stopped reading long before the sender is done: what waits is two
  // reads.
  EXPECT_EQ(home_.emitter().events(), 0u);
  home_.SetFull(false);
  for (int i = 0; i < 20; ++i) {
    home_.SetFull(true);
    home_.SetFull(false);
  }
  home_.emitter().AwaitEvents(kLines);
  sender.join();
  const auto data = home_.emitter().data();
  ASSERT_THAT(data, SizeIs(kLines));
  for (size_t i = 0; i < kLines; ++i) {
    ASSERT_THAT(data[i], testing::StartsWith(absl::StrCat("{\"n\":", i, ",")));
  }
  EXPECT_LE(home_.counter("lines_received_bytes_total"), kLines * 130);
  EXPECT_GE(home_.counter("lines_held_back_total"), 1u);
}

TEST_F(StreamInputTest, WhatWaitsWhileTheQueueIsFullIsBounded) {
  home_.Start(settings_);
  home_.SetFull(true);
  std::vector<std::unique_ptr<LoopbackClient>> clients;
  std::vector<std::thread> senders;
  constexpr size_t kClients = 20;
  constexpr size_t kLines = 50'000;
  const std::string lines = NumberedLines(kLines);
  for (size_t i = 0; i < kClients; ++i) {
    clients.push_back(std::make_unique<LoopbackClient>(home_.port()));
    senders.emplace_back(
        [&lines, client = clients.back().get()] { client->Send(lines); });
  }
  home_.emitter().AwaitRefusal();
  // Reading stops by itself; the bytes taken in stay what they are. That they
  // do, two looks with work in between tell.
  uint64_t before = 0;
  uint64_t bytes = 1;
  while (before != bytes) {
    before = bytes;
    for (int i = 0; i < 1000; ++i) home_.Do([] {});
    bytes = home_.counter("lines_received_bytes_total");
  }
  // 4 MiB of emissions, and what each connection was just bringing.
  EXPECT_LT(bytes, (4u << 20) + (2u << 20));
  home_.SetFull(false);
  home_.emitter().AwaitEvents(kClients * kLines);
  for (std::thread& sender : senders) sender.join();
}

TEST_F(StreamInputTest, ManyConnectionsAreServedAndFurtherOnesWait) {
  StreamOf(settings_).server.max_connections = 50;
  home_.Start(settings_);
  std::vector<std::unique_ptr<LoopbackClient>> clients;
  for (size_t i = 0; i < 200; ++i) {
    clients.push_back(std::make_unique<LoopbackClient>(home_.port()));
    clients.back()->Send(NumberedLines(1, i));
  }
  home_.emitter().AwaitEvents(50);
  // Each that goes makes room for one more.
  clients.erase(clients.begin(), clients.begin() + 150);
  home_.emitter().AwaitEvents(200);
}

TEST_F(StreamInputTest, ClosesConnectionsThatSayNothing) {
  StreamOf(settings_).server.idle_timeout = absl::Milliseconds(50);
  home_.Start(settings_);
  LoopbackClient client(home_.port());
  client.Send("{\"n\":1}");
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_TRUE(client.at_end());
  // What it had said counts.
  home_.emitter().AwaitEvents(1);
}

TEST_F(StreamInputTest, ReceiptsSayWhatIsSafe) {
  StreamOf(settings_).receipts = true;
  home_.Start(settings_);
  LoopbackClient client(home_.port());
  client.Send("{\"n\":1}\nhello\n\n{\"n\":2}\n");
  home_.emitter().AwaitEvents(2);
  home_.Acknowledge();
  // One receipt, or several if the lines came in several reads.
  while (client.ReadUntil("\n") != "4\n") {
    ASSERT_FALSE(client.at_end());
    home_.Acknowledge();
  }
  client.Send("{\"n\":3}\n\n{\"n\":4}");
  client.FinishSending();
  home_.emitter().AwaitEvents(4);
  home_.Acknowledge();
  std::string rest = client.ReadUntil("7\n");
  EXPECT_THAT(rest, testing::EndsWith("7\n"));
  EXPECT_EQ(client.ReadToEnd(), "");
  EXPECT_TRUE(client.at_end());
}

TEST_F(StreamInputTest, NoReceiptForWhatThePipelineGaveUp) {
  StreamOf(settings_).receipts = true;
  home_.Start(settings_);
  LoopbackClient client(home_.port());
  client.Send("{\"n\":1}\n");
  home_.emitter().AwaitEvents(1);
  home_.Do([this] {
    home_.emitter().Acknowledge(absl::CancelledError("the pipeline stops"));
  });
  home_.Stop();
  EXPECT_EQ(client.ReadToEnd(), "");
}

TEST_F(StreamInputTest, BlankLinesAloneAreReceiptedAtOnce) {
  StreamOf(settings_).receipts = true;
  home_.Start(settings_);
  LoopbackClient client(home_.port());
  client.Send("\n");
  EXPECT_EQ(client.ReadUntil("\n"), "1\n");
}

TEST_F(StreamInputTest, WaitsForAPortThatIsTaken) {
  auto other = StreamServer::Start(
      {.tcp = ListenAddress{.address = "127.0.0.1", .port = 0}},
      [](StreamConnection*) -> std::shared_ptr<StreamReceiver> {
        return nullptr;
      });
  ASSERT_TRUE(other.ok()) << other.status();
  StreamOf(settings_).server.tcp->port = (*other)->port();
  home_.Start(settings_);
  EXPECT_EQ(home_.port(), 0);
  EXPECT_EQ(home_.health().last().state, HealthState::kDegraded);
  EXPECT_THAT(home_.health().last().message, HasSubstr("cannot listen"));
  other->reset();
  uint16_t port = 0;
  while (port == 0) home_.Do([&] { port = home_.source().port(); });
  LoopbackClient client(port);
  client.Send("{}\n");
  home_.emitter().AwaitEvents(1);
}

TEST_F(StreamInputTest, StopsInTheMiddleOfEverything) {
  home_.Start(settings_);
  home_.SetFull(true);
  LoopbackClient client(home_.port());
  std::thread sender([&] { client.Send(NumberedLines(1'000'000)); });
  home_.emitter().AwaitRefusal();
  home_.Stop();
  sender.join();
  EXPECT_EQ(home_.emitter().events(), 0u);
}

// One connection to a Unix socket.
class UnixClient {
 public:
  explicit UnixClient(const std::string& path)
      : fd_(socket(AF_UNIX, SOCK_STREAM, 0)) {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof(address.sun_path) - 1);
    EXPECT_EQ(connect(fd_, reinterpret_cast<const sockaddr*>(&address),
                      sizeof(address)),
              0)
        << path;
  }
  ~UnixClient() { close(fd_); }
  void Send(std::string_view bytes) {
    EXPECT_EQ(send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  std::string Receive(size_t bytes) {
    std::string text(bytes, '\0');
    EXPECT_EQ(recv(fd_, text.data(), bytes, MSG_WAITALL),
              static_cast<ssize_t>(bytes));
    return text;
  }

 private:
  const int fd_;
};

TEST_F(StreamInputTest, ListensAtAUnixSocket) {
  // Short, whatever the folder of tests is called.
  char folder[] = "/tmp/lines_test.XXXXXX";
  ASSERT_NE(mkdtemp(folder), nullptr);
  const std::string path = std::string(folder) + "/lines.sock";
  StreamSettings stream;
  stream.server.unix_path = path;
  stream.server.unix_mode = 0660;
  stream.receipts = true;
  settings_.input = stream;
  for (int round = 1; round <= 2; ++round) {
    home_.Start(settings_);
    EXPECT_EQ(home_.health().last().message,
              "listening at unix socket " + path);
    struct stat info;
    ASSERT_EQ(stat(path.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0660u);
    UnixClient client(path);
    client.Send("{\"n\":1}\n");
    home_.emitter().AwaitEvents(static_cast<size_t>(round));
    home_.Acknowledge();
    EXPECT_EQ(client.Receive(2), "1\n");
    home_.Stop();
    EXPECT_FALSE(std::filesystem::exists(path));
  }
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace sluice::lines
