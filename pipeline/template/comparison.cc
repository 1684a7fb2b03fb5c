#include "pipeline/template/comparison.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "absl/time/time.h"
#include "pipeline/json/json_text.h"

namespace sluice::template_internal {
namespace {

template <typename Number>
std::optional<Number> Read(std::string_view text) {
  Number number{};
  const auto [end, error] =
      std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

std::partial_ordering CompareNumbers(std::string_view left,
                                     std::string_view right) {
  // Whole numbers stay exact; doubles are not beyond 2^53.
  const std::optional<int64_t> whole_left = Read<int64_t>(left);
  const std::optional<int64_t> whole_right = Read<int64_t>(right);
  if (whole_left.has_value() && whole_right.has_value()) {
    return *whole_left <=> *whole_right;
  }
  const std::optional<double> real_left = Read<double>(left);
  const std::optional<double> real_right = Read<double>(right);
  if (!real_left.has_value() || !real_right.has_value()) {
    return std::partial_ordering::unordered;
  }
  return *real_left <=> *real_right;
}

std::optional<int64_t> MomentOf(const Value& value) {
  if (value.kind == Value::Kind::kTime) return value.unix_nanos;
  absl::Time time;
  std::string error;
  if (!absl::ParseTime(absl::RFC3339_full,
                       absl::string_view(value.text.data(), value.text.size()),
                       &time, &error)) {
    return std::nullopt;
  }
  return absl::ToUnixNanos(time);
}

bool Comparable(const Value& value) {
  return !value.absent() && value.kind != Value::Kind::kJson;
}

// Bytes of the UTF-8 character that begins `text`.
size_t CharacterSize(std::string_view text) {
  size_t size = 1;
  while (size < text.size() &&
         (static_cast<unsigned char>(text[size]) & 0xC0) == 0x80) {
    ++size;
  }
  return size;
}

}  // namespace

std::partial_ordering Compare(const Value& left, const Value& right) {
  if (!Comparable(left) || !Comparable(right)) {
    return std::partial_ordering::unordered;
  }
  if (left.kind == Value::Kind::kTime || right.kind == Value::Kind::kTime) {
    const std::optional<int64_t> left_time = MomentOf(left);
    const std::optional<int64_t> right_time = MomentOf(right);
    if (!left_time.has_value() || !right_time.has_value()) {
      return std::partial_ordering::unordered;
    }
    return *left_time <=> *right_time;
  }
  const bool left_number = left.kind == Value::Kind::kNumber;
  const bool right_number = right.kind == Value::Kind::kNumber;
  if ((left_number || right_number) &&
      (left_number || IsJsonNumber(left.text)) &&
      (right_number || IsJsonNumber(right.text))) {
    return CompareNumbers(left.text, right.text);
  }
  return left.text.compare(right.text) <=> 0;
}

bool GlobMatches(std::string_view pattern, std::string_view text) {
  size_t p = 0;
  size_t t = 0;
  // Where to go on when the text after the last "*" does not fit.
  size_t star = std::string_view::npos;
  size_t star_text = 0;
  while (t < text.size() || p < pattern.size()) {
    if (p < pattern.size() && pattern[p] == '*') {
      star = ++p;
      star_text = t;
      continue;
    }
    if (p < pattern.size() && t < text.size()) {
      if (pattern[p] == '?') {
        ++p;
        t += CharacterSize(text.substr(t));
        continue;
      }
      const size_t at =
          pattern[p] == '\\' && p + 1 < pattern.size() ? p + 1 : p;
      if (pattern[at] == text[t]) {
        p = at + 1;
        ++t;
        continue;
      }
    }
    if (star == std::string_view::npos || star_text >= text.size()) {
      return false;
    }
    star_text += CharacterSize(text.substr(star_text));
    p = star;
    t = star_text;
  }
  return true;
}

}  // namespace sluice::template_internal
