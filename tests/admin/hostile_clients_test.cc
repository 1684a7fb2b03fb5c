// Clients that mean harm, at the admin API of a real process: its pipeline goes
// on, its memory and its file descriptors stay bounded, and an honest client is
// answered.
#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "proto/admin/v1/config.grpc.pb.h"
#include "proto/admin/v1/process.grpc.pb.h"
#include "tests/fault/fault_fixture.h"
#include "tests/fault/sluice_process.h"
#include "tests/testing/free_port.h"

namespace sluice::fault {
namespace {

namespace v1 = admin::v1;
using ::testing::AnyOf;
using ::testing::HasSubstr;

constexpr absl::Duration kLimit = absl::Seconds(60);
// What a process has unless somebody gives it more.
constexpr rlim_t kFileDescriptors = 1024;
constexpr int kConnections = 2000;
constexpr size_t kMaxTaken = 128;
constexpr char kToken[] = "token-of-an-honest-caller";
// https://www.rfc-editor.org/rfc/rfc9113.html#section-3.4, and an empty
// SETTINGS frame.
constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
constexpr std::string_view kSettings("\0\0\0\4\0\0\0\0\0", 9);

// A socket that does what it is told.
class Raw {
 public:
  // "127.0.0.1:4711" or "unix:/path".
  explicit Raw(const std::string& address) {
    sockaddr_storage storage = {};
    socklen_t length = 0;
    if (absl::StartsWith(address, "unix:")) {
      auto* local = reinterpret_cast<sockaddr_un*>(&storage);
      local->sun_family = AF_UNIX;
      address.substr(5).copy(local->sun_path, sizeof(local->sun_path) - 1);
      length = sizeof(*local);
    } else {
      auto* four = reinterpret_cast<sockaddr_in*>(&storage);
      int port = 0;
      EXPECT_TRUE(
          absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port));
      four->sin_family = AF_INET;
      four->sin_port = htons(static_cast<uint16_t>(port));
      four->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      length = sizeof(*four);
    }
    fd_ = socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
    connected_ = fd_ >= 0 && connect(fd_, reinterpret_cast<sockaddr*>(&storage),
                                     length) == 0;
  }
  ~Raw() {
    if (fd_ >= 0) close(fd_);
  }
  Raw(Raw&& other) noexcept
      : fd_(std::exchange(other.fd_, -1)), connected_(other.connected_) {}

  bool connected() const { return connected_; }
  // The other side may have closed it.
  void Send(std::string_view bytes) const {
    [[maybe_unused]] const ssize_t sent =
        send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  }
  // Reads until the other side closes it, at most for `limit`.
  bool WaitClosed(absl::Duration limit) const {
    return WaitUntil(
        [this] {
          char bytes[4096];
          ssize_t got = 0;
          do {
            got = recv(fd_, bytes, sizeof(bytes), MSG_DONTWAIT);
          } while (got > 0);
          return got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
        },
        limit);
  }

