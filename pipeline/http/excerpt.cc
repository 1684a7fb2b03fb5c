#include "pipeline/http/excerpt.h"

#include "pipeline/json/json_text.h"

namespace sluice {
namespace {

bool IsSpace(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0) == 0x80;
}

// The first `limit` bytes, without the beginning of a character that does not
// fit.
std::string_view Cut(std::string_view text, size_t limit) {
  if (text.size() <= limit) return text;
  // A character has at most three continuation bytes; more is no UTF-8.
  constexpr size_t kMaxBack = 3;
  size_t end = limit;
  while (end > 0 && limit - end < kMaxBack && IsContinuation(text[end])) --end;
  return text.substr(0, IsContinuation(text[end]) ? limit : end);
}

// Bytes of the control character that `text`, which is UTF-8, begins with; 0:
// of none. Those from U+0080 to U+009F have two.
size_t ControlSize(std::string_view text) {
  const auto c = static_cast<unsigned char>(text[0]);
  if (c < 0x20 || c == 0x7f) return 1;
  return c == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0 ? 2 : 0;
}

}  // namespace

std::string Excerpt(std::string_view text, size_t limit) {
  const std::string valid = ToUtf8(Cut(text, limit));
  std::string excerpt;
  excerpt.reserve(valid.size() + 3);
  for (std::string_view rest = valid; !rest.empty();) {
    if (IsSpace(rest[0])) {
      if (!excerpt.empty() && excerpt.back() != ' ') excerpt += ' ';
      rest.remove_prefix(1);
      continue;
    }
    const size_t control = ControlSize(rest);
    excerpt += control == 0 ? rest[0] : '.';
    rest.remove_prefix(control == 0 ? 1 : control);
  }
  if (excerpt.ends_with(' ')) excerpt.pop_back();
  if (text.size() > limit) excerpt += "...";
  return excerpt;
}

}  // namespace sluice
