#include "plugins/disruptive/recent_ids.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::disruptive {
namespace {

TEST(RecentIdsTest, TellsRepeats) {
  RecentIds ids(10);
  EXPECT_TRUE(ids.Insert("bjehn6sdm92f9pd7f4s0"));
  EXPECT_FALSE(ids.Insert("bjehn6sdm92f9pd7f4s0"));
  EXPECT_TRUE(ids.Contains("bjehn6sdm92f9pd7f4s0"));
  EXPECT_FALSE(ids.Contains("bjehn6sdm92f9pd7f4s"));
}

TEST(RecentIdsTest, ForgetsTheOldestFirst) {
  RecentIds ids(2);
  ids.Insert("a");
  ids.Insert("b");
  ids.Insert("c");
  EXPECT_FALSE(ids.Contains("a"));
  EXPECT_TRUE(ids.Contains("b"));
  EXPECT_EQ(ids.size(), 2u);
}

TEST(RecentIdsTest, NeverTakesALongOrOddIdForARepeat) {
  RecentIds ids(10);
  const std::string longer(25, 'x');
  EXPECT_TRUE(ids.Insert(longer));
  EXPECT_TRUE(ids.Insert(longer));
  EXPECT_TRUE(ids.Insert(std::string_view("a\0", 2)));
  EXPECT_FALSE(ids.Contains("a"));
  EXPECT_FALSE(ids.Contains(""));
}

TEST(RecentIdsTest, GrowsAndKeepsWhatItHas) {
  RecentIds ids(1);
  ids.Insert("a");
  ids.Grow(3);
  ids.Insert("b");
  ids.Insert("c");
  EXPECT_TRUE(ids.Contains("a"));
}

}  // namespace
}  // namespace sluice::disruptive
