#include "storage/base/crc32c.h"

#include <random>
#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

// RFC 3720 appendix B.4, and the check value of the CRC catalogue.
TEST(Crc32cTest, GivesThePublishedValues) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xe3069283u);
  EXPECT_EQ(Crc32c(std::string(32, '\0')), 0x8a9136aau);
  EXPECT_EQ(Crc32c(std::string(32, '\xff')), 0x62a8ab43u);
  std::string ascending;
  for (char c = 0; c < 32; ++c) ascending += c;
  EXPECT_EQ(Crc32c(ascending), 0x46dd794eu);
}

TEST(Crc32cTest, HardwareAndPortableAgreeAndPiecesAddUp) {
  std::mt19937_64 random(1);
  std::string bytes(300, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  for (size_t size = 0; size <= bytes.size(); ++size) {
    const std::string_view part(bytes.data(), size);
    const uint32_t expected = crc32c_internal::Portable(part, 0);
    if (crc32c_internal::Hardware() != nullptr) {
      EXPECT_EQ(crc32c_internal::Hardware()(part, 0), expected);
    }
    const size_t cut = size / 3;
    EXPECT_EQ(Crc32c(part.substr(cut), Crc32c(part.substr(0, cut))), expected);
  }
}

}  // namespace
}  // namespace sluice
