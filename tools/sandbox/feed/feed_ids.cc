#include "tools/sandbox/feed/feed_ids.h"

#include <bit>
#include <chrono>
#include <cstdlib>

namespace sluice::sandbox {
namespace {

constexpr uint64_t kGregorianOffset = 122192928000000000;  // 1582 to 1970
constexpr uint64_t kClockSequence = 0x8080;
constexpr int64_t kMicrosPerSecond = 1'000'000;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

uint32_t Scramble(uint32_t block) {
  return std::rotl(block * 0xcc9e2d51u, 15) * 0x1b873593u;
}

// Reads fixed-width pieces of a text; fails for good at the first wrong one.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : rest_(text) {}

  int64_t Digits(size_t count) {
    int64_t number = 0;
    for (size_t i = 0; i < count; ++i) number = number * 10 + Digit();
    return number;
  }
  bool Skip(char c) {
    if (!rest_.starts_with(c)) return false;
    rest_.remove_prefix(1);
    return true;
  }
  void Need(char c) { ok_ = Skip(c) && ok_; }
  bool AtDigit() const {
    return !rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9';
  }
  bool done() const { return ok_ && rest_.empty(); }
  void Fail() { ok_ = false; }

 private:
  int64_t Digit() {
    if (!AtDigit()) {
      ok_ = false;
      return 0;
    }
    const int64_t digit = rest_[0] - '0';
    rest_.remove_prefix(1);
    return digit;
  }

  std::string_view rest_;
  bool ok_ = true;
};

int64_t ScanMicros(Scanner& scanner) {
  if (!scanner.Skip('.')) return 0;
  int64_t micros = 0;
  int digits = 0;
  for (; scanner.AtDigit(); ++digits) {
    const int64_t digit = scanner.Digits(1);
    if (digits < 6) micros = micros * 10 + digit;
  }
  if (digits == 0 || digits > 9) scanner.Fail();
  for (; digits < 6; ++digits) micros *= 10;
  return micros;
}

// The last `width` digits of a number, from text[at] on.
void WriteDigits(int64_t number, size_t at, size_t width, char* text) {
  for (size_t i = at + width; i > at; --i, number /= 10) {
    text[i - 1] = static_cast<char>('0' + number % 10);
  }
}

// Seconds east of UTC.
int64_t ScanZone(Scanner& scanner) {
  if (scanner.Skip('Z') || scanner.Skip('z')) return 0;
  int64_t sign = 0;
  if (scanner.Skip('+')) sign = 1;
  if (sign == 0 && scanner.Skip('-')) sign = -1;
  if (sign == 0) return 0;
  const int64_t hours = scanner.Digits(2);
  scanner.Skip(':');
  const int64_t minutes = scanner.Digits(2);
  if (hours > 14 || minutes > 59) scanner.Fail();
  return sign * (hours * 3600 + minutes * 60);
}

}  // namespace

int64_t ActivityId::UnixMicros() const {
  return (static_cast<int64_t>(time) - static_cast<int64_t>(kGregorianOffset)) /
         10;
}

std::string ActivityId::ToText() const {
  std::string text;
  AppendText(&text);
  return text;
}

void ActivityId::AppendText(std::string* out) const {
  // time_low - time_mid - version and time_high - clock sequence - node
  const uint64_t high =
      time << 32 | (time >> 16 & 0xffff0000) | 0x1000 | (time >> 48 & 0xfff);
  constexpr char kHex[] = "0123456789abcdef";
  char text[36];
  size_t at = 0;
  for (int byte = 0; byte < 16; ++byte) {
    if (byte == 4 || byte == 6 || byte == 8 || byte == 10) text[at++] = '-';
    const uint64_t bits = (byte < 8 ? high : low) >> (56 - byte % 8 * 8);
    text[at++] = kHex[bits >> 4 & 15];
    text[at++] = kHex[bits & 15];
  }
  out->append(text, at);
}

std::optional<ActivityId> ActivityId::Parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  uint64_t halves[2] = {0, 0};
  size_t digits = 0;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 8 || i == 13 || i == 18 || i == 23) {
      if (text[i] != '-') return std::nullopt;
      continue;
    }
    const int digit = HexDigit(text[i]);
    if (digit < 0) return std::nullopt;
    uint64_t& half = halves[digits++ / 16];
    half = half << 4 | static_cast<uint64_t>(digit);
  }
  const uint64_t high = halves[0];
  if ((high >> 12 & 0xf) != 1) return std::nullopt;
  return ActivityId{
      (high & 0xfff) << 48 | (high >> 16 & 0xffff) << 32 | high >> 32,
      halves[1]};
}

