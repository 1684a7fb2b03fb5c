#include "tools/sluice/input.h"

#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr size_t kMax = size_t{1} << 20;

TEST(ReadInputTest, TakesTextAsItIs) {
  std::istringstream in("unused");
  EXPECT_EQ(*ReadInput("{\"a\":1}", kMax, in), "{\"a\":1}");
  EXPECT_EQ(*ReadInput("", kMax, in), "");
}

TEST(ReadInputTest, ReadsFilesAndTheStandardInput) {
  const std::string path = testing::TempDir() + "/input";
  std::ofstream(path) << "from a file\n";
  std::istringstream in("from me");
  EXPECT_EQ(*ReadInput("@" + path, kMax, in), "from a file\n");
  EXPECT_EQ(*ReadInput("@-", kMax, in), "from me");
}

TEST(ReadInputTest, RefusesWhatItCannotReadOrHold) {
  std::istringstream in(std::string(kMax + 1, 'x'));
  EXPECT_EQ(ReadInput("@/no/such/file", kMax, in).status(),
            absl::InvalidArgumentError(
                "/no/such/file cannot be read: No such file or directory"));
  EXPECT_EQ(
      ReadInput("@-", kMax, in).status(),
      absl::InvalidArgumentError("the standard input has more than 1 MiB"));
}

}  // namespace
}  // namespace sluice
