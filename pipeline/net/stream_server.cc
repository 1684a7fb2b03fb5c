#include "pipeline/net/stream_server.h"

#include <pthread.h>

#include <chrono>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/local/stream_protocol.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "glog/logging.h"
#include "pipeline/net/io_executor.h"
#include "pipeline/net/socket_stream.h"
#include "pipeline/net/tcp_listen.h"
#include "pipeline/net/tls_context.h"
#include "pipeline/net/unix_socket.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using Local = asio::local::stream_protocol;
using ErrorCode = boost::system::error_code;

// Accepting fails when file descriptors run out; they come back with time.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

std::chrono::nanoseconds ToChrono(absl::Duration duration) {
  return duration == absl::InfiniteDuration()
             ? std::chrono::nanoseconds::max()
             : absl::ToChronoNanoseconds(duration);
}

void Prepare(tcp::socket& socket) {
  ErrorCode ignored;
  // What is sent is short and waited for.
  socket.set_option(tcp::no_delay(true), ignored);
  // A peer that has gone without a word is noticed one day.
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
}
void Prepare(Local::socket&) {}

std::string PeerName(const tcp::socket& socket) {
  ErrorCode error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "";
  return ListenAddress{endpoint.address().to_string(), endpoint.port()}
      .ToString();
}
std::string PeerName(const Local::socket&) { return "unix"; }

class Server final : public SocketStreamHost,
                     public std::enable_shared_from_this<Server> {
 public:
  Server(StreamServerOptions options, StreamServer::MakeReceiver make_receiver)
      : executor(&io),
        options_(std::move(options)),
        make_receiver_(std::move(make_receiver)),
        tcp_(io),
        local_(io),
        retry_(io) {
    idle_timeout = ToChrono(options_.idle_timeout);
    buffer.resize(StreamServer::kReadBytes + StreamServer::kPadding);
  }

  absl::StatusOr<std::shared_ptr<asio::ssl::context>> LoadCertificate() const;
  absl::Status Open();
  void Accept();
  void Shutdown();
  void OnClosed(SocketStream* stream) override;

  uint16_t port() const { return port_; }
  const std::string& name() const { return options_.name; }

  IoExecutor executor;

 private:
  absl::Status OpenTcp(const ListenAddress& address);
  absl::Status OpenUnix();
  template <typename Acceptor>
  void AcceptOn(Acceptor& acceptor);
  template <typename Socket>
  void OnAccept(const ErrorCode& error, Socket socket);

  const StreamServerOptions options_;
  StreamServer::MakeReceiver make_receiver_;
  // One of the two is open.
  tcp::acceptor tcp_;
  Local::acceptor local_;
  std::unique_ptr<UnixSocket> unix_socket_;
  uint16_t port_ = 0;
  absl::flat_hash_map<SocketStream*, std::shared_ptr<SocketStream>> streams_;
  // Accepting waits: for a connection to close, or for file descriptors.
  bool held_back_ = false;
  asio::steady_timer retry_;
  bool stopped_ = false;
};

absl::StatusOr<std::shared_ptr<asio::ssl::context>> Server::LoadCertificate()
    const {
  std::optional<asio::ssl::context> loaded;
  SLUICE_RETURN_IF_ERROR(LoadTlsContext(options_.certificate_file,
                                        options_.private_key_file, &loaded));
  if (!loaded.has_value()) return std::shared_ptr<asio::ssl::context>();
  return std::make_shared<asio::ssl::context>(*std::move(loaded));
}

absl::Status Server::Open() {
  SLUICE_ASSIGN_OR_RETURN(tls, LoadCertificate());
  return options_.tcp.has_value() ? OpenTcp(*options_.tcp) : OpenUnix();
}

absl::Status Server::OpenTcp(const ListenAddress& address) {
  ErrorCode error;
  const auto parsed = asio::ip::make_address(address.address, error);
  if (error) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", address.address, "\" is not an IP address"));
  }
  error = ListenOnTcp(parsed, address.port, &tcp_);
  if (error) return ListenError(address.address, address.port, error);
  port_ = tcp_.local_endpoint(error).port();
  return absl::OkStatus();
}

