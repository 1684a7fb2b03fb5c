#include "storage/format/keys.h"

#include "gtest/gtest.h"

namespace sluice::format {
namespace {

TEST(KeysTest, ByteOrderIsNumberOrder) {
  const uint64_t numbers[] = {0,         1, 255, 256, 65536, uint64_t{1} << 63,
                              UINT64_MAX};
  for (uint64_t a : numbers) {
    EXPECT_EQ(ParseNumberKey(NumberKey(a)), a);
    EXPECT_LT(NumberKey(a), AfterAllNumberKeys());
    for (uint64_t b : numbers) EXPECT_EQ(NumberKey(a) < NumberKey(b), a < b);
  }
}

TEST(KeysTest, OtherLengthsAreNoNumberKeys) {
  EXPECT_EQ(ParseNumberKey(""), std::nullopt);
  EXPECT_EQ(ParseNumberKey("1234567"), std::nullopt);
  EXPECT_EQ(ParseNumberKey("123456789"), std::nullopt);
}

}  // namespace
}  // namespace sluice::format
