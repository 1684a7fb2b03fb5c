#include "pipeline/runtime/dedupe_index.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

const absl::Time kStart = absl::FromUnixSeconds(1'700'000'000);

DedupeKey Key(uint64_t n) { return {n, n * 0x9e3779b97f4a7c15u}; }

TEST(DedupeIndexTest, KnowsAKeyItHasSeen) {
  DedupeIndex index(absl::Hours(1), 1000);
  EXPECT_TRUE(index.Insert(Key(1), kStart));
  EXPECT_FALSE(index.Insert(Key(1), kStart));
  EXPECT_TRUE(index.Insert(Key(2), kStart));
}

TEST(DedupeIndexTest, RemembersForTheWholeWindow) {
  DedupeIndex index(absl::Hours(1), 1000);
  ASSERT_TRUE(index.Insert(Key(1), kStart + absl::Minutes(59)));
  ASSERT_TRUE(index.Insert(Key(2), kStart + absl::Minutes(61)));
  EXPECT_FALSE(index.Insert(Key(1), kStart + absl::Minutes(118)));
}

TEST(DedupeIndexTest, ForgetsAfterTwoWindows) {
  DedupeIndex index(absl::Hours(1), 1000);
  ASSERT_TRUE(index.Insert(Key(1), kStart));
  ASSERT_TRUE(index.Insert(Key(2), kStart + absl::Minutes(61)));
  EXPECT_TRUE(index.Insert(Key(1), kStart + absl::Minutes(125)));
}

TEST(DedupeIndexTest, ForgetsEverythingAfterALongPause) {
  DedupeIndex index(absl::Hours(1), 1000);
  ASSERT_TRUE(index.Insert(Key(1), kStart));
  EXPECT_TRUE(index.Insert(Key(1), kStart + absl::Hours(3)));
}

TEST(DedupeIndexTest, StaysWithinItsBoundAndCountsEvictions) {
  DedupeIndex index(absl::Hours(1), 100);
  for (uint64_t i = 0; i < 1000; ++i) index.Insert(Key(i), kStart);
  EXPECT_LE(index.size(), 100u);
  EXPECT_GT(index.evictions(), 0u);
  EXPECT_FALSE(index.Insert(Key(999), kStart));
}

}  // namespace
}  // namespace sluice
