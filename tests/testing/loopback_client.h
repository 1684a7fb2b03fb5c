// A blocking TCP client that says exactly the bytes a test wants said.
#ifndef TESTS_TESTING_LOOPBACK_CLIENT_H_
#define TESTS_TESTING_LOOPBACK_CLIENT_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice {

// One connection to a port of 127.0.0.1 (or ::1). Reads give up after 20
// seconds, so that a broken test fails instead of hanging. One thread at a
// time.
class LoopbackClient {
 public:
  explicit LoopbackClient(uint16_t port, bool ipv6 = false);
  ~LoopbackClient();
  LoopbackClient(const LoopbackClient&) = delete;
  LoopbackClient& operator=(const LoopbackClient&) = delete;

  bool connected() const { return fd_ >= 0; }

  // False: the connection is broken.
  bool Send(std::string_view bytes);
  // Sends FIN; reading goes on.
  void FinishSending();

  // What arrives up to and with `mark`, or up to the end when it never comes.
  // What follows stays for the next call.
  std::string ReadUntil(std::string_view mark);
  // Everything up to the end of the connection.
  std::string ReadToEnd();
  // Reads one answer with a Content-Length: head and body.
  std::string ReadAnswer();

  // True once a read found the connection reset (RST); false after FIN.
  bool was_reset() const { return was_reset_; }
  // True once a read found the end of the connection.
  bool at_end() const { return at_end_; }

 private:
  bool Receive();

  int fd_ = -1;
  std::string received_;
  bool was_reset_ = false;
  bool at_end_ = false;
};

}  // namespace sluice

#endif  // TESTS_TESTING_LOOPBACK_CLIENT_H_
