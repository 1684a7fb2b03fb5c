#include "pipeline/http/http_connection.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "boost/asio/buffer.hpp"
#include "boost/asio/post.hpp"
#include "boost/beast/http/error.hpp"
#include "pipeline/http/http_exchange.h"
#include "pipeline/http/http_message.h"

namespace sluice {
namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using Clock = std::chrono::steady_clock;

// A connection starts small; one that sends much gets a buffer which takes a
// request of usual size in one read.
constexpr size_t kSmallestBuffer = 8 << 10;
constexpr size_t kLargestBuffer = 256 << 10;
// How long a closed connection waits for the client to notice.
constexpr auto kFarewell = std::chrono::seconds(2);

std::string PeerName(const asio::ip::tcp::socket& socket) {
  boost::system::error_code error;
  const auto endpoint = socket.remote_endpoint(error);
  if (error) return "";
  const std::string address = endpoint.address().to_string();
  return endpoint.address().is_v6()
             ? absl::StrCat("[", address, "]:", endpoint.port())
             : absl::StrCat(address, ":", endpoint.port());
}

std::string ToString(boost::beast::string_view text) {
  return std::string(text.data(), text.size());
}

// The path of a target; absolute targets ("http://host/path") have a host
// before it (RFC 9112 section 3.2.2).
std::string_view WithoutHost(std::string_view target) {
  const size_t scheme = target.find("://");
  if (target.empty() || target.front() == '/' || scheme == target.npos) {
    return target;
  }
  const size_t path = target.find_first_of("/?", scheme + 3);
  return path == target.npos ? "/" : target.substr(path);
}

HttpServerRequest ToRequest(http::request<AppendBody> message,
                            const std::string& peer) {
  HttpServerRequest request;
  request.method = ToString(message.method_string());
  request.target = ToString(message.target());
  const std::string_view target = WithoutHost(request.target);
  const size_t question = std::min(target.find('?'), target.size());
  request.path = std::string(target.substr(0, question));
  if (question < target.size()) {
    request.query = std::string(target.substr(question + 1));
  }
  for (const auto& field : message) {
    request.headers.emplace_back(ToString(field.name_string()),
                                 ToString(field.value()));
  }
  request.body = std::move(message.body());
  request.peer = peer;
  return request;
}

}  // namespace

HttpResponse HttpConnectionHost::ErrorAnswer(int status,
                                             std::string_view message) {
  return {.status = status,
          .headers = {{"Content-Type", "text/plain"}},
          .body = std::string(message) + "\n"};
}

HttpConnection::HttpConnection(std::shared_ptr<HttpConnectionHost> host,
                               asio::ip::tcp::socket socket)
    : host_(std::move(host)),
      socket_(std::move(socket)),
      buffer_(kSmallestBuffer),
      timer_(host_->io) {}

void HttpConnection::Start() {
  ErrorCode ignored;
  socket_.set_option(asio::ip::tcp::no_delay(true), ignored);
  peer_ = PeerName(socket_);
  BeginRequest();
  if (host_->tls.has_value()) {
    tls_.emplace(socket_, *host_->tls);
    Handshake();
  } else {
    ReadMore();
  }
}

void HttpConnection::Handshake() {
  tls_->async_handshake(asio::ssl::stream_base::server,
                        [self = shared_from_this()](const ErrorCode& error) {
                          if (self->state_ == State::kClosed) return;
                          if (error) return self->Close(/*reset=*/false);
                          self->ReadMore();
                        });
}

// Reading.

void HttpConnection::ReadMore() {
  if (reading_ || end_of_input_ || state_ == State::kClosed) return;
  if (begin_ == end_) begin_ = end_ = 0;
  if (end_ == buffer_.size()) {
    if (state_ == State::kAnswering) return;  // TCP holds the client back.
    GrowBuffer();
  }
  reading_ = true;
  const auto room = asio::buffer(buffer_.data() + end_, buffer_.size() - end_);
  auto done = [self = shared_from_this()](const ErrorCode& error,
                                          size_t bytes) {
    self->OnRead(error, bytes);
  };
  // Farewells are read to be dropped: no need to decrypt them.
  if (tls_.has_value() && state_ != State::kClosing) {
    tls_->async_read_some(room, std::move(done));
  } else {
    socket_.async_read_some(room, std::move(done));
  }
}

void HttpConnection::GrowBuffer() {
  const size_t used = end_ - begin_;
  if (begin_ > 0) std::memmove(buffer_.data(), buffer_.data() + begin_, used);
  begin_ = 0;
  end_ = used;
  if (used > buffer_.size() / 2) buffer_.resize(buffer_.size() * 2);
}

void HttpConnection::OnRead(const ErrorCode& error, size_t bytes) {
  reading_ = false;
  if (state_ == State::kClosed) return;
  if (error) {
    end_of_input_ = true;
    return OnEndOfInput();
  }
  if (state_ == State::kClosing) {
    begin_ = end_ = 0;
    return ReadMore();
  }
  end_ += bytes;
  if (state_ == State::kReading) {
    // A read that fills the buffer tells of a client that has more to say.
    if (end_ == buffer_.size() && buffer_.size() < kLargestBuffer &&
        begin_ == 0) {
      buffer_.resize(buffer_.size() * 2);
    }
    AwaitMore();
    Parse();
  }
  ReadMore();
}

