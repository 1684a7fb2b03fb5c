#include "pipeline/template/scanner.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "pipeline/json/json_text.h"

namespace sluice::template_internal {
namespace {

// Bytes of a UTF-8 sequence after its first one.
bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xC0) == 0x80;
}

bool IsNameCharacter(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         c == '-' || c == '$' || c == '@' ||
         static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

void Scanner::SkipSpaces() {
  while (!at_end() &&
         absl::ascii_isspace(static_cast<unsigned char>(text_[offset_]))) {
    ++offset_;
  }
}

bool Scanner::Consume(std::string_view token) {
  if (!rest().starts_with(token)) return false;
  offset_ += token.size();
  return true;
}

std::string_view Scanner::Name() {
  const size_t begin = offset_;
  while (!at_end() && IsNameCharacter(text_[offset_])) ++offset_;
  return text_.substr(begin, offset_ - begin);
}

absl::StatusOr<std::string> Scanner::Quoted() {
  const size_t begin = offset_;
  const char quote = text_[offset_++];
  std::string value;
  while (!at_end() && text_[offset_] != quote) {
    char c = text_[offset_++];
    if (c == '\\') {
      constexpr std::string_view kEscapes = "'\"\\nt";
      constexpr std::string_view kMeanings = "'\"\\\n\t";
      const size_t which = at_end() ? kEscapes.npos : kEscapes.find(peek());
      if (which == kEscapes.npos) {
        return ErrorAt(offset_ - 1,
                       "unknown escape; \\' \\\" \\\\ \\n \\t are allowed");
      }
      c = kMeanings[which];
      ++offset_;
    }
    value.push_back(c);
  }
  if (at_end()) {
    return ErrorAt(begin, absl::StrCat("text without its closing ",
                                       std::string(1, quote)));
  }
  ++offset_;
  return value;
}

absl::StatusOr<std::string_view> Scanner::Number() {
  const size_t begin = offset_;
  while (!at_end() &&
         (absl::ascii_isalnum(static_cast<unsigned char>(peek())) ||
          peek() == '.' || peek() == '+' || peek() == '-')) {
    ++offset_;
  }
  const std::string_view number = text_.substr(begin, offset_ - begin);
  if (!IsJsonNumber(number)) {
    return ErrorAt(
        begin,
        absl::StrCat("\"", absl::string_view(number.data(), number.size()),
                     "\" is no number; write it as in JSON, e.g. "
                     "25, -0.5 or 1e3"));
  }
  return number;
}

absl::Status Scanner::ErrorAt(size_t offset, std::string_view message) const {
  const std::string_view before = text_.substr(0, offset);
  const auto column =
      1 + std::count_if(before.begin(), before.end(),
                        [](char c) { return !IsContinuation(c); });
  return absl::InvalidArgumentError(
      absl::StrCat("column ", column, ": ",
                   absl::string_view(message.data(), message.size())));
}

std::string Scanner::Found() const {
  if (at_end()) return "the end";
  size_t size = 1;
  while (size < rest().size() && IsContinuation(rest()[size])) ++size;
  return absl::StrCat("\"", absl::string_view(rest().data(), size), "\"");
}

}  // namespace sluice::template_internal
