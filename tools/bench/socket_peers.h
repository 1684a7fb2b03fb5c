// The other ends of a path through sockets. Each is a process of its own, so
// that what it costs is not counted as Sluice's.
#ifndef TOOLS_BENCH_SOCKET_PEERS_H_
#define TOOLS_BENCH_SOCKET_PEERS_H_

#include <sys/types.h>

#include <cstdint>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::bench {

// A process that ends with this.
class PeerProcess {
 public:
  explicit PeerProcess(pid_t pid) : pid_(pid) {}
  PeerProcess(PeerProcess&& other) noexcept;
  PeerProcess& operator=(PeerProcess&&) = delete;
  ~PeerProcess();

 private:
  pid_t pid_;
};

// Writes `lines` lines over TCP to `port` of 127.0.0.1, as fast as they are
// taken, and ends when the other side closes: those of `text` over and over,
// each of which ends with a line feed.
//   kUnavailable: nobody listens there, or there are no more processes.
absl::StatusOr<PeerProcess> StartLineSender(uint16_t port,
                                            std::string_view text,
                                            uint64_t lines);

// An HTTP server that answers every request 200 and counts the line feeds in
// bodies. Knows Content-Length, keeps connections, and has as many as 64.
class LineCounter {
 public:
  // Tells once `lines` lines have come.
  //   kUnavailable: it cannot listen, or there are no more processes.
  static absl::StatusOr<LineCounter> Start(uint64_t lines);

  LineCounter(LineCounter&& other) noexcept;
  LineCounter& operator=(LineCounter&&) = delete;
  ~LineCounter();

  // Of 127.0.0.1.
  uint16_t port() const { return port_; }

  // Blocks until all lines have come. False: it ended before.
  bool Wait();

 private:
  LineCounter(uint16_t port, int told, PeerProcess process);

  const uint16_t port_;
  // The end of a pipe that a byte comes through.
  int told_;
  PeerProcess process_;
};

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_SOCKET_PEERS_H_
