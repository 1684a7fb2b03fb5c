#include "pipeline/http/direct_connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "pipeline/http/direct_client.h"
#include "pipeline/http/direct_exchange.h"

namespace sluice {
namespace {

// Read at once. Answers to what is sent here are short.
constexpr size_t kReadBytes = 16 << 10;

// The rest of `text` behind its first `*skip` bytes, which are counted off.
iovec Rest(std::string_view text, size_t* skip) {
  const size_t skipped = std::min(*skip, text.size());
  *skip -= skipped;
  return {const_cast<char*>(text.data()) + skipped, text.size() - skipped};
}

}  // namespace

DirectConnection::DirectConnection(DirectClient* client, CurlMulti* sockets,
                                   std::string origin, int socket)
    : client_(client),
      sockets_(sockets),
      origin_(std::move(origin)),
      socket_(socket) {
  Watch();
}

DirectConnection::~DirectConnection() { Close(); }

void DirectConnection::Close() {
  if (socket_ < 0) return;
  sockets_->Unwatch(socket_);
  close(std::exchange(socket_, -1));
}

bool DirectConnection::LooksAlive() const {
  char byte;
  return recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

void DirectConnection::Begin(std::shared_ptr<DirectExchange> exchange) {
  exchange_ = std::move(exchange);
  exchange_->connection = this;
  parser_ = std::make_unique<AnswerParser>(exchange_.get());
  written_ = 0;
  paused_ = exchange_->wants_pause();
  Write();
}

void DirectConnection::Write() {
  size_t skip = written_;
  std::array<iovec, 2> pieces = {Rest(exchange_->head(), &skip),
                                 Rest(exchange_->body(), &skip)};
  msghdr message = {};
  message.msg_iov = pieces.data();
  message.msg_iovlen = pieces.size();
  const ssize_t sent = sendmsg(socket_, &message, MSG_NOSIGNAL);
  // A broken connection is seen by reading, which also finds an answer that
  // came before it broke.
  if (sent > 0) written_ += static_cast<size_t>(sent);
  const bool would_block =
      sent < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
  writing_ = (sent >= 0 || would_block) &&
             written_ < exchange_->head().size() + exchange_->body().size();
  Watch();
}

void DirectConnection::Watch() {
  uint32_t events = 0;
  if (exchange_ == nullptr || !paused_) events |= EPOLLIN;
  if (exchange_ != nullptr && writing_) events |= EPOLLOUT;
  if (std::exchange(watched_, events) == events) return;
  sockets_->Watch(socket_, events, this);
}

void DirectConnection::OnReady(uint32_t events) {
  // Nothing was asked for: it was closed, or is of no use any more.
  if (exchange_ == nullptr) return Abandon();
  if (writing_ && (events & EPOLLOUT) != 0) Write();
  if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0) Read();
}

void DirectConnection::Read() {
  std::array<char, kReadBytes> buffer;
  while (socket_ >= 0 && exchange_ != nullptr && !paused_) {
    const ssize_t bytes = recv(socket_, buffer.data(), buffer.size(), 0);
    if (bytes < 0 && errno == EINTR) continue;
    if (bytes < 0 && (errno == EAGAIN || errno == EWOULDBLOCK)) return;
    if (bytes <= 0) return OnEnd();
    Parse({buffer.data(), static_cast<size_t>(bytes)});
    // Most often that was all.
    if (static_cast<size_t>(bytes) < buffer.size()) return;
  }
}

void DirectConnection::Parse(std::string_view bytes) {
  const absl::Status status = parser_->Put(bytes);
  if (socket_ < 0) return;  // The handler has ended it.
  if (!status.ok()) return Fail("the answer is not HTTP");
  if (parser_->done()) Finish();
}

void DirectConnection::OnEnd() {
  const absl::Status status = parser_->PutEnd();
  if (socket_ < 0) return;
  if (status.ok()) return Finish();
  Fail(parser_->begun() ? "the connection was lost within the answer"
                        : "the connection was lost before an answer came");
}

void DirectConnection::Finish() {
  const std::shared_ptr<DirectExchange> exchange = std::move(exchange_);
  exchange->connection = nullptr;
  // An answer that did not wait for the whole request leaves a rest of it.
  const bool whole =
      written_ == exchange->head().size() + exchange->body().size();
  paused_ = writing_ = false;
  if (whole && parser_->keeps_connection()) {
    Watch();
    client_->OnFree(this);
  } else {
    Close();
    client_->OnClosed(this);
  }
  exchange->End({absl::OkStatus(), /*maybe_sent=*/true});
}

void DirectConnection::Fail(std::string_view what) {
  const std::shared_ptr<DirectExchange> exchange = std::move(exchange_);
  exchange->connection = nullptr;
  Close();
  client_->OnClosed(this);
  exchange->End(
      {absl::UnavailableError(absl::StrCat(
           origin_, ": ", absl::string_view(what.data(), what.size()))),
       sent_any()});
}

void DirectConnection::Abandon() {
  if (exchange_ != nullptr) exchange_->connection = nullptr;
  Close();
  client_->OnClosed(this);
}

void DirectConnection::Detach() {
  if (exchange_ != nullptr) exchange_->Detach();
}

void DirectConnection::Pause() {
  paused_ = true;
  Watch();
}

void DirectConnection::Resume() {
  paused_ = false;
  Watch();
  Parse("");
}

}  // namespace sluice
