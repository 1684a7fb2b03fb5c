#include "plugins/disruptive/label_cache.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace sluice::disruptive {
namespace {

class LabelCacheTest : public ::testing::Test {
 protected:
  std::string Of(const std::string& device) {
    const auto labels = cache_.Find(device);
    if (!labels.has_value()) return "unknown";
    std::string text;
    for (const LabelView& label : *labels) {
      text.append(label.key).append("=").append(label.value).append(" ");
    }
    return text;
  }

  void Modify(const std::string& device, const std::string& key,
              const std::string& value) {
    v1::LabelsChanged change;
    (*change.mutable_modified())[key] = value;
    cache_.Apply(device, change);
  }

  ManualExecutor executor_;
  LabelCache cache_{64 << 10, {}, &executor_};
};

TEST_F(LabelCacheTest, GivesTheLabelsThatWereListed) {
  EXPECT_EQ(Of("d"), "unknown");
  cache_.Set("d", {{"room", "9"}, {"a", ""}});
  EXPECT_EQ(Of("d"), "a= room=9 ");
  cache_.Set("d", {});
  EXPECT_EQ(Of("d"), "");
  EXPECT_TRUE(cache_.Knows("d"));
}

TEST_F(LabelCacheTest, FollowsChanges) {
  cache_.Set("d", {{"room", "9"}, {"old", "x"}});
  v1::LabelsChanged change;
  (*change.mutable_added())["new"] = "y";
  (*change.mutable_modified())["room"] = "10";
  change.add_removed("old");
  change.add_removed("never there");
  cache_.Apply("d", change);
  EXPECT_EQ(Of("d"), "new=y room=10 ");
  cache_.Apply("e", change);
  EXPECT_EQ(Of("e"), "unknown");
}

TEST_F(LabelCacheTest, AListFromBeforeAChangeDoesNotUndoIt) {
  cache_.Set("d", {{"room", "9"}});
  Modify("d", "room", "10");
  Modify("new", "room", "11");
  executor_.Advance(absl::Minutes(1));
  cache_.Set("d", {{"room", "9"}});
  cache_.Set("new", {{"room", "9"}});
  EXPECT_EQ(Of("d"), "room=10 ");
  EXPECT_EQ(Of("new"), "room=11 ");
}

TEST_F(LabelCacheTest, OldChangesAndThoseFromBeforeAGapAreOver) {
  Modify("d", "room", "10");
  executor_.Advance(absl::Minutes(3));
  cache_.Set("d", {{"room", "9"}});
  EXPECT_EQ(Of("d"), "room=9 ");
  Modify("d", "room", "10");
  cache_.ForgetChanges();
  cache_.Set("d", {{"room", "12"}});
  EXPECT_EQ(Of("d"), "room=12 ");
}

TEST_F(LabelCacheTest, KeepsOnlyTheKeysThatAreWanted) {
  LabelCache cache(64 << 10, {"room"}, &executor_);
  cache.Set("d", {{"room", "9"}, {"name", "x"}});
  v1::LabelsChanged change;
  (*change.mutable_added())["other"] = "y";
  cache.Apply("d", change);
  ASSERT_EQ(cache.Find("d")->size(), 1u);
  EXPECT_EQ(cache.Find("d")->at(0).value, "9");
}

TEST_F(LabelCacheTest, StaysWithinItsBound) {
  for (int i = 0; i < 10000; ++i) {
    cache_.Set(absl::StrCat("d", i), {{"room", std::string(i % 100, 'x')}});
    cache_.Find("d0");
    ASSERT_LE(cache_.bytes(), size_t{64 << 10});
  }
  EXPECT_GT(cache_.devices(), 50u);
  EXPECT_TRUE(cache_.Knows("d0"));
  EXPECT_TRUE(cache_.Knows("d9999"));
  EXPECT_FALSE(cache_.Knows("d1"));
  // One that does not fit at all.
  cache_.Set("huge", {{"a", std::string(100 << 10, 'x')}});
  EXPECT_FALSE(cache_.Knows("huge"));
  EXPECT_EQ(cache_.bytes(), 0u);
}

}  // namespace
}  // namespace sluice::disruptive
