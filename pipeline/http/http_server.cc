#include "pipeline/http/http_server.h"

#include <pthread.h>

#include <cerrno>
#include <optional>
#include <thread>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "boost/asio/executor_work_guard.hpp"
#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/post.hpp"
#include "boost/asio/steady_timer.hpp"
#include "glog/logging.h"
#include "pipeline/http/http_connection.h"
#include "pipeline/net/tcp_listen.h"
#include "pipeline/net/tls_context.h"

namespace sluice {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using ErrorCode = boost::system::error_code;

// How often a free port of one address is looked for that is free on the
// others too.
constexpr int kPortAttempts = 20;
// Accepting fails when file descriptors run out; they come back with time.
constexpr auto kAcceptPause = std::chrono::milliseconds(100);

// The address is not one of this machine's, or its family is switched off.
bool IsMissingAddress(const ErrorCode& error) {
  return error == asio::error::address_family_not_supported ||
         error.value() == EADDRNOTAVAIL;
}

class Server final : public HttpConnectionHost {
 public:
  Server(HttpServerOptions options, HttpServer::Handler handler)
      : options_(std::move(options)), handler_(std::move(handler)), retry_(io) {
    max_header_bytes = options_.max_header_bytes;
    max_body_bytes = options_.max_body_bytes;
    idle_timeout = absl::ToChronoNanoseconds(options_.idle_timeout);
    request_timeout = absl::ToChronoNanoseconds(options_.request_timeout);
    stall_timeout = absl::ToChronoNanoseconds(options_.stall_timeout);
    judge_head = options_.judge_head;
  }

  absl::Status LoadCertificate() {
    return LoadTlsContext(options_.certificate_file, options_.private_key_file,
                          &tls);
  }
  absl::Status Open();
  void StartAccepting();
  void Shutdown();

  uint16_t port() const { return port_; }
  const std::string& name() const { return options_.name; }
  void DropConnections(bool reset);

  void OnRequest(HttpServerRequest request,
                 std::shared_ptr<HttpResponder> responder) override {
    handler_(std::move(request), std::move(responder));
  }
  HttpResponse ErrorAnswer(int status, std::string_view message) override {
    return options_.error_answer == nullptr
               ? HttpConnectionHost::ErrorAnswer(status, message)
               : options_.error_answer(status, message);
  }
  void OnClosed(HttpConnection* connection) override;

 private:
  absl::Status OpenAll(uint16_t port);
  void Accept(tcp::acceptor* acceptor);
  void OnAccept(tcp::acceptor* acceptor, const ErrorCode& error,
                tcp::socket socket);

