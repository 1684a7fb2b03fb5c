#include "pipeline/net/file_mark.h"

#include <filesystem>
#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(FileMarkTest, ChangesWhenTheFileIsReplacedOrGrows) {
  const std::string path = testing::TempDir() + "/marked";
  std::ofstream(path) << "one";
  const FileMark first = MarkOf(path);
  EXPECT_EQ(MarkOf(path), first);
  std::ofstream(path, std::ios::app) << "more";
  const FileMark grown = MarkOf(path);
  EXPECT_NE(grown, first);
  // As tools that renew certificates do.
  std::ofstream(path + ".new") << "onemore";
  std::filesystem::rename(path + ".new", path);
  EXPECT_NE(MarkOf(path), grown);
}

TEST(FileMarkTest, IsTheSameOfEverythingThatIsNotThere) {
  EXPECT_EQ(MarkOf(""), MarkOf("/no/such/file"));
}

}  // namespace
}  // namespace sluice
