#include "storage/base/murmur_hash.h"

#include <set>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "storage/base/coding.h"

namespace sluice {
namespace {

// SMHasher's own check of an implementation (KeysetTest.cpp,
// VerificationTest): hash keys {0}, {0,1}, ... with seeds 256-i, then hash the
// hashes. The published value for MurmurHash3_x64_128 is 0x6384BA69.
TEST(MurmurHashTest, PassesTheVerificationTestOfItsAuthor) {
  std::string key;
  std::string hashes;
  for (uint32_t i = 0; i < 256; ++i) {
    const Hash128 hash = MurmurHash3(key, 256 - i);
    char bytes[16];
    StoreLittleEndian64(bytes, hash.first);
    StoreLittleEndian64(bytes + 8, hash.second);
    hashes.append(bytes, 16);
    key += static_cast<char>(i);
  }
  EXPECT_EQ(static_cast<uint32_t>(MurmurHash3(hashes, 0).first), 0x6384ba69u);
}

TEST(MurmurHashTest, EveryLengthGivesAnotherHash) {
  std::set<std::pair<uint64_t, uint64_t>> seen;
  for (size_t size = 0; size < 100; ++size) {
    const Hash128 hash = MurmurHash3(std::string(size, '\0'), 0);
    EXPECT_TRUE(seen.emplace(hash.first, hash.second).second) << size;
  }
}

}  // namespace
}  // namespace sluice
