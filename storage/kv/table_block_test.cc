#include "storage/kv/table_block.h"

#include <sys/resource.h>

#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

// The most memory that this process has had, in KiB.
long PeakMemory() {
  rusage usage = {};
  getrusage(RUSAGE_SELF, &usage);
  return usage.ru_maxrss;
}

// Found by the fuzzer: it took seconds to fill 1 GiB with zeros.
TEST(TableBlockTest, AFewDamagedBytesDoNotAskForMuchMemory) {
  // A block of LZ4, by its trailer, that says to unpack to almost 1 GiB.
  const std::string block(
      "\xff\xff\xff\xff\x03\xff\xff\xff\xff\xff\xff\xff\xab\x02"
      "\x04\x04\x00\xc8\x01",
      19);
  const long before = PeakMemory();
  EXPECT_FALSE(UnpackBlock(block).has_value());
  EXPECT_LT(PeakMemory() - before, 64 << 10);
}

}  // namespace
}  // namespace sluice
