#include "pipeline/template/json_text.h"

#include <array>
#include <cstddef>
#include <cstring>

#include "simdjson.h"

namespace sluice {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kSecondsPerDay = 86'400;

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

// Year, month and day of a day counted from 1970-01-01, in the proleptic
// Gregorian calendar. http://howardhinnant.github.io/date_algorithms.html,
// civil_from_days.
struct Date {
  int64_t year;
  unsigned month;
  unsigned day;
};
Date DateOfDay(int64_t days) {
  days += 719'468;
  const int64_t era = (days >= 0 ? days : days - 146'096) / 146'097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146'097);
  const unsigned year_of_era = (day_of_era - day_of_era / 1460 +
                                day_of_era / 36'524 - day_of_era / 146'096) /
                               365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned shifted_month = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
  const unsigned month =
      shifted_month < 10 ? shifted_month + 3 : shifted_month - 9;
  return {static_cast<int64_t>(year_of_era) + era * 400 + (month <= 2), month,
          day};
}

// Writes `value` with `width` digits and returns what follows.
char* PutDigits(uint32_t value, int width, char* at) {
  for (int i = width - 1; i >= 0; --i, value /= 10) {
    at[i] = static_cast<char>('0' + value % 10);
  }
  return at + width;
}

// Writes date and time up to the seconds, 19 characters, and gives the
// nanoseconds that are left. 64-bit nanoseconds span the years 1677 to 2262, so
// four digits do.
char* PutSeconds(int64_t unix_nanos, char* at, uint32_t* nanos) {
  int64_t seconds = unix_nanos / kNanosPerSecond;
  int64_t rest = unix_nanos % kNanosPerSecond;
  if (rest < 0) {
    rest += kNanosPerSecond;
    --seconds;
  }
  int64_t days = seconds / kSecondsPerDay;
  int64_t second_of_day = seconds % kSecondsPerDay;
  if (second_of_day < 0) {
    second_of_day += kSecondsPerDay;
    --days;
  }
  const Date date = DateOfDay(days);
  at = PutDigits(static_cast<uint32_t>(date.year), 4, at);
  *at++ = '-';
  at = PutDigits(date.month, 2, at);
  *at++ = '-';
  at = PutDigits(date.day, 2, at);
  *at++ = 'T';
  at = PutDigits(static_cast<uint32_t>(second_of_day / 3600), 2, at);
  *at++ = ':';
  at = PutDigits(static_cast<uint32_t>(second_of_day / 60 % 60), 2, at);
  *at++ = ':';
  at = PutDigits(static_cast<uint32_t>(second_of_day % 60), 2, at);
  *nanos = static_cast<uint32_t>(rest);
  return at;
}

}  // namespace

void AppendJsonEscaped(std::string_view text, std::string* out) {
  size_t done = 0;
  size_t i = 0;
  while (i < text.size()) {
    if (i + 8 <= text.size() && AllPlain(text.data() + i)) {
      i += 8;
      continue;
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

void AppendRfc3339(int64_t unix_nanos, std::string* out) {
  char buffer[40];
  uint32_t nanos = 0;
  char* at = PutSeconds(unix_nanos, buffer, &nanos);
  if (nanos != 0) {
    *at++ = '.';
    if (nanos % 1'000'000 == 0) {
      at = PutDigits(nanos / 1'000'000, 3, at);
    } else if (nanos % 1'000 == 0) {
      at = PutDigits(nanos / 1'000, 6, at);
    } else {
      at = PutDigits(nanos, 9, at);
    }
  }
  *at++ = 'Z';
  out->append(buffer, static_cast<size_t>(at - buffer));
}

void AppendMicroseconds(int64_t unix_nanos, std::string* out) {
  char buffer[40];
  uint32_t nanos = 0;
  char* at = PutSeconds(unix_nanos, buffer, &nanos);
  *at++ = '.';
  at = PutDigits(nanos / 1'000, 6, at);
  out->append(buffer, static_cast<size_t>(at - buffer));
}

}  // namespace sluice
