// Reading the small language of templates and conditions, character by
// character, with errors that point at a column.
#ifndef PIPELINE_TEMPLATE_SCANNER_H_
#define PIPELINE_TEMPLATE_SCANNER_H_

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::template_internal {

// A position in a text. The text outlives the scanner.
//
// Thread-safety: none.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  size_t offset() const { return offset_; }
  void set_offset(size_t offset) { offset_ = offset; }
  bool at_end() const { return offset_ == text_.size(); }
  // The next character; '\0' at the end.
  char peek() const { return at_end() ? '\0' : text_[offset_]; }
  std::string_view rest() const { return text_.substr(offset_); }

  void SkipSpaces();
  // Steps over `token` if it is next.
  bool Consume(std::string_view token);

  // A name: letters, digits, "_", "-", "$", "@" and everything beyond ASCII.
  // Empty when there is none.
  std::string_view Name();
  // A text in single or double quotes; \' \" \\ \n \t stand for what they stand
  // for elsewhere. REQUIRES: a quote is next.
  absl::StatusOr<std::string> Quoted();
  // A number as JSON writes it. REQUIRES: "-" or a digit is next.
  absl::StatusOr<std::string_view> Number();

  // "column N: message", with N counted in characters from 1.
  absl::Status ErrorAt(size_t offset, std::string_view message) const;
  absl::Status Error(std::string_view message) const {
    return ErrorAt(offset_, message);
  }
  // The next character in quotes, or "the end", for messages.
  std::string Found() const;

 private:
  std::string_view text_;
  size_t offset_ = 0;
};

}  // namespace sluice::template_internal

#endif  // PIPELINE_TEMPLATE_SCANNER_H_
