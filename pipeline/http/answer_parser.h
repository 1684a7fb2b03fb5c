// An HTTP/1.1 answer as it arrives.
#ifndef PIPELINE_HTTP_ANSWER_PARSER_H_
#define PIPELINE_HTTP_ANSWER_PARSER_H_

#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "pipeline/http/http_client.h"

namespace sluice {

// Parses the answer to one request that has a body (so not to HEAD or CONNECT).
// Interim answers (1xx) are skipped.
//
// Thread-safety: none.
class AnswerParser {
 public:
  // Who takes what was parsed; called inside Put() and PutEnd().
  class Receiver {
   public:
    virtual ~Receiver() = default;
    virtual void OnHead(int status, HttpHeaders headers) = 0;
    // A piece of the body, borrowed for the call.
    virtual void OnPiece(std::string_view piece) = 0;
    // True: take nothing more for now; Put() ends then.
    virtual bool wants_pause() const = 0;
  };

  // `receiver` outlives the parser.
  explicit AnswerParser(Receiver* receiver);
  ~AnswerParser();

  // Parses what was read and what was left of it before. Stops behind the
  // answer's last byte, and when the receiver wants a pause; Put("") goes on.
  //   kInvalidArgument: this is not HTTP, or its head is too large.
  absl::Status Put(std::string_view bytes);
  // The connection has ended. OK: that was the end of the answer.
  //   kInvalidArgument: half an answer, or none.
  absl::Status PutEnd();

  // True once a byte of an answer has come, an interim one included.
  bool begun() const { return begun_; }
  // True once the whole answer is parsed.
  bool done() const;
  // Of a whole answer: the connection may carry the next one. Not if bytes came
  // that nobody has asked for.
  bool keeps_connection() const;

 private:
  class Message;  // Keeps Boost.Beast out of this header.

  Receiver* const receiver_;
  std::unique_ptr<Message> message_;
  // Read and not parsed.
  std::string unparsed_;
  bool begun_ = false;
};

}  // namespace sluice

#endif  // PIPELINE_HTTP_ANSWER_PARSER_H_
