#include "pipeline/runtime/data_directory.h"

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;

std::string FreshPath(const std::string& name) {
  return testing::TempDir() + "/data_directory_test_" + name + "_" +
         std::to_string(::getpid());
}

TEST(DataDirectoryTest, MakesAPrivateDirectoryAndThePathOfALog) {
  const std::string path = FreshPath("deep") + "/a/b";
  const auto directory = DataDirectory::Open(path);
  ASSERT_TRUE(directory.ok()) << directory.status();
  struct stat info;
  ASSERT_EQ(::stat(path.c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  const auto log = (*directory)->LogPath("office");
  ASSERT_TRUE(log.ok());
  EXPECT_EQ(*log, path + "/pipelines/office/log");
  EXPECT_EQ(*log, PipelineLogPath(path, "office"));
}

TEST(DataDirectoryTest, RefusesADirectoryThatIsInUse) {
  const std::string path = FreshPath("used");
  const auto first = DataDirectory::Open(path);
  ASSERT_TRUE(first.ok());
  const auto second = DataDirectory::Open(path);
  EXPECT_EQ(second.status(),
            absl::FailedPreconditionError("the data directory " + path +
                                          " is used by another process"));
}

TEST(DataDirectoryTest, IsFreeAgainOnceClosed) {
  const std::string path = FreshPath("again");
  { ASSERT_TRUE(DataDirectory::Open(path).ok()); }
  EXPECT_TRUE(DataDirectory::Open(path).ok());
}

TEST(DataDirectoryTest, RefusesAFileInItsPlace) {
  const std::string path = FreshPath("file");
  std::ofstream(path) << "x";
  EXPECT_TRUE(absl::IsInvalidArgument(DataDirectory::Open(path).status()));
  EXPECT_FALSE(DataDirectory::Open(path + "/below").ok());
}

TEST(DataDirectoryTest, RemovesAllThatIsKeptOfAPipeline) {
  const std::string path = FreshPath("remove");
  const auto directory = DataDirectory::Open(path);
  ASSERT_TRUE(directory.ok());
  for (const char* name : {"office", "harbour"}) {
    const auto log = (*directory)->LogPath(name);
    ASSERT_TRUE(log.ok());
    std::filesystem::create_directory(*log);
    std::ofstream(*log + "/CURRENT") << "x";
  }
  EXPECT_TRUE((*directory)->RemovePipeline("office").ok());
  EXPECT_FALSE(std::filesystem::exists(path + "/pipelines/office"));
  EXPECT_THAT(*PipelinesWithLog(path), ElementsAre("harbour"));
  EXPECT_TRUE(absl::IsNotFound((*directory)->RemovePipeline("office")));
  for (const char* place : {"", ".", "..", "../pipelines", "harbour/log"}) {
    EXPECT_TRUE(absl::IsNotFound((*directory)->RemovePipeline(place))) << place;
  }
}

TEST(DataDirectoryTest, EndsARemovalThatWasCutShort) {
  const std::string path = FreshPath("cut");
  const std::string half = path + "/pipelines/office.removed";
  std::filesystem::create_directories(half + "/log");
  EXPECT_THAT(*PipelinesWithLog(path), ElementsAre());
  ASSERT_TRUE(DataDirectory::Open(path).ok());
  EXPECT_FALSE(std::filesystem::exists(half));
}

TEST(DataDirectoryTest, RefusesAnEmptyPath) {
  EXPECT_TRUE(absl::IsInvalidArgument(DataDirectory::Open("").status()));
}

}  // namespace
}  // namespace sluice
