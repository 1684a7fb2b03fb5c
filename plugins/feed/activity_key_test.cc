#include "plugins/feed/activity_key.h"

#include <set>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "proto/event/v1/event.pb.h"

namespace sluice::feed {
namespace {

std::string ForeignId(ForeignIdMaker& maker, std::string_view source,
                      std::string_view id) {
  event::v1::Event event;
  event.set_source(std::string(source));
  event.set_id(std::string(id));
  const std::string wire = event.SerializeAsString();
  std::string out;
  maker.Append(*EventView::Parse(wire), &out);
  return out;
}

TEST(StableHashTest, IsTheSameForEver) {
  EXPECT_EQ(StableHash(""), 0u);
  EXPECT_EQ(StableHash("sluice"), 0xbd56df01ea95043c);
  EXPECT_EQ(StableHash("device events"), 0xaa98ce1ce538bdf4);
}

TEST(ForeignIdMakerTest, NamesSourceAndId) {
  ForeignIdMaker maker;
  const std::string id =
      ForeignId(maker, "//disruptive-technologies.com/projects/p1",
                "bjeho5nlafj3bdrehgsg");
  EXPECT_TRUE(id.starts_with("p1-")) << id;
  EXPECT_TRUE(id.ends_with(":bjeho5nlafj3bdrehgsg")) << id;
  EXPECT_EQ(id.size(), 3u + 8 + 1 + 20) << id;
  ForeignIdMaker other;
  EXPECT_EQ(id, ForeignId(other, "//disruptive-technologies.com/projects/p1",
                          "bjeho5nlafj3bdrehgsg"));
}

TEST(ForeignIdMakerTest, TellsSourcesWithTheSameEndApart) {
  ForeignIdMaker maker;
  EXPECT_NE(ForeignId(maker, "//a/p1", "1"), ForeignId(maker, "//b/p1", "1"));
  EXPECT_NE(ForeignId(maker, "", "1"), ForeignId(maker, "/", "1"));
}

TEST(ForeignIdMakerTest, KeepsCommasAndSlashesOutAndIdsApart) {
  ForeignIdMaker maker;
  const std::string comma = ForeignId(maker, "s", "a,b");
  const std::string slash = ForeignId(maker, "s", "a/b");
  const std::string plain = ForeignId(maker, "s", "a_b");
  EXPECT_EQ(comma.find_first_of(",/"), std::string::npos);
  EXPECT_EQ(slash.find_first_of(",/"), std::string::npos);
  EXPECT_EQ((std::set<std::string>{comma, slash, plain}).size(), 3u);
}

TEST(SpreadTimeTest, FillsDigitsBelowTheResolution) {
  constexpr int64_t kSecond = 1'577'934'245'000'000'000;
  EXPECT_EQ(SpreadTime(kSecond, 7'123'456), kSecond + 123'456'000);
  EXPECT_EQ(SpreadTime(kSecond + 5'000'000, 7'123'456),
            kSecond + 5'000'000 + 456'000);
  EXPECT_EQ(SpreadTime(kSecond + 5'000, 7'123'456), kSecond + 5'000);
  EXPECT_EQ(SpreadTime(kSecond + 1, 7'123'456), kSecond + 1);
}

TEST(SpreadTimeTest, KeepsEventsOfOneSecondApart) {
  std::set<int64_t> times;
  for (int i = 0; i < 100; ++i) {
    times.insert(SpreadTime(0, StableHash(absl::StrCat("event-", i))));
  }
  EXPECT_GE(times.size(), 99u);
}

}  // namespace
}  // namespace sluice::feed
