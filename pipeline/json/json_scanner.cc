#include "pipeline/json/json_scanner.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "simdjson.h"
#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace sluice {
namespace {

constexpr size_t kMaxDepth = 64;
constexpr ptrdiff_t kMaxExponentDigits = 8;

constexpr size_t kBlockBytes = 16;
static_assert(JsonScanner::kPadding >= kBlockBytes);

// A bit for each byte of a block.
struct Block {
  uint32_t stops;  // What a string does not hold as it is.
  uint32_t beyond_ascii;
};

Block Look(const char* at) {
#if defined(__SSE2__)
  const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
  const __m128i controls =
      _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
  const __m128i quotes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslashes = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const __m128i stops =
      _mm_or_si128(_mm_or_si128(quotes, backslashes), controls);
  return {static_cast<uint32_t>(_mm_movemask_epi8(stops)),
          static_cast<uint32_t>(_mm_movemask_epi8(bytes))};
#else
  Block block = {0, 0};
  for (size_t i = 0; i < kBlockBytes; ++i) {
    const auto c = static_cast<unsigned char>(at[i]);
    block.stops |= uint32_t{c < 0x20 || c == '"' || c == '\\'} << i;
    block.beyond_ascii |= uint32_t{c >= 0x80} << i;
  }
  return block;
#endif
}

bool IsDigit(char c) { return c >= '0' && c <= '9'; }

bool IsHexDigit(char c) {
  const char letter = static_cast<char>(c | 0x20);
  return IsDigit(c) || (letter >= 'a' && letter <= 'f');
}

// Walks over a text and checks it. Its functions are given where something
// begins and give where it ends, or null: they cannot judge it. They look a few
// bytes beyond the end of the text, and who asked sees that a part ends there.
class Checker {
 public:
  explicit Checker(const char* end) : end_(end) {}

  const char* Space(const char* at) const {
    while (at < end_ &&
           (*at == ' ' || *at == '\t' || *at == '\n' || *at == '\r')) {
      ++at;
    }
    return at;
  }

  // Calls `note(name, value)` with each member, names without their quotes.
  template <typename Note>
  const char* Object(const char* at, size_t depth, Note note) {
    at = Space(at + 1);
    if (at < end_ && *at == '}') return at + 1;
    for (;;) {
      const char* const name = at + 1;
      if (at >= end_ || *at != '"' || (at = String(at)) == nullptr) break;
      const size_t name_size = static_cast<size_t>(at - name) - 1;
      at = Space(at);
      if (at >= end_ || *at != ':') break;
      const char* const value = Space(at + 1);
      if ((at = Value(value, depth)) == nullptr || at >= end_) break;
      note(std::string_view(name, name_size),
           std::string_view(value, static_cast<size_t>(at - value)));
      at = Space(at);
      if (*at == '}') return at + 1;
      if (*at != ',') break;
      at = Space(at + 1);
    }
    return nullptr;
  }

  bool saw_beyond_ascii() const { return beyond_ascii_ != 0; }
  bool saw_escape() const { return saw_escape_; }

 private:
  const char* Array(const char* at, size_t depth) {
    at = Space(at + 1);
    if (at < end_ && *at == ']') return at + 1;
    for (;;) {
      if ((at = Value(at, depth)) == nullptr || at >= end_) break;
      at = Space(at);
      if (*at == ']') return at + 1;
      if (*at != ',') break;
      at = Space(at + 1);
    }
    return nullptr;
  }

  // `depth`: of what it is inside of.
  const char* Value(const char* at, size_t depth) {
    if (at >= end_) return nullptr;
    switch (*at) {
      case '"':
        return String(at);
      case '{':
        if (depth == kMaxDepth) return nullptr;
        return Object(at, depth + 1, [](std::string_view, std::string_view) {});
      case '[':
        if (depth == kMaxDepth) return nullptr;
        return Array(at, depth + 1);
      case 't':
        return Word(at, "true");
      case 'f':
        return Word(at, "false");
      case 'n':
        return Word(at, "null");
      default:
        return Number(at);
    }
  }

