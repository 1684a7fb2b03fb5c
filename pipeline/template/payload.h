// The payload of one event as JSON. The only file that knows the JSON library's
// parser.
#ifndef PIPELINE_TEMPLATE_PAYLOAD_H_
#define PIPELINE_TEMPLATE_PAYLOAD_H_

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "pipeline/template/template.h"
#include "pipeline/template/value.h"
#include "simdjson.h"

namespace sluice {

// Reads members of a JSON text where it lies: structure is found once per
// event, values are read when asked for and not before. So only what is on the
// way to a value is checked; objects and arrays are checked whole when they are
// handed out.
//
// Thread-safety: none. Memory is kept for the next event.
struct TemplateInput::Json {
  using Value = template_internal::Value;

  // Forgets the payload.
  void Reset() { state_ = State::kUnparsed; }

  // The member of `data` that `steps` lead to: names in objects, positions from
  // 0 in arrays. Of a name that is there twice the first one. Missing also when
  // `data` is not JSON as far as it was read. `data` is the same until Reset().
  Value Find(std::string_view data, const std::vector<std::string>& steps);

  // Why the payload could not be read; empty: it could, or was not asked for.
  std::string_view error() const {
    return state_ == State::kBroken ? simdjson::error_message(error_)
                                    : std::string_view();
  }

  // True when `text` as a whole is one JSON value.
  bool IsValid(std::string_view text);

  // Room for what filters make; two, so that one can read from the other.
  std::string scratch[2];
  // Room for the text of a time.
  std::string moment;

 private:
  enum class State { kUnparsed, kReady, kBroken };

  Value Break(simdjson::error_code error);
  simdjson::error_code Parse(std::string_view data);
  simdjson::error_code Walk(const std::vector<std::string>& steps,
                            Value* found);
  simdjson::error_code ReadValue(simdjson::ondemand::value value, Value* found);
  simdjson::error_code ReadText(simdjson::ondemand::value value, Value* found);

  State state_ = State::kUnparsed;
  simdjson::error_code error_ = simdjson::SUCCESS;
  // The payload with the room behind it that the parser wants.
  std::string padded_;
  simdjson::ondemand::parser parser_;
  simdjson::ondemand::document document_;
  // For checking and for nothing else.
  simdjson::dom::parser checker_;
  // Texts that had escapes in them, in turns.
  std::string unescaped_[2];
  size_t next_unescaped_ = 0;
};

}  // namespace sluice

#endif  // PIPELINE_TEMPLATE_PAYLOAD_H_
