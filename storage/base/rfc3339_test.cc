#include "storage/base/rfc3339.h"

#include <cstdint>
#include <limits>
#include <string>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/civil_time.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

std::string Rfc3339(int64_t nanos) {
  std::string out;
  AppendRfc3339(nanos, &out);
  return out;
}

std::string Microseconds(int64_t nanos) {
  std::string out;
  AppendMicroseconds(nanos, &out);
  return out;
}

TEST(Rfc3339Test, ReadsAnyNumberOfFractionalDigits) {
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:01Z"), kSecond);
  EXPECT_EQ(ParseRfc3339("1970-01-01T00:00:01.5Z"), kSecond * 3 / 2);
  EXPECT_EQ(ParseRfc3339("2019-05-16T08:13:15.361624Z"),
            1557994395 * kSecond + 361624000);
  EXPECT_EQ(ParseRfc3339("2019-05-16T08:13:15.543486780Z"),
            1557994395 * kSecond + 543486780);
}

TEST(Rfc3339Test, ReadsOffsets) {
  EXPECT_EQ(ParseRfc3339("1970-01-01T01:00:00+01:00"), 0);
  EXPECT_EQ(ParseRfc3339("1969-12-31T19:00:00-05:00"), 0);
}

TEST(Rfc3339Test, ReadsEveryDay) {
  // 1678 to 2261, as Abseil counts the days.
  const absl::CivilDay last(2261, 12, 31);
  for (absl::CivilDay day(1678, 1, 1); day <= last; ++day) {
    const std::string text =
        absl::StrCat(absl::FormatCivilTime(day), "T00:00:00Z");
    ASSERT_EQ(ParseRfc3339(text),
              (day - absl::CivilDay(1970, 1, 1)) * 86'400 * kSecond)
        << text;
  }
}

TEST(Rfc3339Test, RefusesDaysThatAMonthDoesNotHave) {
  for (int year : {1900, 2000, 2023, 2024}) {
    for (int month = 0; month <= 13; ++month) {
      for (int day : {0, 28, 29, 30, 31, 32}) {
        const absl::CivilDay normal(year, month, day);
        const bool is_one = normal.month() == month && normal.day() == day;
        const std::string text =
            absl::StrFormat("%04d-%02d-%02dT00:00:00Z", year, month, day);
        EXPECT_EQ(ParseRfc3339(text).has_value(), is_one) << text;
      }
    }
  }
}

TEST(Rfc3339Test, RefusesAnyOtherByteAnywhere) {
  const std::string good = "2021-05-16T08:13:15Z";
  const std::string form = "0000-00-00T00:00:00Z";
  for (size_t at = 0; at < good.size(); ++at) {
    for (int byte = 0; byte < 256; ++byte) {
      std::string text = good;
      text[at] = static_cast<char>(byte);
      const char c = text[at];
      const bool well_formed =
          form[at] == '0' ? c >= '0' && c <= '9'
                          : c == form[at] || (c | 0x20) == form[at] + 32;
      absl::Time time;
      bool is_time = false;
      if (well_formed) {
        const int year = std::stoi(text.substr(0, 4));
        is_time = year >= 1678 && year <= 2261 &&
                  absl::ParseTime(absl::RFC3339_full,
                                  absl::AsciiStrToUpper(text), &time, nullptr);
      }
      EXPECT_EQ(ParseRfc3339(text).has_value(), is_time) << text;
    }
  }
}

TEST(Rfc3339Test, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "now", "2021-02-30T00:00:00Z", "2021-13-01T00:00:00Z",
        "2021-01-01T24:00:00Z", "2021-01-01T00:00:00", "2021-01-01T00:00:00.Z",
        "2021-01-01T00:00:00.1234567890Z", "2021-01-01T00:00:00Zx",
        "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z", "2021-01-01 00:00:00Z",
        "2021-01-01T00:00:0", "2021-01-01T00:00:0/Z", "2021-01-01T00:00:0:Z",
        "2021-0a-01T00:00:00Z",
        "2021-01-01\x14"
        "00:00:00Z",
        "202\xb1-01-01T00:00:00Z"}) {
    EXPECT_EQ(ParseRfc3339(text), std::nullopt) << text;
  }
}

TEST(Rfc3339Test, WritesSixDigitsAndReadsThemBack) {
  const absl::Time time = absl::FromUnixNanos(1557994395 * kSecond + 361624789);
  EXPECT_EQ(Rfc3339Micros(time), "2019-05-16T08:13:15.361624Z");
  EXPECT_EQ(Rfc3339Micros(absl::UnixEpoch() - absl::Milliseconds(1)),
            "1969-12-31T23:59:59.999000Z");
}

TEST(Rfc3339Test, WritesTimesWithAsManyDecimalsAsTheyHave) {
  EXPECT_EQ(Rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Rfc3339(1'615'651'547'722'334'000), "2021-03-13T16:05:47.722334Z");
  EXPECT_EQ(Rfc3339(1'615'651'547'720'000'000), "2021-03-13T16:05:47.720Z");
  EXPECT_EQ(Rfc3339(1'615'651'547'000'000'001),
            "2021-03-13T16:05:47.000000001Z");
  EXPECT_EQ(Rfc3339(-1'000'000), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(Rfc3339(951'782'400'000'000'000), "2000-02-29T00:00:00Z");
  EXPECT_EQ(Rfc3339(std::numeric_limits<int64_t>::max()),
            "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(Rfc3339(std::numeric_limits<int64_t>::min()),
            "1677-09-21T00:12:43.145224192Z");
}

TEST(Rfc3339Test, WritesMicrosecondsAlwaysInFull) {
  EXPECT_EQ(Microseconds(0), "1970-01-01T00:00:00.000000");
  EXPECT_EQ(Microseconds(1'577'934'245'123'456'999),
            "2020-01-02T03:04:05.123456");
}

}  // namespace
}  // namespace sluice