 private:
  int fd_ = -1;
  bool connected_ = false;
};

// Of `path`, a file of /proc; 0: there is no such line.
uint64_t KilobytesOf(const std::string& path, absl::string_view field) {
  std::ifstream file(path);
  const std::string text((std::istreambuf_iterator<char>(file)), {});
  for (absl::string_view line : absl::StrSplit(text, '\n')) {
    if (!absl::ConsumePrefix(&line, field)) continue;
    uint64_t kilobytes = 0;
    const std::vector<absl::string_view> words =
        absl::StrSplit(line, absl::ByAnyChar(": \tkB"), absl::SkipEmpty());
    if (!words.empty() && absl::SimpleAtoi(words[0], &kilobytes)) {
      return kilobytes;
    }
  }
  return 0;
}

enum class Door { kSocket, kLoopback };

class HostileClientsTest : public FaultTest,
                           public testing::WithParamInterface<Door> {
 protected:
  void SetUp() override {
    FaultTest::SetUp();
    char short_folder[] = "/tmp/hostile.XXXXXX";
    short_folder_ = mkdtemp(short_folder);
    AllowManyFiles();
    const std::string tokens =
        Write("tokens", absl::StrCat("honest admin ", kToken, "\n"));
    const std::string listen = GetParam() == Door::kSocket
                                   ? "unix:" + short_folder_ + "/admin.sock"
                                   : absl::StrCat("127.0.0.1:", FreePort());
    address_ = listen;
    const std::string config = Write(
        "sluice.yaml",
        absl::StrCat(
            "data_dir: ", data_dir(), "\nadmin: {listen: \"", listen, "\", ",
            GetParam() == Door::kSocket ? "" : "insecure_loopback: true, ",
            "tokens_file: ", tokens, "}\n",
            "pipelines:\n  office:\n"
            "    sources: {ticker: {generate: {rate: 500}}}\n"
            "    sinks: {archive: {file: {path: ",
            folder(), "/events.jsonl}}}\n"));
    RunOptions options;
    options.config = config;
    options.log_path = log_path();
    process_ = std::make_unique<SluiceProcess>(options);
    ASSERT_TRUE(process_->WaitReady());
    const rlimit limit = {kFileDescriptors, kFileDescriptors};
    ASSERT_EQ(prlimit(process_->pid(), RLIMIT_NOFILE, &limit, nullptr), 0);
    ASSERT_TRUE(WaitUntil([this] { return delivered() > 0; }, kLimit));
  }

  void TearDown() override {
    if (process_ != nullptr) {
      EXPECT_EQ(process_->Stop(), 0);
      EXPECT_TRUE(process_->progress().balanced) << process_->last_line();
    }
    std::filesystem::remove_all(short_folder_);
    FaultTest::TearDown();
  }

  // This test holds more files than it lets the process have.
  static void AllowManyFiles() {
    rlimit limit = {};
    ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_cur = limit.rlim_max;
    ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &limit), 0);
    ASSERT_GT(limit.rlim_max, static_cast<rlim_t>(kConnections + 500))
        << "raise the limit on open files (ulimit -Hn)";
  }

  uint64_t delivered() const {
    const demo::PipelineProgress progress = process_->progress();
    const auto found = progress.sinks.find("archive");
    return found == progress.sinks.end() ? 0 : found->second.delivered;
  }

  size_t OpenFiles() const {
    size_t files = 0;
    for ([[maybe_unused]] const auto& file :
         std::filesystem::directory_iterator(
             absl::StrCat("/proc/", process_->pid(), "/fd"))) {
      ++files;
    }
    return files;
  }

  uint64_t MemoryKilobytes() const {
    return KilobytesOf(absl::StrCat("/proc/", process_->pid(), "/status"),
                       "VmRSS");
  }

  std::shared_ptr<grpc::Channel> Channel() const {
    grpc::ChannelArguments own;
    own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    own.SetMaxSendMessageSize(-1);
    return grpc::CreateCustomChannel(address_,
                                     grpc::InsecureChannelCredentials(), own);
  }

  static std::unique_ptr<grpc::ClientContext> Context(
      const std::string& token = kToken) {
    auto context = std::make_unique<grpc::ClientContext>();
    context->set_deadline(std::chrono::system_clock::now() +
                          absl::ToChronoSeconds(kLimit));
    if (!token.empty()) {
      context->AddMetadata("authorization", "Bearer " + token);
    }
    return context;
  }

  // On a connection of its own. Whoever is pushed out by a flood comes again.
  grpc::Status AskHonestly() const {
    const auto stub = v1::ProcessService::NewStub(Channel());
    grpc::Status status;
    WaitUntil(
        [&] {
          v1::ProcessInfo info;
          const auto context = Context();
          context->set_wait_for_ready(true);
          status = stub->GetInfo(context.get(), {}, &info);
          return status.error_code() != grpc::StatusCode::UNAVAILABLE;
        },
        kLimit);
    return status;
  }

  // A second of events arrives while whatever was begun goes on, and a client
  // is answered.
  void ExpectUnharmed() const {
    const uint64_t before = delivered();
    EXPECT_TRUE(WaitUntil([&] { return delivered() >= before + 500; }, kLimit))
        << delivered() - before << " events: " << process_->last_line();
    const grpc::Status answer = AskHonestly();
    EXPECT_TRUE(answer.ok()) << answer.error_message();
    EXPECT_LT(OpenFiles(), 2 * kMaxTaken + 150);
  }

  std::string short_folder_;
  std::string address_;
  std::unique_ptr<SluiceProcess> process_;
};

