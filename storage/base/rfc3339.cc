#include "storage/base/rfc3339.h"

#include "storage/base/coding.h"

namespace sluice {
namespace {

constexpr int64_t kNanosPerSecond = 1'000'000'000;
constexpr int64_t kSecondsPerDay = 86'400;

constexpr size_t kCivilTimeBytes = 19;
struct CivilTime {
  int year;
  int month;
  int day;
  int hour;
  int minute;
  int second;
};

// What eight bytes look like: digits where `form` has a 0, and what it has
// elsewhere.
struct PairForm {
  explicit constexpr PairForm(const char (&form)[9]) {
    for (int i = 0; i < 8; ++i) {
      bytes |= uint64_t{static_cast<unsigned char>(form[i])} << (8 * i);
      most |= uint64_t{form[i] == '0' ? 6u : 15u} << (8 * i);
    }
  }
  uint64_t bytes = 0;
  uint64_t most = 0;  // What, added to a digit, does not reach 16.
};
constexpr PairForm kDateForm("0000-00-");
constexpr PairForm kClockForm("00:00:00");

// Reads eight bytes at once. A byte of `*pairs` is then the number of the two
// digits of which the first stands there. False: they are of another form.
bool ReadPairs(const char* at, const PairForm& form, uint64_t* pairs) {
  const uint64_t values = LoadLittleEndian64(at) ^ form.bytes;
  *pairs = values * 10 + (values >> 8);
  return ((values | (values + form.most)) & 0xf0f0'f0f0'f0f0'f0f0) == 0;
}

int PairAt(uint64_t pairs, int byte) {
  return static_cast<int>(pairs >> (8 * byte) & 0xff);
}

// Reads the kCivilTimeBytes at `at`, "2006-01-02T15:04:05". False: it is
// written in another way.
bool ReadCivilTime(const char* at, CivilTime* time) {
  constexpr int kDayAt = 8;
  constexpr int kTimeAt = 11;
  uint64_t date = 0;
  uint64_t clock = 0;
  const bool good = ReadPairs(at, kDateForm, &date) &&
                    ReadPairs(at + kTimeAt, kClockForm, &clock);
  const int tens = at[kDayAt] - '0';
  const int ones = at[kDayAt + 1] - '0';
  *time = {PairAt(date, 0) * 100 + PairAt(date, 2),
           PairAt(date, 5),
           tens * 10 + ones,
           PairAt(clock, 0),
           PairAt(clock, 3),
           PairAt(clock, 6)};
  return good && tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 &&
         (at[kTimeAt - 1] | 0x20) == 't';
}

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
    constexpr int64_t kUnits[] = {
        1'000'000'000, 100'000'000, 10'000'000, 1'000'000, 100'000,
        10'000,        1'000,       100,        10,        1};
    *nanos = 0;
    if (!Sign('.')) return true;
    size_t digits = 0;
    while (digits < rest_.size() && rest_[digits] >= '0' &&
           rest_[digits] <= '9') {
      if (digits == 9) return false;
      *nanos = *nanos * 10 + (rest_[digits] - '0');
      ++digits;
    }
    *nanos *= kUnits[digits];
    rest_.remove_prefix(digits);
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

bool IsDate(int year, int month, int day) {
  constexpr int kDays[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  return day <= kDays[month - 1] + (month == 2 && leap ? 1 : 0);
}

// Days since the epoch of a date of the proleptic Gregorian calendar, of a year
// above 0. http://howardhinnant.github.io/date_algorithms.html,
// days_from_civil.
int64_t DaysSinceEpoch(int year, int month, int day) {
  if (month <= 2) --year;
  const int era = year / 400;
  const int year_of_era = year - era * 400;
  const int shifted_month = month > 2 ? month - 3 : month + 9;
  const int day_of_year = (153 * shifted_month + 2) / 5 + day - 1;
  const int day_of_era =
      year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
  return int64_t{era} * 146'097 + day_of_era - 719'468;
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
  CivilTime time;
  if (text.size() < kCivilTimeBytes || !ReadCivilTime(text.data(), &time)) {
    return std::nullopt;
  }
  Reader reader(text.substr(kCivilTimeBytes));
  int64_t nanos = 0;
  int offset = 0;
  if (!reader.Fraction(&nanos) || !reader.Offset(&offset) || !reader.empty()) {
    return std::nullopt;
  }
  // What nanoseconds in 64 bits can hold; a leap second counts as the next one.
  if (time.year < 1678 || time.year > 2261 ||
      !IsDate(time.year, time.month, time.day) || time.hour > 23 ||
      time.minute > 59 || time.second > 60) {
    return std::nullopt;
  }
  const int64_t seconds =
      DaysSinceEpoch(time.year, time.month, time.day) * kSecondsPerDay +
      time.hour * 3600 + time.minute * 60 + time.second - offset;
  return seconds * kNanosPerSecond + nanos;
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
