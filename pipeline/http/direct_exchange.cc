#include "pipeline/http/direct_exchange.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "pipeline/http/curl_status.h"
#include "pipeline/http/direct_client.h"
#include "pipeline/http/direct_connection.h"

namespace sluice {

DirectExchange::DirectExchange(DirectClient* client, HttpRequest request,
                               HttpStreamHandler* handler,
                               std::string_view user_agent)
    : client_(client),
      request_(std::move(request)),
      handler_(handler),
      origin_(UrlOrigin(request_.url)) {
  WriteHead(user_agent);
}

void DirectExchange::WriteHead(std::string_view user_agent) {
  const std::string_view url = request_.url;
  const std::string_view place =
      std::string_view(origin_).substr(origin_.find("://") + 3);
  std::string_view target = url.substr(origin_.size());
  target = target.substr(0, target.find('#'));
  head_.append(request_.method).append(" ");
  if (!target.starts_with('/')) head_ += '/';
  head_.append(target).append(" HTTP/1.1\r\n");
  const auto add = [this](std::string_view name, std::string_view value) {
    head_.append(name).append(": ").append(value).append("\r\n");
  };
  const auto add_unless_given = [&](std::string_view name,
                                    std::string_view value) {
    if (!FindHeader(request_.headers, name).has_value()) add(name, value);
  };
  add_unless_given("Host", place);
  add_unless_given("User-Agent", user_agent);
  add_unless_given("Accept", "*/*");
  for (const auto& [name, value] : request_.headers) {
    if (!absl::EqualsIgnoreCase(name, "Content-Length")) add(name, value);
  }
  add("Content-Length", std::to_string(request_.body.size()));
  head_ += "\r\n";
}

void DirectExchange::StartTimer(Executor* executor) {
  executor_ = executor;
  if (request_.total_timeout == absl::InfiniteDuration()) return;
  timer_ =
      executor_->PostAfter(request_.total_timeout, [weak = weak_from_this()] {
        if (auto self = weak.lock()) {
          self->OnTimeout();
        }
      });
}

void DirectExchange::OnTimeout() {
  if (cancelled()) return;
  timer_ = 0;
  const bool sent = connection != nullptr && connection->sent_any();
  if (connection != nullptr) {
    connection->Abandon();
  } else {
    client_->Forget(this);
  }
  End({absl::DeadlineExceededError(
           absl::StrCat(origin_, ": no whole answer within ",
                        absl::FormatDuration(request_.total_timeout))),
       sent});
}

void DirectExchange::End(const HttpFailure& failure) {
  if (cancelled()) return;
  // A pause holds back what the server says. A deadline is the client's own.
  if (paused_ && !absl::IsDeadlineExceeded(failure.status)) {
    held_back_ = failure;
    return;
  }
  executor_->Cancel(timer_);
  client_ = nullptr;
  std::exchange(handler_, nullptr)->OnDone(failure);
}

void DirectExchange::Detach() {
  handler_ = nullptr;
  client_ = nullptr;
  connection = nullptr;
}

void DirectExchange::Cancel() {
  handler_ = nullptr;
  if (client_ == nullptr) return;
  executor_->Cancel(timer_);
  if (connection != nullptr) {
    connection->Abandon();
  } else {
    client_->Forget(this);
  }
}

void DirectExchange::Pause() {
  paused_ = true;
  if (connection != nullptr) connection->Pause();
}

void DirectExchange::Resume() {
  if (!std::exchange(paused_, false) || client_ == nullptr) return;
  // Not within this call: handlers do not expect to be called by it.
  executor_->Post([weak = weak_from_this()] {
    if (auto self = weak.lock()) self->Continue();
  });
}

void DirectExchange::Continue() {
  if (cancelled() || paused_) return;
  if (held_back_.has_value()) {
    End(*held_back_);
  } else if (connection != nullptr) {
    connection->Resume();
  }
}

void DirectExchange::OnHead(int status, HttpHeaders headers) {
  if (!cancelled()) handler_->OnResponse(status, headers);
}

void DirectExchange::OnPiece(std::string_view piece) {
  if (!cancelled()) handler_->OnBody(piece);
}

}  // namespace sluice