TEST_P(HostileClientsTest, ThousandsOfConnections) {
  std::vector<Raw> sockets;
  int connected = 0;
  for (int i = 0; i < kConnections; ++i) {
    sockets.emplace_back(address_);
    if (sockets.back().connected()) ++connected;
    // Some say nothing, some half of a greeting, some all of it.
    if (i % 3 == 1) sockets.back().Send(kPreface.substr(0, 10));
    if (i % 3 == 2)
      sockets.back().Send(
          absl::StrCat(std::string(kPreface), std::string(kSettings)));
  }
  EXPECT_GT(connected, kConnections / 2);
  ExpectUnharmed();
  EXPECT_TRUE(sockets.front().WaitClosed(kLimit)) << "the oldest makes room";
}

TEST_P(HostileClientsTest, AWatchGoesOnWhileOthersCome) {
  if (GetParam() == Door::kSocket) {
    GTEST_SKIP() << "callers of a socket have no names to be known by";
  }
  const auto stub = v1::ProcessService::NewStub(Channel());
  v1::WatchStatusRequest request;
  request.mutable_interval()->set_nanos(200'000'000);
  const auto context = Context();
  const auto watch = stub->WatchStatus(context.get(), request);
  v1::ProcessStatus status;
  ASSERT_TRUE(watch->Read(&status));
  std::vector<Raw> sockets;
  for (int i = 0; i < kConnections; ++i) sockets.emplace_back(address_);
  ExpectUnharmed();
  // More than what may have been on its way.
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(watch->Read(&status)) << i;
  context->TryCancel();
  watch->Finish();
}

TEST_P(HostileClientsTest, WhoSaysNothingGoes) {
  const Raw silent(address_);
  const Raw half(address_);
  half.Send(kPreface.substr(0, 10));
  EXPECT_TRUE(silent.WaitClosed(kLimit));
  EXPECT_TRUE(half.WaitClosed(kLimit));
  ExpectUnharmed();
}

