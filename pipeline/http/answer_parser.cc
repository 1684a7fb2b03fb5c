#include "pipeline/http/answer_parser.h"

#include <cstdint>
#include <limits>
#include <utility>

#include "boost/asio/buffer.hpp"
#include "boost/beast/core/error.hpp"
#include "boost/beast/http/basic_parser.hpp"
#include "boost/beast/http/error.hpp"

namespace sluice {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;

constexpr uint32_t kMaxHeadBytes = 128 << 10;

}  // namespace

class AnswerParser::Message final : public http::basic_parser<false> {
 public:
  explicit Message(Receiver* receiver) : receiver_(receiver) {
    eager(true);
    header_limit(kMaxHeadBytes);
    body_limit(boost::none);
  }

  bool interim() const { return status_ / 100 == 1 && status_ != 101; }

 private:
  using View = boost::beast::string_view;
  static std::string_view From(View text) { return {text.data(), text.size()}; }

  void on_request_impl(http::verb, View, View, int, error_code&) override {}
  void on_response_impl(int status, View, int, error_code&) override {
    status_ = status;
  }
  void on_field_impl(http::field, View name, View value, error_code&) override {
    // Trailers are of no interest.
    if (!head_ended_) headers_.emplace_back(From(name), From(value));
  }
  void on_header_impl(error_code&) override {
    head_ended_ = true;
    if (!interim()) receiver_->OnHead(status_, std::move(headers_));
  }
  void on_body_init_impl(const boost::optional<uint64_t>&,
                         error_code&) override {}
  size_t on_body_impl(View piece, error_code& error) override {
    return Take(piece, error);
  }
  void on_chunk_header_impl(uint64_t, View, error_code&) override {}
  size_t on_chunk_body_impl(uint64_t, View piece, error_code& error) override {
    return Take(piece, error);
  }
  void on_finish_impl(error_code&) override {}

  size_t Take(View piece, error_code& error) {
    if (receiver_->wants_pause()) {
      error = http::error::need_buffer;
      return 0;
    }
    receiver_->OnPiece(From(piece));
    return piece.size();
  }

  Receiver* const receiver_;
  int status_ = 0;
  bool head_ended_ = false;
  HttpHeaders headers_;
};

AnswerParser::AnswerParser(Receiver* receiver)
    : receiver_(receiver), message_(std::make_unique<Message>(receiver)) {}

AnswerParser::~AnswerParser() = default;

absl::Status AnswerParser::Put(std::string_view bytes) {
  begun_ = begun_ || !bytes.empty();
  // Whole answers come in one piece nearly always, and need no copy.
  if (!unparsed_.empty()) bytes = unparsed_.append(bytes);
  while (!bytes.empty() && !done()) {
    error_code error;
    const size_t used =
        message_->put(boost::asio::buffer(bytes.data(), bytes.size()), error);
    bytes.remove_prefix(used);
    if (message_->is_done() && message_->interim()) {
      message_ = std::make_unique<Message>(receiver_);
      continue;
    }
    if (error == http::error::need_more || error == http::error::need_buffer) {
      break;
    }
    if (error) return absl::InvalidArgumentError(error.message());
  }
  // `bytes` may be a part of unparsed_.
  unparsed_ = std::string(bytes);
  return absl::OkStatus();
}

absl::Status AnswerParser::PutEnd() {
  if (done()) return absl::OkStatus();
  if (!message_->got_some()) return absl::InvalidArgumentError("no answer");
  error_code error;
  message_->put_eof(error);
  if (!error && done()) return absl::OkStatus();
  return absl::InvalidArgumentError(error ? error.message()
                                          : "the answer is cut off");
}

bool AnswerParser::done() const {
  return message_->is_done() && !message_->interim();
}

bool AnswerParser::keeps_connection() const {
  return done() && message_->keep_alive() && unparsed_.empty();
}

}  // namespace sluice
