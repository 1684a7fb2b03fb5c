#include "pipeline/json/json_text.h"

#include <array>
#include <cstddef>
#include <cstring>

#include "simdjson.h"

namespace sluice {
namespace {

// True for the bytes that JSON wants escaped inside a string.
constexpr std::array<bool, 256> MakeEscapeTable() {
  std::array<bool, 256> table{};
  for (size_t c = 0; c < 0x20; ++c) table[c] = true;
  table['"'] = true;
  table['\\'] = true;
  return table;
}
constexpr std::array<bool, 256> kNeedsEscape = MakeEscapeTable();

constexpr uint64_t Repeat(unsigned char byte) {
  return 0x0101010101010101u * byte;
}

uint64_t Load8(const char* at) {
  uint64_t word;
  std::memcpy(&word, at, sizeof(word));
  return word;
}

// Top bits where a byte of `word` is zero; exact up to the first such byte.
constexpr uint64_t ZeroBytes(uint64_t word) {
  return (word - Repeat(0x01)) & ~word & Repeat(0x80);
}

// True when none of the eight bytes at `at` wants escaping.
bool AllPlain(const char* at) {
  const uint64_t word = Load8(at);
  const uint64_t control = (word - Repeat(0x20)) & ~word & Repeat(0x80);
  return (control | ZeroBytes(word ^ Repeat('"')) |
          ZeroBytes(word ^ Repeat('\\'))) == 0;
}

void AppendEscape(char c, std::string* out) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out->append("\\\"");
      return;
    case '\\':
      out->append("\\\\");
      return;
    case '\n':
      out->append("\\n");
      return;
    case '\r':
      out->append("\\r");
      return;
    case '\t':
      out->append("\\t");
      return;
    default:
      break;
  }
  const auto byte = static_cast<unsigned char>(c);
  const char escape[] = {'\\', 'u', '0', '0', kHex[byte >> 4], kHex[byte & 15]};
  out->append(escape, sizeof(escape));
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

// Drops leading digits; false when there are none.
bool SkipDigits(std::string_view* text) {
  size_t count = 0;
  while (count < text->size() && IsDigit((*text)[count])) ++count;
  text->remove_prefix(count);
  return count > 0;
}

// Bytes of the UTF-8 character that `text` begins with; 0: of none.
size_t Utf8CharacterSize(std::string_view text) {
  const auto lead = static_cast<unsigned char>(text[0]);
  const size_t size = lead < 0x80 ? 1 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
  return size <= text.size() && simdjson::validate_utf8(text.substr(0, size))
             ? size
             : 0;
}

}  // namespace

void AppendJsonEscaped(std::string_view text, std::string* out) {
  size_t done = 0;
  size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size()) {
      if (AllPlain(text.data() + i)) {
        i += 8;
        continue;
      }
    } else if (text.size() >= 8 && AllPlain(text.data() + text.size() - 8)) {
      // The last word begins within the one before.
      break;
    }
    if (kNeedsEscape[static_cast<unsigned char>(text[i])]) {
      out->append(text, done, i - done);
      AppendEscape(text[i], out);
      done = i + 1;
    }
    ++i;
  }
  out->append(text, done);
}

void AppendJsonString(std::string_view text, std::string* out) {
  out->push_back('"');
  AppendJsonEscaped(text, out);
  out->push_back('"');
}

bool HasLineBreak(std::string_view text) {
  // One search for each of them is a memchr(), together they are not.
  return text.find('\n') != std::string_view::npos ||
         text.find('\r') != std::string_view::npos;
}

bool IsJsonNumber(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  if (text.starts_with('0')) {
    text.remove_prefix(1);
  } else if (!SkipDigits(&text)) {
    return false;
  }
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (!SkipDigits(&text)) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (!SkipDigits(&text)) return false;
  }
  return text.empty();
}

bool IsUtf8(std::string_view text) {
  // Most texts are short and ASCII.
  size_t i = 0;
  while (i + 8 <= text.size() && (Load8(text.data() + i) & Repeat(0x80)) == 0) {
    i += 8;
  }
  while (i < text.size() && static_cast<unsigned char>(text[i]) < 0x80) ++i;
  return i == text.size() || simdjson::validate_utf8(text);
}

std::string ToUtf8(std::string_view text) {
  if (IsUtf8(text)) return std::string(text);
  std::string valid;
  while (!text.empty()) {
    const size_t size = Utf8CharacterSize(text);
    valid.append(size == 0 ? "\uFFFD" : text.substr(0, size));
    text.remove_prefix(size == 0 ? 1 : size);
  }
  return valid;
}

}  // namespace sluice
