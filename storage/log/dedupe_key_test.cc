#include "storage/log/dedupe_key.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

// Fixed for good: logs on disk hold these values.
TEST(DedupeKeyTest, NeverChanges) {
  const DedupeKey key = MakeDedupeKey("//example.com/projects/p1", "event-1");
  EXPECT_EQ(key.high, 0x5bdc3ef33aa6ab5fu);
  EXPECT_EQ(key.low, 0xe41425d5f8dbfc94u);
}

TEST(DedupeKeyTest, KnowsWhereTheSourceEnds) {
  EXPECT_EQ(MakeDedupeKey("a", "bc"), MakeDedupeKey("a", "bc"));
  EXPECT_FALSE(MakeDedupeKey("ab", "c") == MakeDedupeKey("a", "bc"));
  EXPECT_FALSE(MakeDedupeKey("", "") == MakeDedupeKey("", "a"));
}

TEST(DedupeKeyTest, LongIdsCountToTheirEnd) {
  const std::string id(1000, 'x');
  EXPECT_FALSE(MakeDedupeKey("s", id + "a") == MakeDedupeKey("s", id + "b"));
  // Either side of what fits on the stack.
  const std::string fits(251, 'x');
  EXPECT_FALSE(MakeDedupeKey("s", fits) == MakeDedupeKey("s", fits + "x"));
}

}  // namespace
}  // namespace sluice
