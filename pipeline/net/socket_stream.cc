#include "pipeline/net/socket_stream.h"

#include <string_view>
#include <utility>

#include "boost/asio/buffer.hpp"
#include "boost/asio/write.hpp"

namespace sluice {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;

// A TLS record is no larger.
constexpr size_t kDecryptedBytes = 16 << 10;
constexpr auto kHandshakeTimeout = std::chrono::seconds(10);
// How long a connection that closes waits for its last bytes to go.
constexpr auto kFarewell = std::chrono::seconds(5);
// Reads of one connection before others have their turn.
constexpr int kReadsPerTurn = 4;

}  // namespace

SocketStream::SocketStream(std::shared_ptr<SocketStreamHost> host,
                           Socket socket, std::string peer)
    : host_(std::move(host)),
      socket_(std::move(socket)),
      tls_context_(host_->tls),
      peer_(std::move(peer)),
      timer_(host_->io) {}

void SocketStream::Start(std::shared_ptr<StreamReceiver> receiver) {
  receiver_ = std::move(receiver);
  ErrorCode ignored;
  // For the reads that follow asio's wait.
  socket_.non_blocking(true, ignored);
  if (tls_context_ != nullptr) {
    decrypted_.resize(kDecryptedBytes + StreamServer::kPadding);
    tls_.emplace(socket_, *tls_context_);
    return Handshake();
  }
  state_ = State::kOpen;
  SetDeadline(host_->idle_timeout);
  ReadMore();
}

void SocketStream::Handshake() {
  SetDeadline(kHandshakeTimeout);
  tls_->async_handshake(asio::ssl::stream_base::server,
                        [self = shared_from_this()](const ErrorCode& error) {
                          if (self->state_ != State::kHandshake) return;
                          if (error) return self->Abort();
                          self->state_ = State::kOpen;
                          self->SetDeadline(self->host_->idle_timeout);
                          self->Flush();
                          self->ReadMore();
                        });
}

// Reading.

void SocketStream::ReadMore() {
  if (state_ != State::kOpen || reading_ || paused_) return;
  reading_ = true;
  if (tls_.has_value()) return ReadEncrypted();
  AwaitReadable();
}

void SocketStream::AwaitReadable() {
  socket_.async_wait(Socket::wait_read,
                     [self = shared_from_this()](const ErrorCode& error) {
                       if (self->state_ == State::kClosed || error) return;
                       self->ReadReadable();
                     });
}

void SocketStream::ReadReadable() {
  if (paused_) {
    reading_ = false;
    return;
  }
  std::vector<char>& buffer = host_->buffer;
  const size_t room = buffer.size() - StreamServer::kPadding;
  for (int i = 0; i < kReadsPerTurn; ++i) {
    ErrorCode error;
    const size_t size =
        socket_.read_some(asio::buffer(buffer.data(), room), error);
    if (error == asio::error::would_block || error == asio::error::try_again) {
      break;
    }
    OnRead(error, buffer.data(), size, buffer.size() - size);
    if (state_ != State::kOpen) return;
    if (paused_) {
      reading_ = false;
      return;
    }
    // Not full: there is hardly more by now.
    if (size < room) break;
  }
  AwaitReadable();
}

void SocketStream::ReadEncrypted() {
  tls_->async_read_some(
      asio::buffer(decrypted_.data(), kDecryptedBytes),
      [self = shared_from_this()](const ErrorCode& error, size_t size) {
        if (self->state_ == State::kClosed) return;
        self->reading_ = false;
        self->OnRead(error, self->decrypted_.data(), size,
                     self->decrypted_.size() - size);
        self->ReadMore();
      });
}

void SocketStream::OnRead(const ErrorCode& error, const char* bytes,
                          size_t size, size_t readable_behind) {
  if (state_ != State::kOpen) return;
  // Held until the end of the call: closing lets go of it.
  const std::shared_ptr<StreamReceiver> receiver = receiver_;
  if (!error) {
    SetDeadline(host_->idle_timeout);
    return receiver->OnBytes(std::string_view(bytes, size), readable_behind);
  }
  if (error != asio::error::eof) return Abort();
  state_ = State::kFinished;
  SetDeadline(std::chrono::nanoseconds::max());
  receiver->OnEnd(/*finished=*/true);
}

void SocketStream::Resume() {
  if (!paused_) return;
  paused_ = false;
  if (state_ == State::kOpen) SetDeadline(host_->idle_timeout);
  ReadMore();
}

// Writing.

void SocketStream::Send(std::string bytes) {
  if (state_ == State::kClosed || state_ == State::kClosing) return;
  unsent_.append(bytes);
  Flush();
}

void SocketStream::Flush() {
  if (!writing_.empty() || unsent_.empty() || state_ == State::kHandshake) {
    return;
  }
  writing_.swap(unsent_);
  auto done = [self = shared_from_this()](const ErrorCode& error, size_t) {
    self->OnWritten(error);
  };
  if (tls_.has_value()) {
    asio::async_write(*tls_, asio::buffer(writing_), std::move(done));
  } else {
    asio::async_write(socket_, asio::buffer(writing_), std::move(done));
  }
}

void SocketStream::OnWritten(const ErrorCode& error) {
  if (state_ == State::kClosed) return;
  if (error) return Abort();
  writing_.clear();
  if (!unsent_.empty()) return Flush();
  if (state_ == State::kClosing) return Shutdown();
  const std::shared_ptr<StreamReceiver> receiver = receiver_;
  receiver->OnSent();
}

// The end.

void SocketStream::Close() {
  if (state_ == State::kClosed || state_ == State::kClosing) return;
  if (state_ == State::kHandshake) return Abort();
  state_ = State::kClosing;
  SetDeadline(kFarewell);
  if (unsent_bytes() == 0) Shutdown();
}

void SocketStream::Shutdown() {
  if (!tls_.has_value()) return Abort();
  // Says goodbye (close_notify), so that the end is known to be the end.
  tls_->async_shutdown(
      [self = shared_from_this()](const ErrorCode&) { self->Abort(); });
}

void SocketStream::Abort() {
  if (state_ == State::kClosed) return;
  const bool was_read = state_ == State::kOpen || state_ == State::kHandshake;
  state_ = State::kClosed;
  ErrorCode ignored;
  socket_.close(ignored);
  timer_.cancel();
  if (const auto receiver = std::exchange(receiver_, nullptr);
      was_read && receiver != nullptr) {
    receiver->OnEnd(/*finished=*/false);
  }
  host_->OnClosed(this);
}

void SocketStream::SetDeadline(std::chrono::nanoseconds wait) {
  if (wait == std::chrono::nanoseconds::max()) {
    deadline_ = Clock::time_point::max();
    return;
  }
  const auto deadline = Clock::now() + wait;
  // A deadline that moves back is found by the timer when it expires.
  const bool sooner = deadline < deadline_;
  deadline_ = deadline;
  if (timer_armed_ && !sooner) return;
  AwaitDeadline();
}

void SocketStream::AwaitDeadline() {
  timer_armed_ = true;
  timer_.expires_at(deadline_);
  timer_.async_wait([self = shared_from_this()](const ErrorCode& error) {
    if (error || self->state_ == State::kClosed) return;
    self->timer_armed_ = false;
    if (self->deadline_ == Clock::time_point::max()) return;
    if (Clock::now() < self->deadline_) return self->AwaitDeadline();
    // Who is held back cannot say anything; Resume() sets a deadline anew.
    if (self->paused_ && self->state_ == State::kOpen) return;
    self->Abort();
  });
}

}  // namespace sluice
