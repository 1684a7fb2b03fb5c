#include "pipeline/http/http_exchange.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "glog/logging.h"

namespace sluice {
namespace {

// Bodies up to this size are copied behind their head: one piece to send.
constexpr size_t kSmallBody = 16 << 10;

bool AsksToClose(const HttpHeaders& headers) {
  const auto value = FindHeader(headers, "Connection");
  return value && absl::EqualsIgnoreCase(
                      absl::string_view(value->data(), value->size()), "close");
}

}  // namespace

HttpExchange::HttpExchange(std::shared_ptr<HttpConnection> connection,
                           uint64_t number,
                           std::shared_ptr<HttpExchangeState> state,
                           Traits traits)
    : connection_(std::move(connection)),
      number_(number),
      state_(std::move(state)),
      traits_(traits) {}

HttpExchange::~HttpExchange() {
  if (stage_ == Stage::kUnanswered || stage_ == Stage::kStreaming) {
    Abort(/*reset=*/false);
  } else if (stage_ == Stage::kRaw) {
    keep_alive_ = true;
    Output("", "", /*last=*/true);
  }
}

void HttpExchange::Send(HttpResponse response) {
  if (stage_ == Stage::kDone) return;
  CHECK(stage_ == Stage::kUnanswered) << "Send() after another answer";
  stage_ = Stage::kDone;
  framing_.length = response.body.size();
  ChooseFraming(response.status, response.headers, /*streamed=*/false);
  std::string head = Head(response.status, response.headers);
  if (traits_.head || framing_.kind == HttpFraming::Kind::kNoBody) {
    response.body.clear();
  }
  if (response.body.size() <= kSmallBody) {
    head.append(response.body);
    response.body.clear();
  }
  Output(std::move(head), std::move(response.body), /*last=*/true);
}

void HttpExchange::Begin(int status, HttpHeaders headers) {
  if (stage_ == Stage::kDone) return;
  CHECK(stage_ == Stage::kUnanswered) << "Begin() after another answer";
  stage_ = Stage::kStreaming;
  ChooseFraming(status, headers, /*streamed=*/true);
  unsent_ = framing_.length;
  Output(Head(status, headers), "", /*last=*/false);
}

void HttpExchange::Write(std::string bytes) {
  if (stage_ == Stage::kDone || stage_ == Stage::kRaw) return;
  CHECK(stage_ == Stage::kStreaming) << "Write() before Begin()";
  if (bytes.empty() || traits_.head) return;
  switch (framing_.kind) {
    case HttpFraming::Kind::kNoBody:
      return;
    case HttpFraming::Kind::kLength:
      if (bytes.size() > unsent_) bytes.resize(unsent_);
      unsent_ -= bytes.size();
      break;
    case HttpFraming::Kind::kChunked:
      bytes = FormatChunk(bytes);
      break;
    case HttpFraming::Kind::kUntilClose:
      break;
  }
  Output(std::move(bytes), "", /*last=*/false);
}

void HttpExchange::End() {
  if (stage_ == Stage::kDone || stage_ == Stage::kRaw) return;
  CHECK(stage_ == Stage::kStreaming) << "End() before Begin()";
  stage_ = Stage::kDone;
  std::string last;
  if (!traits_.head) {
    if (framing_.kind == HttpFraming::Kind::kChunked) last = kLastChunk;
    if (unsent_ > 0) keep_alive_ = false;
  }
  Output(std::move(last), "", /*last=*/true);
}

void HttpExchange::Abort(bool reset) {
  stage_ = Stage::kDone;
  connection_->host().executor.Dispatch(
      [connection = connection_, number = number_, reset] {
        connection->Abort(number, reset);
      });
}

void HttpExchange::SendRaw(std::string bytes) {
  if (stage_ == Stage::kDone) return;
  stage_ = Stage::kRaw;
  Output(std::move(bytes), "", /*last=*/false);
}

void HttpExchange::ChooseFraming(int status, const HttpHeaders& headers,
                                 bool streamed) {
  keep_alive_ = traits_.keep_alive && !AsksToClose(headers);
  framing_.kind = HttpFraming::Kind::kLength;
  const auto length = FindHeader(headers, "Content-Length");
  uint64_t given = 0;
  const bool has_length =
      length && absl::SimpleAtoi(
                    absl::string_view(length->data(), length->size()), &given);
  if (StatusForbidsBody(status)) {
    framing_ = {HttpFraming::Kind::kNoBody, 0};
  } else if (!streamed) {
    // HEAD tells the length that GET would have.
    if (traits_.head && framing_.length == 0 && has_length) {
      framing_.length = given;
    }
  } else if (has_length) {
    framing_.length = given;
  } else if (traits_.http_1_1) {
    framing_ = {HttpFraming::Kind::kChunked, 0};
  } else {
    framing_ = {HttpFraming::Kind::kUntilClose, 0};
    keep_alive_ = false;
  }
}

std::string HttpExchange::Head(int status, const HttpHeaders& headers) const {
  const absl::Time now = connection_->host().executor.Now();
  if (keep_alive_ && !traits_.http_1_1) {
    // HTTP/1.0 closes unless told otherwise.
    HttpHeaders with_keep_alive = headers;
    with_keep_alive.emplace_back("Connection", "keep-alive");
    return FormatHead(status, with_keep_alive, framing_, /*close=*/false, now);
  }
  const bool say_close = !keep_alive_ && !AsksToClose(headers);
  return FormatHead(status, headers, framing_, say_close, now);
}

void HttpExchange::Output(std::string head, std::string body, bool last) {
  state_->pending_bytes += head.size() + body.size();
  connection_->host().executor.Dispatch(
      [connection = connection_, number = number_, keep_alive = keep_alive_,
       head = std::move(head), body = std::move(body), last]() mutable {
        if (!head.empty()) {
          connection->Write(number, std::move(head), std::move(body));
        }
        if (last) connection->Finish(number, keep_alive);
      });
}

}  // namespace sluice
