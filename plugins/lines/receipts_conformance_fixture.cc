// Lines over a Unix socket, from a sender that sends again, on its next
// connection, what it has no receipt for.
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/kit/source_fixture.h"

namespace sluice::lines {
namespace {

// Lines are long enough that the source reads them in several pieces.
std::string LineOf(const std::string& id) {
  return absl::StrCat("{\"id\":\"", id, "\",\"text\":\"",
                      std::string(20'000, 'x'), "\"}\n");
}

// Keeps a connection as long as somebody listens, and sends on it, in order,
// everything that has no receipt.
class Sender {
 public:
  Sender(std::string path, std::vector<std::string> ids)
      : path_(std::move(path)),
        ids_(std::move(ids)),
        interrupt_(eventfd(0, EFD_CLOEXEC)),
        thread_([this] { Run(); }) {}
  ~Sender() {
    stopped_ = true;
    const uint64_t one = 1;
    [[maybe_unused]] const ssize_t size = write(interrupt_, &one, sizeof(one));
    thread_.join();
    close(interrupt_);
  }

 private:
  // Between two tries to connect, in milliseconds.
  static constexpr int kRetryMs = 5;

  void Run() {
    while (!stopped_) {
      const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
      if (Connect(fd)) Talk(fd);
      close(fd);
      pollfd interrupted = {interrupt_, POLLIN, 0};
      poll(&interrupted, 1, kRetryMs);
    }
  }

  bool Connect(int fd) const {
    sockaddr_un address = {};
    address.sun_family = AF_UNIX;
    path_.copy(address.sun_path, sizeof(address.sun_path) - 1);
    return connect(fd, reinterpret_cast<const sockaddr*>(&address),
                   sizeof(address)) == 0;
  }

  // Sends and takes receipts until the connection ends.
  void Talk(int fd) {
    std::string unsent;
    const size_t before = safe_;
    for (size_t i = safe_; i < ids_.size(); ++i) unsent += LineOf(ids_[i]);
    std::string received;
    for (size_t at = 0; !stopped_;) {
      pollfd polled[] = {
          {fd, static_cast<short>(POLLIN | (at < unsent.size() ? POLLOUT : 0)),
           0},
          {interrupt_, POLLIN, 0}};
      if (poll(polled, 2, -1) < 0) return;
      if ((polled[0].revents & POLLOUT) != 0) {
        const ssize_t size = send(fd, unsent.data() + at, unsent.size() - at,
                                  MSG_NOSIGNAL | MSG_DONTWAIT);
        if (size < 0) return;
        at += static_cast<size_t>(size);
      }
      if ((polled[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
        char bytes[256];
        const ssize_t size = recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT);
        if (size <= 0) return;
        received.append(bytes, static_cast<size_t>(size));
        TakeReceipts(received, before);
      }
    }
  }

  // The last whole number counts lines of this connection.
  void TakeReceipts(std::string& received, size_t before) {
    for (size_t end = received.find('\n'); end != received.npos;
         end = received.find('\n')) {
      size_t lines = 0;
      if (absl::SimpleAtoi(received.substr(0, end), &lines)) {
        safe_ = before + lines;
      }
      received.erase(0, end + 1);
    }
  }

  const std::string path_;
  const std::vector<std::string> ids_;
  const int interrupt_;
  std::atomic<bool> stopped_{false};
  // The thread's.
  size_t safe_ = 0;
  std::thread thread_;
};

class ReceiptsFixture final : public kit::SourceFixture {
 public:
  ReceiptsFixture() {
    // Short, whatever the folder of tests is called.
    char folder[] = "/tmp/lines_conformance.XXXXXX";
    folder_ = mkdtemp(folder);
  }
  ~ReceiptsFixture() override {
    sender_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::vector<std::string> Provide(size_t count) override {
    std::vector<std::string> ids;
    for (size_t i = 0; i < count; ++i) ids.push_back(absl::StrCat("line-", i));
    sender_ = std::make_unique<Sender>(path(), ids);
    return ids;
  }
  std::string Config() override {
    return absl::StrCat("lines:\n  unix: {path: ", path(),
                        ", receipts: true}\n  fields: {id: id}\n");
  }
  std::vector<kit::BadConfig> BadConfigs() override {
    return {{"lines: {unix: {}}", "unix.path"},
            {"lines: {unix: {path: /x, mode: \"0111\"}}", "unix.mode"},
            {"lines: {tcp: {listen: \"0.0.0.0:1\"}}", "tcp.certificate_file"},
            {"lines: {stdin: {}, idle_timeout: 1s}", "idle_timeout"}};
  }

 private:
  std::string path() const { return folder_ + "/lines.sock"; }

  std::string folder_;
  std::unique_ptr<Sender> sender_;
};

}  // namespace
}  // namespace sluice::lines

SLUICE_SOURCE_FIXTURE(sluice::lines::ReceiptsFixture);
