// The service manager's end of sd_notify(3).
#ifndef TESTS_TESTING_NOTIFY_SOCKET_H_
#define TESTS_TESTING_NOTIFY_SOCKET_H_

#include <string>
#include <string_view>

#include "absl/time/time.h"

namespace sluice {

// A socket that receives what a service tells. Checks that it can be made.
// Thread-compatible.
class NotifySocket {
 public:
  // At a path of its own, which is short: a test's own folder may lie deeper
  // than the name of a socket can be long.
  static NotifySocket AtPath();
  // `name` is without the "@".
  static NotifySocket Abstract(std::string_view name);

  NotifySocket(NotifySocket&& other) noexcept;
  NotifySocket& operator=(NotifySocket&&) = delete;
  ~NotifySocket();

  // For NOTIFY_SOCKET.
  const std::string& name() const { return name_; }

  // The next datagram; "" if none comes within `limit`.
  std::string Receive(absl::Duration limit = absl::Seconds(30)) const;

 private:
  explicit NotifySocket(std::string name);

  std::string name_;
  int fd_;
};

}  // namespace sluice

#endif  // TESTS_TESTING_NOTIFY_SOCKET_H_
