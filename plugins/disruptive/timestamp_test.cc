#include "plugins/disruptive/timestamp.h"

#include "gtest/gtest.h"

namespace sluice::disruptive {
namespace {

constexpr int64_t kSecond = 1'000'000'000;

TEST(TimestampTest, ReadsAnyNumberOfFractionalDigits) {
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:01Z"), kSecond);
  EXPECT_EQ(ParseTimestamp("1970-01-01T00:00:01.5Z"), kSecond * 3 / 2);
  EXPECT_EQ(ParseTimestamp("2019-05-16T08:13:15.361624Z"),
            1557994395 * kSecond + 361624000);
  EXPECT_EQ(ParseTimestamp("2019-05-16T08:13:15.543486780Z"),
            1557994395 * kSecond + 543486780);
}

TEST(TimestampTest, ReadsOffsets) {
  EXPECT_EQ(ParseTimestamp("1970-01-01T01:00:00+01:00"), 0);
  EXPECT_EQ(ParseTimestamp("1969-12-31T19:00:00-05:00"), 0);
}

TEST(TimestampTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "now", "2021-02-30T00:00:00Z", "2021-13-01T00:00:00Z",
        "2021-01-01T24:00:00Z", "2021-01-01T00:00:00", "2021-01-01T00:00:00.Z",
        "2021-01-01T00:00:00.1234567890Z", "2021-01-01T00:00:00Zx",
        "0001-01-01T00:00:00Z", "9999-01-01T00:00:00Z",
        "2021-01-01 00:00:00Z"}) {
    EXPECT_EQ(ParseTimestamp(text), std::nullopt) << text;
  }
}

TEST(TimestampTest, WritesSixDigitsAndReadsThemBack) {
  const absl::Time time = absl::FromUnixNanos(1557994395 * kSecond + 361624789);
  EXPECT_EQ(FormatTimestamp(time), "2019-05-16T08:13:15.361624Z");
  EXPECT_EQ(FormatTimestamp(absl::UnixEpoch() - absl::Milliseconds(1)),
            "1969-12-31T23:59:59.999000Z");
}

}  // namespace
}  // namespace sluice::disruptive