  const HttpServerOptions options_;
  HttpServer::Handler handler_;
  std::vector<std::unique_ptr<tcp::acceptor>> acceptors_;
  uint16_t port_ = 0;
  absl::flat_hash_map<HttpConnection*, std::shared_ptr<HttpConnection>>
      connections_;
  // Acceptors that wait for a connection to close.
  std::vector<tcp::acceptor*> held_back_;
  asio::steady_timer retry_;
  bool stopped_ = false;
};

absl::Status Server::Open() {
  if (options_.addresses.empty()) {
    return absl::InvalidArgumentError("no address to listen on");
  }
  absl::Status status = OpenAll(options_.port);
  for (int i = 1;
       i < kPortAttempts && options_.port == 0 && absl::IsAlreadyExists(status);
       ++i) {
    status = OpenAll(0);
  }
  return status;
}

// Opens every address on `port`; on a free one that the first address finds
// when 0.
absl::Status Server::OpenAll(uint16_t port) {
  acceptors_.clear();
  const bool any_will_do = options_.addresses == HttpServerOptions().addresses;
  absl::Status missing;
  for (const std::string& text : options_.addresses) {
    ErrorCode error;
    const auto address = asio::ip::make_address(text, error);
    if (error) {
      return absl::InvalidArgumentError(
          absl::StrCat("\"", text, "\" is not an IP address"));
    }
    auto acceptor = std::make_unique<tcp::acceptor>(io);
    error = ListenOnTcp(address, port, acceptor.get());
    if (error && any_will_do && IsMissingAddress(error)) {
      missing = ListenError(text, port, error);
      continue;
    }
    if (error) return ListenError(text, port, error);
    port = acceptor->local_endpoint(error).port();
    acceptors_.push_back(std::move(acceptor));
  }
  if (acceptors_.empty()) return missing;
  port_ = port;
  return absl::OkStatus();
}

void Server::StartAccepting() {
  for (const auto& acceptor : acceptors_) Accept(acceptor.get());
}

void Server::Accept(tcp::acceptor* acceptor) {
  if (connections_.size() >= options_.max_connections) {
    held_back_.push_back(acceptor);
    return;
  }
  acceptor->async_accept(
      [this, acceptor](const ErrorCode& error, tcp::socket socket) {
        OnAccept(acceptor, error, std::move(socket));
      });
}

void Server::OnAccept(tcp::acceptor* acceptor, const ErrorCode& error,
                      tcp::socket socket) {
  if (stopped_) return;
  if (!error) {
    auto connection =
        std::make_shared<HttpConnection>(shared_from_this(), std::move(socket));
    connections_.emplace(connection.get(), connection);
    connection->Start();
    return Accept(acceptor);
  }
  if (error == asio::error::connection_aborted) return Accept(acceptor);
  LOG_EVERY_N(WARNING, 100) << "cannot accept a connection on port " << port_
                            << ": " << error.message();
  held_back_.push_back(acceptor);
  retry_.expires_after(kAcceptPause);
  retry_.async_wait([this](const ErrorCode& cancelled) {
    if (cancelled || stopped_) return;
    for (tcp::acceptor* held : std::exchange(held_back_, {})) Accept(held);
  });
}

void Server::OnClosed(HttpConnection* connection) {
  connections_.erase(connection);
  if (stopped_) return;
  for (tcp::acceptor* held : std::exchange(held_back_, {})) Accept(held);
}

void Server::DropConnections(bool reset) {
  const auto connections = connections_;  // Closing takes them out.
  for (const auto& [key, connection] : connections) {
    if (reset) {
      connection->Close(/*reset=*/true);
    } else {
      connection->CloseGently();
    }
  }
}

void Server::Shutdown() {
  stopped_ = true;
  ErrorCode ignored;
  for (const auto& acceptor : acceptors_) acceptor->close(ignored);
  retry_.cancel();
  const auto connections = connections_;
  for (const auto& [key, connection] : connections) {
    connection->Close(/*reset=*/false);
  }
  executor.Close();
  // Dies here and not with the last responder: it may refer to things that the
  // caller destroys next.
  handler_ = nullptr;
}

// Runs a Server's thread. The Server may live on in responders.
class RunningServer final : public HttpServer {
 public:
  explicit RunningServer(std::shared_ptr<Server> server)
      : server_(std::move(server)), work_(server_->io.get_executor()) {
    asio::post(server_->io, [server = server_.get()] {
      server->executor.BindToThisThread();
      server->StartAccepting();
    });
    thread_ = std::thread([server = server_] {
      pthread_setname_np(pthread_self(), server->name().c_str());
      server->io.run();
    });
  }

  ~RunningServer() override {
    CHECK(!server_->executor.InThread())
        << "an HTTP server cannot be destroyed by its own thread";
    // Everything under way is cancelled and answered for; then the thread has
    // no work left and ends.
    asio::post(server_->io, [server = server_.get()] { server->Shutdown(); });
    work_.reset();
    thread_.join();
  }

  uint16_t port() const override { return server_->port(); }
  Executor& executor() override { return server_->executor; }

  void DropConnections(bool reset) override {
    if (server_->executor.InThread()) return server_->DropConnections(reset);
    absl::Notification done;
    asio::post(server_->io, [&] {
      server_->DropConnections(reset);
      done.Notify();
    });
    done.WaitForNotification();
  }

 private:
  const std::shared_ptr<Server> server_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<HttpServer>> HttpServer::Start(
    HttpServerOptions options, Handler handler) {
  auto server =
      std::make_shared<Server>(std::move(options), std::move(handler));
  if (absl::Status status = server->LoadCertificate(); !status.ok()) {
    return status;
  }
  if (absl::Status status = server->Open(); !status.ok()) return status;
  return std::make_unique<RunningServer>(std::move(server));
}

}  // namespace sluice
