#include "storage/base/read_file.h"

#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

std::string FileWith(const std::string& bytes) {
  const std::string path = absl::StrCat(testing::TempDir(), "/read_file");
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

TEST(ReadFile, ReadsEveryByte) {
  const std::string bytes =
      std::string("a\0\r\n\xff", 5) + std::string((64 << 10) - 1, 'x') + "end";
  EXPECT_EQ(*ReadFile(FileWith(bytes), bytes.size()), bytes);
  EXPECT_EQ(*ReadFile(FileWith(""), 0), "");
}

TEST(ReadFile, RefusesMoreThanItMayRead) {
  const std::string path = FileWith("12345");
  EXPECT_EQ(*ReadFile(path, 5), "12345");
  EXPECT_EQ(ReadFile(path, 4).status(),
            absl::InvalidArgumentError(path + " has more than 4 bytes"));
  EXPECT_EQ(ReadFile("/dev/zero", 1 << 20).status(),
            absl::InvalidArgumentError("/dev/zero has more than 1 MiB"));
}

TEST(ReadFile, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(ReadFile("/nowhere/x", 9).status(),
            absl::InvalidArgumentError(
                "/nowhere/x cannot be read: No such file or directory"));
  EXPECT_EQ(ReadFile(testing::TempDir(), 9).status(),
            absl::InvalidArgumentError(testing::TempDir() + " cannot be read"));
}

TEST(ReadStream, ReadsWhatIsLeft) {
  std::istringstream in("one two");
  std::string word;
  in >> word;
  EXPECT_EQ(*ReadStream(in, "it", 4), " two");
  EXPECT_EQ(*ReadStream(in, "it", 4), "");
}

}  // namespace
}  // namespace sluice
