#include "tools/sandbox/feed/feed_ids.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

std::string IdOf(const std::string& time, const std::string& foreign_id) {
  return MakeActivityId(foreign_id, ParseActivityTime(time).value()).ToText();
}

// stream-net tests/UtilsTests.cs, stream-java BatchClientTest.
TEST(FeedIdsTest, ReproducesTheIdsOfTheServicesClients) {
  EXPECT_EQ(IdOf("2015-12-28T00:00:00", "123sdsd333}}}"),
            "f01c0000-acf5-11e5-8080-80006a8b5bc2");
  EXPECT_EQ(IdOf("2016-01-15T12:54:42", "6621934"),
            "24f9d500-bb87-11e5-8080-80012ce3cc51");
  EXPECT_EQ(IdOf("2016-01-15T12:54:56", "6621945"),
            "2d521000-bb87-11e5-8080-800026259780");
  EXPECT_EQ(IdOf("2016-05-22T11:00:00",
                 "top_issues_summary_557dc1d9e46fea0a4c000002"),
            "53dbf800-200c-11e6-8080-800023ec2877");
  EXPECT_EQ(IdOf("2001-09-11T00:01:02", "foreignID"),
            "1657b300-a648-11d5-8080-800020fde6c3");
}

TEST(FeedIdsTest, KeepsMicrosecondsAndHashesUtf8) {
  EXPECT_EQ(IdOf("2020-01-02T03:04:05.123456", "tweet:1"),
            "89199700-2d0c-11ea-8080-80003644b625");
  EXPECT_EQ(IdOf("2020-01-02T03:04:05.123456", "h\xC3\xA9llo"),
            "89199700-2d0c-11ea-8080-800043605f98");
}

TEST(FeedIdsTest, HashesAsMurmurHash3Does) {
  EXPECT_EQ(ForeignIdHash(""), 0u);
  EXPECT_EQ(ForeignIdHash("a"), 0x3c2569b2u);
  EXPECT_EQ(ForeignIdHash("abc"), 0xb3dd93fau);
  EXPECT_EQ(ForeignIdHash("abcd"), 0x43ed676au);
}

TEST(FeedIdsTest, ReadsBackWhatItWrites) {
  const std::string text = "89199700-2d0c-11ea-8080-80003644b625";
  const std::optional<ActivityId> id = ActivityId::Parse(text);
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(id->ToText(), text);
}

TEST(FeedIdsTest, RefusesWhatIsNoUuidOfVersionOne) {
  EXPECT_FALSE(ActivityId::Parse(""));
  EXPECT_FALSE(ActivityId::Parse("tweet:1"));
  EXPECT_FALSE(ActivityId::Parse("89199700-2d0c-41ea-8080-80003644b625"));
  EXPECT_FALSE(ActivityId::Parse("89199700+2d0c-11ea-8080-80003644b625"));
  EXPECT_FALSE(ActivityId::Parse("g9199700-2d0c-11ea-8080-80003644b625"));
}

TEST(FeedIdsTest, OrdersByTimeFirst) {
  const ActivityId early = MakeActivityId("zzz", 1'000);
  const ActivityId late = MakeActivityId("aaa", 1'001);
  EXPECT_LT(early, late);
}

TEST(FeedIdsTest, ReadsTimesAsClientsWriteThem) {
  const int64_t second = 1577934245;
  for (const char* text :
       {"2020-01-02T03:04:05", "2020-01-02T03:04:05Z",
        "2020-01-02T04:04:05+01:00", "2020-01-02T15:04:05+1200",
        "2020-01-01T22:04:05-05:00", "2020-01-02 03:04:05.0"}) {
    EXPECT_EQ(ParseActivityTime(text), second * 1'000'000) << text;
  }
  EXPECT_EQ(ParseActivityTime("2020-01-02T03:04:05.123"),
            second * 1'000'000 + 123'000);
  EXPECT_EQ(ParseActivityTime("2020-01-02T03:04:05.999999999Z"),
            second * 1'000'000 + 999'999);
}

TEST(FeedIdsTest, RefusesWhatIsNoTime) {
  for (const char* text :
       {"", "now", "2020-01-02", "2020-13-02T03:04:05", "2020-02-30T00:00:00",
        "2020-01-02T24:00:00", "2020-01-02T03:04", "2020-01-02T03:04:05.",
        "2020-01-02T03:04:05.1234567890", "2020-01-02T03:04:05Zulu",
        "2020-01-02T03:04:05+1"}) {
    EXPECT_FALSE(ParseActivityTime(text)) << text;
  }
}

TEST(FeedIdsTest, WritesSixDigitsAndNoZone) {
  EXPECT_EQ(FormatActivityTime(1542210885268000), "2018-11-14T15:54:45.268000");
  EXPECT_EQ(FormatActivityTime(-1), "1969-12-31T23:59:59.999999");
}

}  // namespace
}  // namespace sluice::sandbox
