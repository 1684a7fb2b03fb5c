#include "plugins/disruptive/timestamp.h"

#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"

namespace sluice::disruptive {
namespace {

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

}  // namespace

std::optional<int64_t> ParseTimestamp(std::string_view text) {
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

std::string FormatTimestamp(absl::Time time) {
  const absl::CivilSecond civil =
      absl::ToCivilSecond(time, absl::UTCTimeZone());
  const int64_t micros = absl::ToInt64Microseconds(
      time - absl::FromCivil(civil, absl::UTCTimeZone()));
  return absl::StrFormat("%04d-%02d-%02dT%02d:%02d:%02d.%06dZ", civil.year(),
                         civil.month(), civil.day(), civil.hour(),
                         civil.minute(), civil.second(), micros);
}

}  // namespace sluice::disruptive
