#include "plugins/inthing/text_limits.h"

#include "absl/strings/ascii.h"

namespace sluice::inthing {
namespace {

constexpr std::string_view kEllipsis = "…";

bool IsContinuation(char byte) {
  return (static_cast<unsigned char>(byte) & 0xc0) == 0x80;
}

}  // namespace

size_t CountCodePoints(std::string_view text) {
  size_t count = 0;
  for (const char byte : text) count += !IsContinuation(byte);
  return count;
}

bool Truncate(size_t max_code_points, std::string* text) {
  // No text has more code points than bytes.
  if (text->size() <= max_code_points) return false;
  size_t count = 0;
  // Where the code point begins that the ellipsis takes the place of.
  size_t last = 0;
  for (size_t i = 0; i < text->size(); ++i) {
    if (IsContinuation((*text)[i])) continue;
    ++count;
    if (count == max_code_points) last = i;
    if (count > max_code_points) {
      text->resize(last);
      text->append(kEllipsis);
      return true;
    }
  }
  return false;
}

std::string OneLine(std::string_view text) {
  std::string line;
  line.reserve(text.size());
  for (const char c : text) {
    if (!absl::ascii_isspace(c)) {
      line.push_back(c);
    } else if (!line.empty() && line.back() != ' ') {
      line.push_back(' ');
    }
  }
  if (!line.empty() && line.back() == ' ') line.pop_back();
  return line;
}

std::string EscapeMarkdown(std::string_view text) {
  std::string escaped;
  escaped.reserve(text.size() + 8);
  for (const char c : text) {
    if (std::string_view("\\`*_{}[]()#+-.!<>|~&").find(c) !=
        std::string_view::npos) {
      escaped.push_back('\\');
    }
    escaped.push_back(c);
  }
  return escaped;
}

std::string Hashtag(std::string_view text) {
  std::string tag = "#";
  bool says_something = false;
  for (const char c : text) {
    const bool is_word =
        absl::ascii_isalnum(c) || static_cast<unsigned char>(c) >= 0x80;
    says_something |= is_word;
    tag.push_back(is_word ? c : '_');
  }
  return says_something ? tag : "";
}

}  // namespace sluice::inthing