uint32_t ForeignIdHash(std::string_view foreign_id) {
  const auto byte = [&](size_t i) {
    return static_cast<uint32_t>(static_cast<unsigned char>(foreign_id[i]));
  };
  uint32_t hash = 0;
  size_t at = 0;
  for (; at + 4 <= foreign_id.size(); at += 4) {
    const uint32_t block =
        byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | byte(at + 3) << 24;
    hash = std::rotl(hash ^ Scramble(block), 13) * 5 + 0xe6546b64u;
  }
  uint32_t tail = 0;
  for (size_t i = foreign_id.size(); i > at; --i)
    tail = tail << 8 | byte(i - 1);
  hash ^= Scramble(tail);
  hash ^= static_cast<uint32_t>(foreign_id.size());
  hash = (hash ^ hash >> 16) * 0x85ebca6bu;
  hash = (hash ^ hash >> 13) * 0xc2b2ae35u;
  return hash ^ hash >> 16;
}

ActivityId MakeActivityId(std::string_view foreign_id, int64_t unix_micros) {
  const auto hash = static_cast<int32_t>(ForeignIdHash(foreign_id));
  const uint64_t node = uint64_t{0x8000'0000'0000} |
                        (hash > 0 ? uint64_t{0x1'0000'0000} : 0) |
                        static_cast<uint64_t>(std::llabs(hash));
  const uint64_t time =
      static_cast<uint64_t>(unix_micros) * 10 + kGregorianOffset;
  return {time & 0x0fff'ffff'ffff'ffff, kClockSequence << 48 | node};
}

std::optional<int64_t> ParseActivityTime(std::string_view text) {
  namespace chrono = std::chrono;
  Scanner scanner(text);
  const auto year = static_cast<int>(scanner.Digits(4));
  scanner.Need('-');
  const auto month = static_cast<unsigned>(scanner.Digits(2));
  scanner.Need('-');
  const auto day = static_cast<unsigned>(scanner.Digits(2));
  if (!scanner.Skip(' ')) scanner.Need('T');
  const int64_t hour = scanner.Digits(2);
  scanner.Need(':');
  const int64_t minute = scanner.Digits(2);
  scanner.Need(':');
  const int64_t second = scanner.Digits(2);
  const int64_t micros = ScanMicros(scanner);
  const int64_t zone = ScanZone(scanner);
  const chrono::year_month_day date{chrono::year(year), chrono::month(month),
                                    chrono::day(day)};
  if (!scanner.done() || !date.ok() || hour > 23 || minute > 59 ||
      second > 60) {
    return std::nullopt;
  }
  const int64_t days = chrono::sys_days(date).time_since_epoch().count();
  return ((days * 24 + hour) * 3600 + minute * 60 + second - zone) *
             kMicrosPerSecond +
         micros;
}

std::string FormatActivityTime(int64_t unix_micros) {
  std::string text;
  AppendActivityTime(unix_micros, &text);
  return text;
}

void AppendActivityTime(int64_t unix_micros, std::string* out) {
  namespace chrono = std::chrono;
  const chrono::sys_time<chrono::microseconds> time{
      chrono::microseconds(unix_micros)};
  const auto midnight = chrono::floor<chrono::days>(time);
  const chrono::year_month_day date(midnight);
  const int64_t micros = (time - midnight).count();
  const int64_t seconds = micros / kMicrosPerSecond;
  char text[] = "0000-00-00T00:00:00.000000";
  WriteDigits(static_cast<int>(date.year()), 0, 4, text);
  WriteDigits(static_cast<unsigned>(date.month()), 5, 2, text);
  WriteDigits(static_cast<unsigned>(date.day()), 8, 2, text);
  WriteDigits(seconds / 3600, 11, 2, text);
  WriteDigits(seconds / 60 % 60, 14, 2, text);
  WriteDigits(seconds % 60, 17, 2, text);
  WriteDigits(micros % kMicrosPerSecond, 20, 6, text);
  out->append(text, sizeof(text) - 1);
}

}  // namespace sluice::sandbox
