// The door of a server: accepts its connections, and bounds them.
#ifndef PIPELINE_SERVICE_CONNECTION_GATE_H_
#define PIPELINE_SERVICE_CONNECTION_GATE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"

namespace sluice {

// gRPC accepts as many connections as come, until the process has no file
// descriptors left for its logs and its sinks. The gate accepts in its place
// and hands each connection on. When there are `max_connections`, the oldest
// whose caller is not known makes room for a new one; when all callers are
// known, the new one is closed. A flood is taken in at some thousand
// connections a second at most, on a thread of its own.
//
// Each connection takes two file descriptors.
//
// Thread-safety: all methods from any thread.
class ConnectionGate {
 public:
  // Takes over a connected socket, which does not block, and closes it (after
  // shutdown(2)) when it is done with.
  using Take = absl::AnyInvocable<void(int fd)>;

  // Listens at `address`, "unix:/path", "127.0.0.1:7070" or "[::1]:7070", and
  // accepts nothing yet.
  //   kUnavailable: it cannot; the message says why.
  static absl::StatusOr<std::unique_ptr<ConnectionGate>> Listen(
      const std::string& address, size_t max_connections);
  // Stop().
  ~ConnectionGate();
  ConnectionGate(const ConnectionGate&) = delete;
  ConnectionGate& operator=(const ConnectionGate&) = delete;

  // The one that was free, if 0 was asked for; 0 for a Unix socket.
  uint16_t port() const { return port_; }

  // To be called once. `take` is called on the gate's thread.
  void Start(Take take);

  // Accepts nothing more. What was taken stays where it is. A second call does
  // nothing.
  void Stop();

  // The caller behind this connection is known: it is not closed to make room.
  // `peer` is what gRPC calls it: "ipv4:127.0.0.1:4711". Connections of a Unix
  // socket have no such name; there the oldest makes room.
  void Trust(std::string_view peer);

  // How many are open.
  size_t connections() const;

 private:
  struct Connection {
    int fd = -1;  // A duplicate: it tells when the connection has ended.
    std::string peer;
    bool trusted = false;
  };

  explicit ConnectionGate(size_t max_connections)
      : max_connections_(max_connections) {}
  absl::Status Open(const std::string& address);

  void Run();
  // Waits until there is something to do. False: it is to end.
  bool Wait();
  void ForgetEnded() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // False: there is a pause to be made.
  bool AcceptSome();
  void Admit(int fd, std::string peer);
  bool MakeRoom() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const size_t max_connections_;
  int listener_ = -1;
  int stop_ = -1;  // An eventfd.
  uint16_t port_ = 0;
  bool pause_ = false;  // Of the thread.
  Take take_;
  mutable absl::Mutex mu_;
  // The oldest first.
  std::vector<Connection> connections_ ABSL_GUARDED_BY(mu_);
  std::thread thread_;
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_CONNECTION_GATE_H_