TEST_P(HostileClientsTest, WhatIsNoHttp2) {
  for (const std::string& bytes :
       {std::string("GET /metrics HTTP/1.1\r\nHost: sluice\r\n\r\n"),
        // The beginning of a TLS handshake.
        std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 11),
        std::string(100'000, '\0'), std::string(100'000, '\xff'),
        // A frame of 16 MiB behind a good beginning.
        absl::StrCat(std::string(kPreface), std::string(kSettings),
                     std::string("\xff\xff\xff\x00\x00\x00\x00\x00\x01", 9),
                     std::string(100'000, 'x')),
        // Headers that do not decode.
        absl::StrCat(std::string(kPreface), std::string(kSettings),
                     std::string("\0\0\4\1\4\0\0\0\1\xff\xff\xff\xff", 13))}) {
    const Raw socket(address_);
    socket.Send(bytes);
    EXPECT_TRUE(socket.WaitClosed(kLimit)) << bytes.substr(0, 40);
  }
  ExpectUnharmed();
}

TEST_P(HostileClientsTest, MessagesThatAreTooLong) {
  v1::ApplyConfigRequest request;
  request.set_text(std::string(size_t{6} << 20, '#'));
  v1::ApplyConfigResponse response;
  const grpc::Status answer =
      v1::ConfigService::NewStub(Channel())->ApplyConfig(Context().get(),
                                                         request, &response);
  EXPECT_EQ(answer.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED)
      << answer.error_message();
  // More metadata than a call may have.
  v1::ProcessInfo info;
  const auto context = Context();
  context->AddMetadata("x-long", std::string(100'000, 'x'));
  const grpc::Status long_header =
      v1::ProcessService::NewStub(Channel())->GetInfo(context.get(), {}, &info);
  EXPECT_FALSE(long_header.ok());
  ExpectUnharmed();
}

TEST_P(HostileClientsTest, ManyMessagesOfStrangers) {
  const uint64_t before = MemoryKilobytes();
  v1::ApplyConfigRequest request;
  request.set_text(std::string(size_t{4} << 20, '#'));
  grpc::CompletionQueue queue;
  struct Call {
    std::unique_ptr<v1::ConfigService::Stub> stub;
    std::unique_ptr<grpc::ClientContext> context;
    std::unique_ptr<grpc::ClientAsyncResponseReader<v1::ApplyConfigResponse>>
        reader;
    v1::ApplyConfigResponse response;
    grpc::Status status;
  };
  std::vector<std::unique_ptr<Call>> calls;
  std::shared_ptr<grpc::Channel> channel;
  for (int i = 0; i < 48; ++i) {
    auto call = std::make_unique<Call>();
    // Eight calls to a connection.
    if (i % 8 == 0) channel = Channel();
    call->stub = v1::ConfigService::NewStub(channel);
    call->context = Context("a-token-that-nobody-has");
    call->reader =
        call->stub->AsyncApplyConfig(call->context.get(), request, &queue);
    call->reader->Finish(&call->response, &call->status, call.get());
    calls.push_back(std::move(call));
  }
  ExpectUnharmed();
  for (size_t i = 0; i < calls.size(); ++i) {
    void* tag = nullptr;
    bool ok = false;
    ASSERT_TRUE(queue.Next(&tag, &ok));
    // What is over the memory for calls is refused before it is read.
    EXPECT_THAT(static_cast<Call*>(tag)->status.error_code(),
                AnyOf(grpc::StatusCode::UNAUTHENTICATED,
                      grpc::StatusCode::RESOURCE_EXHAUSTED,
                      grpc::StatusCode::UNAVAILABLE));
  }
  // All of them together would be 192 MiB.
  EXPECT_LT(MemoryKilobytes(), before + (uint64_t{128} << 10));
}

TEST_P(HostileClientsTest, WatchesThatNobodyReads) {
  const uint64_t before = MemoryKilobytes();
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReader<v1::ProcessStatus>>> watches;
  v1::WatchStatusRequest request;
  request.mutable_interval()->set_nanos(200'000'000);
  std::vector<std::unique_ptr<v1::ProcessService::Stub>> stubs;
  for (int i = 0; i < 64; ++i) {
    stubs.push_back(v1::ProcessService::NewStub(Channel()));
    contexts.push_back(Context());
    watches.push_back(
        stubs.back()->WatchStatus(contexts.back().get(), request));
  }
  for (auto& watch : watches) watch->WaitForInitialMetadata();
  for (int i = 0; i < 5; ++i) ExpectUnharmed();
  EXPECT_LT(MemoryKilobytes(), before + (uint64_t{64} << 10));
  for (auto& context : contexts) context->TryCancel();
  for (auto& watch : watches) watch->Finish();
}

INSTANTIATE_TEST_SUITE_P(Doors, HostileClientsTest,
                         testing::Values(Door::kSocket, Door::kLoopback),
                         [](const testing::TestParamInfo<Door>& info) {
                           return info.param == Door::kSocket ? "Socket"
                                                              : "Loopback";
                         });

}  // namespace
}  // namespace sluice::fault
