#include "plugins/lines/receipts.h"

#include "gtest/gtest.h"

namespace sluice::lines {
namespace {

TEST(ReceiptsTest, CountsLinesWithoutAGap) {
  Receipts receipts;
  EXPECT_TRUE(receipts.all_safe());
  const uint64_t first = receipts.Add(10);
  const uint64_t second = receipts.Add(5);
  const uint64_t third = receipts.Add(1);
  receipts.Acknowledge(second);
  EXPECT_EQ(receipts.safe(), 0u);
  receipts.Acknowledge(first);
  EXPECT_EQ(receipts.safe(), 15u);
  EXPECT_FALSE(receipts.all_safe());
  receipts.Acknowledge(third);
  EXPECT_EQ(receipts.safe(), 16u);
  EXPECT_TRUE(receipts.all_safe());
}

TEST(ReceiptsTest, BlankLinesAreSafeOnceThoseBeforeAre) {
  Receipts receipts;
  receipts.AddSafe(2);
  EXPECT_EQ(receipts.safe(), 2u);
  const uint64_t lines = receipts.Add(3);
  receipts.AddSafe(4);
  EXPECT_EQ(receipts.safe(), 2u);
  receipts.Acknowledge(lines);
  EXPECT_EQ(receipts.safe(), 9u);
}

}  // namespace
}  // namespace sluice::lines
