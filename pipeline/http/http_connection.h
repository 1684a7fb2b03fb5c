// One connection of an HttpServer.
#ifndef PIPELINE_HTTP_HTTP_CONNECTION_H_
#define PIPELINE_HTTP_HTTP_CONNECTION_H_

#include <array>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "boost/asio/ip/tcp.hpp"
#include "boost/asio/ssl/context.hpp"
#include "boost/asio/ssl/stream.hpp"
#include "boost/asio/steady_timer.hpp"
#include "boost/beast/http/parser.hpp"
#include "pipeline/http/append_body.h"
#include "pipeline/http/http_responder.h"
#include "pipeline/net/io_executor.h"

namespace sluice {

class HttpConnection;

// What the connections of one server share. Used on the server's thread, but
// for `executor`.
struct HttpConnectionHost
    : public std::enable_shared_from_this<HttpConnectionHost> {
  HttpConnectionHost() : executor(&io) {}
  virtual ~HttpConnectionHost() = default;

  virtual void OnRequest(HttpServerRequest request,
                         std::shared_ptr<HttpResponder> responder) = 0;
  // Of a request whose body is still to be read; null: all are read on.
  std::function<HeadVerdict(const HttpServerRequest& head)> judge_head;
  // The answer to a request that cannot be handed on; its status is `status`.
  virtual HttpResponse ErrorAnswer(int status, std::string_view message);
  // Forgets the connection: the last thing it does.
  virtual void OnClosed(HttpConnection* connection) = 0;

  boost::asio::io_context io{1};
  IoExecutor executor;
  // As in HttpServerOptions.
  size_t max_header_bytes = 0;
  size_t max_body_bytes = 0;
  std::chrono::nanoseconds idle_timeout{0};
  std::chrono::nanoseconds request_timeout{std::chrono::nanoseconds::max()};
  std::chrono::nanoseconds stall_timeout{std::chrono::nanoseconds::max()};
  std::optional<boost::asio::ssl::context> tls;
};

// What a connection and the responder of its current request both know.
struct HttpExchangeState {
  std::atomic<size_t> pending_bytes{0};
  std::atomic<bool> connected{true};
};

// Reads requests one after the other and sends what responders give it.
//
//   kReading    a request is awaited or under way
//   kAnswering  a handler has it; what the client sends meanwhile is kept, as
//               far as it fits the buffer
//   kClosing    FIN sent; the client's last bytes are read and dropped, because
//               closing a socket with unread bytes sends RST, and that may
//               overtake the answer
//   kClosed
//
// Lives on the server's thread. Kept alive by its host until it closes, then by
// the operations under way.
class HttpConnection final
    : public std::enable_shared_from_this<HttpConnection> {
 public:
  HttpConnection(std::shared_ptr<HttpConnectionHost> host,
                 boost::asio::ip::tcp::socket socket);

  void Start();
  // Closes at once, by RST or (as far as nothing unread is left) by FIN.
  void Close(bool reset);
  // Sends FIN and stays a moment to let the client see it.
  void CloseGently();

  // For the responder of request number `exchange`; all do nothing once that
  // request is over.
  //
  // Sends bytes; `body` follows `head`.
  void Write(uint64_t exchange, std::string head, std::string body);
  // The answer is complete: serves the next request, or closes.
  void Finish(uint64_t exchange, bool keep_alive);
  void Abort(uint64_t exchange, bool reset);

  HttpConnectionHost& host() { return *host_; }

 private:
  using ErrorCode = boost::system::error_code;
  using Parser = boost::beast::http::request_parser<AppendBody>;
  enum class State { kReading, kAnswering, kClosing, kClosed };
  // What to do once everything is written.
  enum class AfterWrite { kNothing, kNextRequest, kClose, kFin };

  void Handshake();
  void ReadMore();
  void OnRead(const ErrorCode& error, size_t bytes);
  void OnEndOfInput();
  void GrowBuffer();

  void BeginRequest();
  void AwaitMore();
  void Parse();
  void OnHeader();
  // What the host wants with the request under way.
  HeadVerdict JudgeHead() const;
  void OnRequestComplete();
  void Refuse(const ErrorCode& error);

  void Queue(std::string bytes);
  void Flush();
  void OnWritten(const ErrorCode& error, size_t bytes);
  void OnAllWritten();
  void SendFin();
  void SetDeadline(std::chrono::steady_clock::duration wait);
  void AwaitDeadline();

  const std::shared_ptr<HttpConnectionHost> host_;
  boost::asio::ip::tcp::socket socket_;
  std::optional<boost::asio::ssl::stream<boost::asio::ip::tcp::socket&>> tls_;
  std::string peer_;
  State state_ = State::kReading;

  // Received and not yet parsed: buffer_[begin_, end_).
  std::vector<char> buffer_;
  size_t begin_ = 0;
  size_t end_ = 0;
  bool reading_ = false;
  bool end_of_input_ = false;
  std::optional<Parser> parser_;
  // When the request under way has to be complete; nullopt: none has begun.
  std::optional<std::chrono::steady_clock::time_point> request_deadline_;

  uint64_t exchange_ = 0;
  std::shared_ptr<HttpExchangeState> exchange_state_;
  bool answer_begun_ = false;

  std::deque<std::string> out_;
  size_t out_offset_ = 0;  // Bytes of out_.front() that are sent.
  bool writing_ = false;
  AfterWrite after_write_ = AfterWrite::kNothing;

  boost::asio::steady_timer timer_;
  std::chrono::steady_clock::time_point deadline_;
  bool timer_armed_ = false;
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_HTTP_CONNECTION_H_