absl::Status Server::OpenUnix() {
  SLUICE_ASSIGN_OR_RETURN(
      unix_socket_,
      UnixSocket::Prepare(options_.unix_path, options_.unix_mode));
  ErrorCode error;
  local_.open(Local(), error);
  if (!error) local_.bind(Local::endpoint(unix_socket_->bind_path()), error);
  if (!error) {
    local_.listen(asio::socket_base::max_listen_connections, error);
  }
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat(
        "cannot listen at ", options_.unix_path, ": ", error.message()));
  }
  return unix_socket_->Publish();
}

void Server::Accept() {
  if (tcp_.is_open()) return AcceptOn(tcp_);
  AcceptOn(local_);
}

template <typename Acceptor>
void Server::AcceptOn(Acceptor& acceptor) {
  if (streams_.size() >= options_.max_connections) {
    held_back_ = true;
    return;
  }
  acceptor.async_accept(
      [this](const ErrorCode& error,
             typename Acceptor::protocol_type::socket socket) {
        OnAccept(error, std::move(socket));
      });
}

template <typename Socket>
void Server::OnAccept(const ErrorCode& error, Socket socket) {
  if (stopped_) return;
  if (!error) {
    Prepare(socket);
    std::string peer = PeerName(socket);
    auto stream = std::make_shared<SocketStream>(
        shared_from_this(), SocketStream::Socket(std::move(socket)),
        std::move(peer));
    streams_.emplace(stream.get(), stream);
    stream->Start(make_receiver_(stream.get()));
    return Accept();
  }
  if (error == asio::error::connection_aborted) return Accept();
  LOG_EVERY_N(WARNING, 100)
      << options_.name << " cannot accept a connection: " << error.message();
  held_back_ = true;
  retry_.expires_after(kAcceptPause);
  retry_.async_wait([this](const ErrorCode& cancelled) {
    if (cancelled || stopped_ || !std::exchange(held_back_, false)) return;
    Accept();
  });
}

void Server::OnClosed(SocketStream* stream) {
  streams_.erase(stream);
  if (!stopped_ && std::exchange(held_back_, false)) Accept();
}

void Server::Shutdown() {
  stopped_ = true;
  ErrorCode ignored;
  tcp_.close(ignored);
  local_.close(ignored);
  retry_.cancel();
  const auto streams = streams_;  // Closing takes them out.
  for (const auto& [key, stream] : streams) stream->Abort();
  executor.Close();
  unix_socket_.reset();
  make_receiver_ = nullptr;
}

class RunningServer final : public StreamServer {
 public:
  explicit RunningServer(std::shared_ptr<Server> server)
      : server_(std::move(server)), work_(server_->io.get_executor()) {
    asio::post(server_->io, [server = server_.get()] {
      server->executor.BindToThisThread();
      server->Accept();
    });
    thread_ = std::thread([server = server_] {
      pthread_setname_np(pthread_self(), server->name().c_str());
      server->io.run();
    });
  }

  ~RunningServer() override {
    CHECK(!server_->executor.InThread())
        << "a stream server cannot be destroyed by its own thread";
    // Everything under way is cancelled; then the thread has no work left.
    asio::post(server_->io, [server = server_.get()] { server->Shutdown(); });
    work_.reset();
    thread_.join();
  }

  uint16_t port() const override { return server_->port(); }
  Executor& executor() override { return server_->executor; }

  absl::Status ReloadCertificate() override {
    auto loaded = server_->LoadCertificate();
    if (!loaded.ok()) return loaded.status();
    asio::post(server_->io,
               [server = server_.get(), tls = *std::move(loaded)]() mutable {
                 server->tls = std::move(tls);
               });
    return absl::OkStatus();
  }

 private:
  const std::shared_ptr<Server> server_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<StreamServer>> StreamServer::Start(
    StreamServerOptions options, MakeReceiver make_receiver) {
  auto server =
      std::make_shared<Server>(std::move(options), std::move(make_receiver));
  if (absl::Status status = server->Open(); !status.ok()) return status;
  return std::make_unique<RunningServer>(std::move(server));
}

}  // namespace sluice
