#include "storage/base/write_file.h"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "storage/base/read_file.h"

namespace sluice {
namespace {

class WriteFileTest : public testing::Test {
 protected:
  WriteFileTest() : folder_(testing::TempDir() + "/write_file") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
  }

  const std::string folder_;
  const std::string path_ = folder_ + "/state";
};

TEST_F(WriteFileTest, ReplacesWhatWasThere) {
  ASSERT_TRUE(WriteFile(path_, "long content").ok());
  ASSERT_TRUE(WriteFile(path_, "short").ok());
  EXPECT_EQ(*ReadFile(path_, 100), "short");
}

TEST_F(WriteFileTest, LeavesNothingElse) {
  ASSERT_TRUE(WriteFile(path_, std::string(1 << 20, 'x')).ok());
  size_t files = 0;
  for ([[maybe_unused]] const auto& file :
       std::filesystem::directory_iterator(folder_)) {
    ++files;
  }
  EXPECT_EQ(files, 1u);
  struct stat info = {};
  ASSERT_EQ(stat(path_.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0600u);
}

TEST_F(WriteFileTest, SaysWhichFileItCouldNotWrite) {
  const absl::Status status = WriteFile(folder_ + "/none/state", "x");
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_NE(std::string(status.message()).find("/none/state"),
            std::string::npos)
      << status;
}

// A folder in the way: the rename fails, after the new file was written.
TEST_F(WriteFileTest, LeavesThingsAsTheyWereWhenItFails) {
  std::filesystem::create_directories(path_ + "/full");
  EXPECT_FALSE(WriteFile(path_, "x").ok());
  EXPECT_TRUE(std::filesystem::is_directory(path_));
  EXPECT_FALSE(std::filesystem::exists(path_ + ".new"));
}

}  // namespace
}  // namespace sluice