void HttpConnection::OnEndOfInput() {
  if (exchange_state_ != nullptr) exchange_state_->connected = false;
  // Who only closed its sending half still gets an answer that has not begun.
  const bool answer_owed =
      state_ == State::kAnswering &&
      (!answer_begun_ || after_write_ != AfterWrite::kNothing);
  if (answer_owed) return;
  Close(/*reset=*/false);
}

// Requests.

void HttpConnection::BeginRequest() {
  state_ = State::kReading;
  parser_.emplace();
  parser_->header_limit(static_cast<uint32_t>(host_->max_header_bytes));
  parser_->body_limit(host_->max_body_bytes);
  request_deadline_.reset();
  if (begin_ < end_) {
    AwaitMore();
  } else {
    SetDeadline(host_->idle_timeout);
  }
}

// Part of a request is here: sets the deadline for more of it.
void HttpConnection::AwaitMore() {
  const auto now = Clock::now();
  if (!request_deadline_.has_value()) {
    const auto longest = Clock::time_point::max() - now;
    request_deadline_ =
        now + std::min<Clock::duration>(host_->request_timeout, longest);
  }
  SetDeadline(
      std::min<Clock::duration>(host_->idle_timeout, *request_deadline_ - now));
}

void HttpConnection::Parse() {
  while (state_ == State::kReading && begin_ < end_) {
    ErrorCode error;
    const bool had_header = parser_->is_header_done();
    begin_ += parser_->put(
        asio::const_buffer(buffer_.data() + begin_, end_ - begin_), error);
    if (error == http::error::need_more) return;
    if (error) return Refuse(error);
    if (!had_header && parser_->is_header_done()) OnHeader();
    if (state_ != State::kReading) return;
    if (parser_->is_done()) return OnRequestComplete();
  }
}

HeadVerdict HttpConnection::JudgeHead() const {
  if (host_->judge_head == nullptr || parser_->is_done()) {
    return HeadVerdict::kReadOn;
  }
  return host_->judge_head(ToRequest(parser_->get(), peer_));
}

void HttpConnection::OnHeader() {
  const HeadVerdict verdict = JudgeHead();
  if (verdict == HeadVerdict::kReset) return Close(/*reset=*/true);
  if (verdict == HeadVerdict::kClose) return CloseGently();
  const auto& message = parser_->get();
  const auto expect = message.find(http::field::expect);
  if (expect == message.end() || message.version() < 11 || parser_->is_done() ||
      !absl::EqualsIgnoreCase(ToString(expect->value()), "100-continue")) {
    return;
  }
  Queue("HTTP/1.1 100 Continue\r\n\r\n");
  Flush();
}

void HttpConnection::OnRequestComplete() {
  state_ = State::kAnswering;
  ++exchange_;
  answer_begun_ = false;
  after_write_ = AfterWrite::kNothing;
  exchange_state_ = std::make_shared<HttpExchangeState>();
  exchange_state_->connected = !end_of_input_;
  auto message = parser_->release();
  const HttpExchange::Traits traits = {
      .head = message.method() == http::verb::head,
      .http_1_1 = message.version() >= 11,
      .keep_alive = message.keep_alive(),
  };
  auto responder = std::make_shared<HttpExchange>(shared_from_this(), exchange_,
                                                  exchange_state_, traits);
  host_->OnRequest(ToRequest(std::move(message), peer_), std::move(responder));
}

void HttpConnection::Refuse(const ErrorCode& error) {
  int status = 400;
  if (error == http::error::body_limit) status = 413;
  if (error == http::error::header_limit) status = 431;
  const HttpResponse answer = host_->ErrorAnswer(status, error.message());
  Queue(FormatHead(status, answer.headers,
                   {HttpFraming::Kind::kLength, answer.body.size()},
                   /*close=*/true, host_->executor.Now()) +
        answer.body);
  state_ = State::kAnswering;
  after_write_ = AfterWrite::kClose;
  Flush();
}

// Answers.

void HttpConnection::Write(uint64_t exchange, std::string head,
                           std::string body) {
  if (exchange != exchange_ || state_ != State::kAnswering) return;
  answer_begun_ = true;
  Queue(std::move(head));
  Queue(std::move(body));
  Flush();
}

void HttpConnection::Finish(uint64_t exchange, bool keep_alive) {
  if (exchange != exchange_ || state_ != State::kAnswering ||
      after_write_ != AfterWrite::kNothing) {
    return;
  }
  // A client that sent its last request may have sent it some time ago.
  const bool more = !end_of_input_ || begin_ < end_;
  after_write_ =
      keep_alive && more ? AfterWrite::kNextRequest : AfterWrite::kClose;
  // Not from within the handler, of which this may be a call.
  if (!writing_) {
    asio::post(host_->io,
               [self = shared_from_this()] { self->OnAllWritten(); });
  }
}