  template <size_t n>
  static const char* Word(const char* at, const char (&word)[n]) {
    return std::memcmp(at, word, n - 1) == 0 ? at + n - 1 : nullptr;
  }

  const char* String(const char* at) {
    ++at;
    while (at < end_) {
      const Block block = Look(at);
      beyond_ascii_ |= block.beyond_ascii;
      if (block.stops == 0) {
        at += kBlockBytes;
        continue;
      }
      at += std::countr_zero(block.stops);
      if (*at == '"') return at + 1;
      if (at >= end_ || *at != '\\') break;
      saw_escape_ = true;
      if ((at = Escape(at)) == nullptr) break;
    }
    return nullptr;
  }

  static const char* Escape(const char* at) {
    switch (at[1]) {
      case '"':
      case '\\':
      case '/':
      case 'b':
      case 'f':
      case 'n':
      case 'r':
      case 't':
        return at + 2;
      case 'u':
        return UnicodeEscape(at);
      default:
        return nullptr;
    }
  }

  static const char* UnicodeEscape(const char* at) {
    for (int i = 2; i < 6; ++i) {
      if (!IsHexDigit(at[i])) return nullptr;
    }
    // D800 to DFFF are surrogates, which come in pairs.
    const bool may_be_surrogate = (at[2] | 0x20) == 'd';
    return may_be_surrogate ? nullptr : at + 6;
  }

  const char* Number(const char* at) const {
    if (*at == '-') ++at;
    if (*at == '0') {
      ++at;
    } else if ((at = Digits(at)) == nullptr) {
      return nullptr;
    }
    if (*at == '.' && (at = Digits(at + 1)) == nullptr) return nullptr;
    if (*at != 'e' && *at != 'E') return at;
    ++at;
    if (*at == '+' || *at == '-') ++at;
    const char* const exponent = at;
    at = Digits(at);
    return at != nullptr && at - exponent <= kMaxExponentDigits ? at : nullptr;
  }

  const char* Digits(const char* at) const {
    const char* const begin = at;
    while (at < end_ && IsDigit(*at)) ++at;
    return at == begin ? nullptr : at;
  }

  const char* const end_;
  uint32_t beyond_ascii_ = 0;
  bool saw_escape_ = false;
};

// A bit for each size of a name; the last stands for all larger ones.
uint64_t SizeBit(size_t size) {
  return uint64_t{1} << std::min<size_t>(size, 63);
}

}  // namespace

size_t JsonScanner::LookFor(std::string_view name) {
  members_.push_back({.name = std::string(name), .value = {}});
  name_sizes_ |= SizeBit(name.size());
  return members_.size() - 1;
}

bool JsonScanner::Scan(std::string_view text) {
  for (Member& member : members_) member.value = {};
  const char* const end = text.data() + text.size();
  Checker checker(end);
  const char* at = checker.Space(text.data());
  if (at == end || *at != '{') return false;
  bool has_escaped_name = false;
  at =
      checker.Object(at, 1, [&](std::string_view name, std::string_view value) {
        // A name with escapes may be any.
        has_escaped_name |=
            checker.saw_escape() && name.find('\\') != name.npos;
        if ((name_sizes_ & SizeBit(name.size())) != 0) Note(name, value);
      });
  if (at == nullptr || checker.Space(at) != end || has_escaped_name) {
    return false;
  }
  return !checker.saw_beyond_ascii() ||
         simdjson::validate_utf8(text.data(), text.size());
}

void JsonScanner::Note(std::string_view name, std::string_view value) {
  for (Member& member : members_) {
    if (member.name == name) member.value = value;
  }
}

std::optional<JsonView> JsonScanner::found(size_t index) const {
  const std::string_view value = members_[index].value;
  if (value.empty()) return std::nullopt;
  return JsonView::OfKnown(value);
}

}  // namespace sluice
