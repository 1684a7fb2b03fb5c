#include "storage/base/rfc3339.h"

#include "absl/time/civil_time.h"

namespace sluice {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kSecondsPerDay = 86'400;

// Reads numbers and signs off the front of a text.
class Reader {
 public:
  explicit Reader(std::string_view rest) : rest_(rest) {}

  // Exactly `digits` digits; false otherwise.
  bool Number(int digits, int* value) {
    if (rest_.size() < static_cast<size_t>(digits)) return false;
    *value = 0;
    for (int i = 0; i < digits; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return false;
      *value = *value * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(digits);
    return true;
  }

  bool Sign(char sign) {
    if (rest_.empty() || rest_[0] != sign) return false;
    rest_.remove_prefix(1);
    return true;
  }

  // One to nine digits after a point, or nothing.
  bool Fraction(int64_t* nanos) {
    *nanos = 0;
    if (!Sign('.')) return true;
    int digits = 0;
    int64_t unit = 100'000'000;
    while (!rest_.empty() && rest_[0] >= '0' && rest_[0] <= '9') {
      if (++digits > 9) return false;
      *nanos += (rest_[0] - '0') * unit;
      unit /= 10;
      rest_.remove_prefix(1);
    }
    return digits > 0;
  }

  // Z or ±hh:mm, in seconds east of UTC.
  bool Offset(int* seconds) {
    *seconds = 0;
    if (Sign('Z') || Sign('z')) return true;
    const bool west = Sign('-');
    if (!west && !Sign('+')) return false;
    int hours = 0;
    int minutes = 0;
    if (!Number(2, &hours) || !Sign(':') || !Number(2, &minutes)) return false;
    if (hours > 23 || minutes > 59) return false;
    *seconds = (hours * 60 + minutes) * 60 * (west ? -1 : 1);
    return true;
  }

  bool empty() const { return rest_.empty(); }

 private:
  std::string_view rest_;
};

// Days since the epoch of a date of the proleptic Gregorian calendar.
int64_t DaysSinceEpoch(int year, int month, int day) {
  return absl::CivilDay(year, month, day) - absl::CivilDay(1970, 1, 1);
}

bool IsDate(int year, int month, int day) {
  const absl::CivilDay date(year, month, day);
  return date.year() == year && date.month() == month && date.day() == day;
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

std::optional<int64_t> ParseRfc3339(std::string_view text) {
  Reader reader(text);
  int year, month, day, hour, minute, second, offset;
  int64_t nanos;
  if (!reader.Number(4, &year) || !reader.Sign('-') ||
      !reader.Number(2, &month) || !reader.Sign('-') ||
      !reader.Number(2, &day) || !(reader.Sign('T') || reader.Sign('t')) ||
      !reader.Number(2, &hour) || !reader.Sign(':') ||
      !reader.Number(2, &minute) || !reader.Sign(':') ||
      !reader.Number(2, &second) || !reader.Fraction(&nanos) ||
      !reader.Offset(&offset) || !reader.empty()) {
    return std::nullopt;
  }
  // What nanoseconds in 64 bits can hold; a leap second counts as the next one.
  if (year < 1678 || year > 2261 || !IsDate(year, month, day) || hour > 23 ||
      minute > 59 || second > 60) {
    return std::nullopt;
  }
  const int64_t seconds = DaysSinceEpoch(year, month, day) * 86400 +
                          hour * 3600 + minute * 60 + second - offset;
  return seconds * 1'000'000'000 + nanos;
}

std::optional<absl::Time> ParseRfc3339Time(std::string_view text) {
  const std::optional<int64_t> nanos = ParseRfc3339(text);
  if (!nanos.has_value()) return std::nullopt;
  return absl::FromUnixNanos(*nanos);
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

std::string Rfc3339Micros(absl::Time time) {
  std::string text;
  AppendMicroseconds(absl::ToUnixNanos(time), &text);
  text.push_back('Z');
  return text;
}

}  // namespace sluice
