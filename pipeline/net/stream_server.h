// A server of plain byte streams: TCP, TLS over TCP, and Unix sockets.
#ifndef PIPELINE_NET_STREAM_SERVER_H_
#define PIPELINE_NET_STREAM_SERVER_H_

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/executor/executor.h"
#include "pipeline/net/listen_address.h"

namespace sluice {

struct StreamServerOptions {
  // Of its thread, as debuggers and `top -H` show it; at most 15 bytes.
  std::string name = "stream-server";
  // Exactly one of the two: where it listens.
  std::optional<ListenAddress> tcp;
  std::string unix_path;
  // Permissions of the socket's file.
  uint32_t unix_mode = 0600;
  // PEM files, for TCP; both empty: without TLS.
  std::string certificate_file;
  std::string private_key_file;
  // Connections beyond this many wait to be accepted.
  size_t max_connections = 1024;
  // A connection from which nothing comes for so long, while it is read, is
  // closed.
  absl::Duration idle_timeout = absl::InfiniteDuration();
};

// One connection, as its server shows it to its receiver. Used on the server's
// thread.
class StreamConnection {
 public:
  virtual ~StreamConnection() = default;

  // Sends `bytes` behind what was sent before. Nothing happens once the
  // connection is broken.
  virtual void Send(std::string bytes) = 0;
  // Not yet taken by the socket.
  virtual size_t unsent_bytes() const = 0;

  // Reads no further, so that TCP holds the other side back, until Resume().
  virtual void Pause() = 0;
  virtual void Resume() = 0;

  // Sends what is unsent, waits for that a few seconds at most, and closes.
  // Nothing is read any more.
  virtual void Close() = 0;

  // "127.0.0.1:43210", or "unix".
  virtual const std::string& peer() const = 0;
};

// What is done with a connection. Called on the server's thread; must not
// block. Let go of by the server when the connection is gone.
class StreamReceiver {
 public:
  virtual ~StreamReceiver() = default;

  // The next bytes of the stream; the view holds for the call.
  // `readable_behind`: bytes behind it that may be read, whatever they are; at
  // least StreamServer::kPadding.
  virtual void OnBytes(std::string_view bytes, size_t readable_behind) = 0;
  // No more bytes come. `finished`: the other side said so, and still listens;
  // the receiver calls Close() when it has nothing more to send. Else the
  // connection is gone: broken, closed for its silence, or with the server.
  virtual void OnEnd(bool finished) = 0;
  // All that was sent is taken by the socket.
  virtual void OnSent() {}
};

// Accepts connections and reads all of them on a thread of its own.
//
// Reads are large (kReadBytes) and go into one buffer that all connections
// share, so a quiet connection costs little memory. Connections take turns.
class StreamServer {
 public:
  static constexpr size_t kReadBytes = 256 << 10;
  static constexpr size_t kPadding = 64;

  // Makes what a new connection is read by. `connection` lives as long as the
  // receiver.
  using MakeReceiver = std::function<std::shared_ptr<StreamReceiver>(
      StreamConnection* connection)>;

  // Starts listening; connections are served once this returns.
  //   kAlreadyExists: the port is taken, somebody serves at the path, or
  //   something else lies there.  kInvalidArgument: address, path or
  //   certificate cannot be used. The message names it.
  static absl::StatusOr<std::unique_ptr<StreamServer>> Start(
      StreamServerOptions options, MakeReceiver make_receiver);

  // Closes every connection, calls OnEnd() of their receivers, and joins.
  // REQUIRES: not called on the server's own thread.
  virtual ~StreamServer() = default;

  // Of TCP.
  virtual uint16_t port() const = 0;

  // The server's own thread as an executor. What waits there when the server is
  // destroyed is destroyed unrun.
  virtual Executor& executor() = 0;

  // Reads the certificate files again, for connections that are yet to come.
  //   kInvalidArgument: they cannot be used, and the old ones stay.
  virtual absl::Status ReloadCertificate() = 0;
};

}  // namespace sluice

#endif  // PIPELINE_NET_STREAM_SERVER_H_
