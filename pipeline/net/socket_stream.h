// One connection of a StreamServer.
#ifndef PIPELINE_NET_SOCKET_STREAM_H_
#define PIPELINE_NET_SOCKET_STREAM_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "boost/asio/generic/stream_protocol.hpp"
#include "boost/asio/io_context.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/asio/steady_timer.hpp"
#include "pipeline/net/stream_server.h"

namespace sluice {

class SocketStream;

// What the connections of one server share. Used on the server's thread.
struct SocketStreamHost {
  virtual ~SocketStreamHost() = default;
  // Forgets the connection: the last thing it does.
  virtual void OnClosed(SocketStream* stream) = 0;

  boost::asio::io_context io{1};
  std::chrono::nanoseconds idle_timeout{std::chrono::nanoseconds::max()};
  // Where plain connections are read into, one at a time, with padding.
  std::vector<char> buffer;
  // Of new connections; null: without TLS. Shared, because connections outlive
  // its renewal.
  std::shared_ptr<boost::asio::ssl::context> tls;
};

// Lives on the server's thread. Kept alive by its host until it closes, then by
// the operations under way.
class SocketStream final : public StreamConnection,
                           public std::enable_shared_from_this<SocketStream> {
 public:
  using Socket = boost::asio::generic::stream_protocol::socket;

  SocketStream(std::shared_ptr<SocketStreamHost> host, Socket socket,
               std::string peer);

  void Start(std::shared_ptr<StreamReceiver> receiver);
  // Closes at once.
  void Abort();

  void Send(std::string bytes) override;
  size_t unsent_bytes() const override {
    return writing_.size() + unsent_.size();
  }
  void Pause() override { paused_ = true; }
  void Resume() override;
  void Close() override;
  const std::string& peer() const override { return peer_; }

 private:
  using ErrorCode = boost::system::error_code;
  enum class State { kHandshake, kOpen, kFinished, kClosing, kClosed };

  void Handshake();
  void ReadMore();
  void AwaitReadable();
  void ReadReadable();
  void ReadEncrypted();
  void OnRead(const ErrorCode& error, const char* bytes, size_t size,
              size_t readable_behind);
  void Flush();
  void OnWritten(const ErrorCode& error);
  void Shutdown();

  void SetDeadline(std::chrono::nanoseconds wait);
  void AwaitDeadline();

  const std::shared_ptr<SocketStreamHost> host_;
  Socket socket_;
  const std::shared_ptr<boost::asio::ssl::context> tls_context_;
  std::optional<boost::asio::ssl::stream<Socket&>> tls_;
  const std::string peer_;
  std::shared_ptr<StreamReceiver> receiver_;
  State state_ = State::kHandshake;
  bool reading_ = false;
  bool paused_ = false;
  // Of a connection with TLS, whose reads take several steps.
  std::vector<char> decrypted_;

  std::string writing_;
  std::string unsent_;

  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point deadline_ =
      std::chrono::steady_clock::time_point::max();
  bool timer_armed_ = false;
};

}  // namespace sluice

#endif  // PIPELINE_NET_SOCKET_STREAM_H_