void HttpConnection::Abort(uint64_t exchange, bool reset) {
  if (exchange != exchange_ || state_ != State::kAnswering) return;
  if (exchange_state_ != nullptr) exchange_state_->connected = false;
  if (reset) return Close(/*reset=*/true);
  after_write_ = AfterWrite::kFin;
  if (!writing_) CloseGently();
}

void HttpConnection::Queue(std::string bytes) {
  if (!bytes.empty()) out_.push_back(std::move(bytes));
}

void HttpConnection::Flush() {
  if (writing_ || out_.empty() || state_ == State::kClosed) return;
  writing_ = true;
  if (state_ == State::kAnswering &&
      host_->stall_timeout < std::chrono::nanoseconds::max()) {
    SetDeadline(host_->stall_timeout);
  }
  std::array<asio::const_buffer, 16> pieces;
  size_t count = 0;
  for (const std::string& piece : out_) {
    if (count == pieces.size()) break;
    pieces[count++] = asio::buffer(piece);
  }
  pieces[0] += out_offset_;
  auto done = [self = shared_from_this()](const ErrorCode& error,
                                          size_t bytes) {
    self->OnWritten(error, bytes);
  };
  if (tls_.has_value()) {
    tls_->async_write_some(pieces, std::move(done));
  } else {
    socket_.async_write_some(pieces, std::move(done));
  }
}

void HttpConnection::OnWritten(const ErrorCode& error, size_t bytes) {
  writing_ = false;
  if (state_ == State::kClosed) return;
  if (error) return Close(/*reset=*/false);
  if (exchange_state_ != nullptr) {
    // Bytes of the connection's own ("100 Continue") come before any exchange.
    size_t pending = exchange_state_->pending_bytes;
    exchange_state_->pending_bytes -= std::min(pending, bytes);
  }
  while (bytes > 0) {
    const size_t rest = out_.front().size() - out_offset_;
    if (bytes < rest) {
      out_offset_ += bytes;
      break;
    }
    bytes -= rest;
    out_offset_ = 0;
    out_.pop_front();
  }
  if (out_.empty()) {
    OnAllWritten();
  } else {
    Flush();
  }
}

void HttpConnection::OnAllWritten() {
  if (state_ != State::kAnswering || writing_) return;
  switch (std::exchange(after_write_, AfterWrite::kNothing)) {
    case AfterWrite::kNothing:
      return;
    case AfterWrite::kNextRequest:
      exchange_state_ = nullptr;
      BeginRequest();
      Parse();
      if (end_of_input_ && state_ == State::kReading) {
        return Close(/*reset=*/false);
      }
      return ReadMore();
    case AfterWrite::kClose:
      if (tls_.has_value() && !end_of_input_) {
        // Says goodbye (close_notify), so that the end is known to be the end.
        state_ = State::kClosing;
        SetDeadline(kFarewell);
        return tls_->async_shutdown(
            [self = shared_from_this()](const ErrorCode&) { self->SendFin(); });
      }
      return CloseGently();
    case AfterWrite::kFin:
      return CloseGently();
  }
}

// The end.

void HttpConnection::CloseGently() {
  if (state_ == State::kClosed || state_ == State::kClosing) return;
  if (end_of_input_) return Close(/*reset=*/false);
  if (exchange_state_ != nullptr) exchange_state_->connected = false;
  state_ = State::kClosing;
  SetDeadline(kFarewell);
  SendFin();
}

void HttpConnection::SendFin() {
  if (state_ == State::kClosed) return;
  ErrorCode ignored;
  socket_.shutdown(asio::ip::tcp::socket::shutdown_send, ignored);
  begin_ = end_ = 0;
  ReadMore();
}

void HttpConnection::Close(bool reset) {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  if (exchange_state_ != nullptr) {
    exchange_state_->connected = false;
    exchange_state_->pending_bytes = 0;
  }
  ErrorCode ignored;
  if (reset) socket_.set_option(asio::socket_base::linger(true, 0), ignored);
  socket_.close(ignored);
  timer_.cancel();
  host_->OnClosed(this);
}

void HttpConnection::SetDeadline(Clock::duration wait) {
  const auto now = Clock::now();
  const bool never = wait >= Clock::time_point::max() - now;
  const auto deadline = never ? Clock::time_point::max() : now + wait;
  // A deadline that moves back is found by the timer when it expires.
  const bool sooner = deadline < deadline_;
  deadline_ = deadline;
  if (never || (timer_armed_ && !sooner)) return;
  AwaitDeadline();
}

void HttpConnection::AwaitDeadline() {
  timer_armed_ = true;
  timer_.expires_at(deadline_);
  timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
    if (error || self->state_ == State::kClosed) return;
    self->timer_armed_ = false;
    if (self->deadline_ == Clock::time_point::max()) return;
    if (Clock::now() < self->deadline_) return self->AwaitDeadline();
    const bool stalls = self->writing_ && self->host_->stall_timeout <
                                              std::chrono::nanoseconds::max();
    if (self->state_ == State::kAnswering && !stalls) {
      // Handlers take the time they need; the next request sets a deadline.
      return;
    }
    self->Close(/*reset=*/false);
  });
}

}  // namespace sluice
