#include "tools/sandbox/timestamp.h"

#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

TEST(TimestampTest, WritesSixDigitsInUtc) {
  EXPECT_EQ(FormatTimestamp(absl::FromUnixMicros(1557994395361624)),
            "2019-05-16T08:13:15.361624Z");
  EXPECT_EQ(FormatTimestamp(absl::FromUnixSeconds(0)),
            "1970-01-01T00:00:00.000000Z");
}

TEST(TimestampTest, ReadsFractionsAndOffsets) {
  const auto micros = [](const char* text) {
    return absl::ToUnixMicros(ParseTimestamp(text).value());
  };
  EXPECT_EQ(micros("2019-05-16T08:13:15.361624Z"), 1557994395361624);
  EXPECT_EQ(micros("2019-05-16T10:13:15.361624789+02:00"), 1557994395361624);
  EXPECT_EQ(micros("2019-05-16T08:13:15Z"), 1557994395000000);
}

TEST(TimestampTest, RefusesOtherTexts) {
  for (const char* text : {"", "now", "2019-05-16", "2019-05-16T08:13:15",
                           "infinite-future", "2019-13-16T08:13:15Z", "17"}) {
    EXPECT_FALSE(ParseTimestamp(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace sluice::sandbox
