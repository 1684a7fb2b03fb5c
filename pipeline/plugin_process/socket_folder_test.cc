#include "pipeline/plugin_process/socket_folder.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::plugin_process {
namespace {

namespace fs = std::filesystem;

class SocketFolderTest : public testing::Test {
 protected:
  SocketFolderTest() {
    parent_ = testing::TempDir() + "/sockets.XXXXXX";
    EXPECT_NE(mkdtemp(parent_.data()), nullptr);
  }

  std::unique_ptr<SocketFolder> Make() {
    auto made = SocketFolder::Make(parent_);
    EXPECT_TRUE(made.ok()) << made.status();
    std::ofstream((*made)->socket()) << "a file will do";
    return *std::move(made);
  }
  // What a process that makes one leaves when it is killed.
  void LeaveOne() {
    const pid_t child = fork();
    if (child == 0) {
      const auto folder = Make();
      raise(SIGKILL);
    }
    int status = 0;
    ASSERT_EQ(waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status));
  }
  int Entries() const {
    return static_cast<int>(std::distance(fs::directory_iterator(parent_),
                                          fs::directory_iterator()));
  }

  std::string parent_;
};

TEST_F(SocketFolderTest, IsForUsAloneAndGoesWithItsOwner) {
  auto folder = Make();
  struct stat info;
  ASSERT_EQ(stat(folder->path().c_str(), &info), 0);
  EXPECT_EQ(info.st_mode & 0777, 0700u);
  folder.reset();
  EXPECT_EQ(Entries(), 0);
}

TEST_F(SocketFolderTest, RemovesThoseOfOwnersThatWereKilledAndNoOther) {
  const auto mine = Make();
  LeaveOne();
  LeaveOne();
  ASSERT_EQ(Entries(), 3);
  RemoveLeftSocketFolders(parent_);
  EXPECT_EQ(Entries(), 1);
  EXPECT_TRUE(fs::exists(mine->socket()));
}

TEST_F(SocketFolderTest, TouchesNothingThatOnlyLooksLikeOne) {
  fs::create_directory(parent_ + "/other");
  std::ofstream(parent_ + "/other/s") << "a file";
  fs::create_symlink(parent_ + "/other", parent_ + "/sluice-plugin-link");
  std::ofstream(parent_ + "/sluice-plugin-file") << "a file";
  fs::create_directory(parent_ + "/sluice-plugin-full");
  std::ofstream(parent_ + "/sluice-plugin-full/more") << "a file";
  RemoveLeftSocketFolders(parent_);
  EXPECT_TRUE(fs::exists(parent_ + "/other/s"));
  EXPECT_TRUE(fs::exists(parent_ + "/sluice-plugin-link"));
  EXPECT_TRUE(fs::exists(parent_ + "/sluice-plugin-file"));
  EXPECT_TRUE(fs::exists(parent_ + "/sluice-plugin-full/more"));
}

TEST_F(SocketFolderTest, SaysWhatCannotBeMade) {
  const auto made = SocketFolder::Make(parent_ + "/nowhere");
  EXPECT_TRUE(absl::IsUnavailable(made.status()));
  EXPECT_THAT(made.status().message(), testing::HasSubstr("No such file"));
  RemoveLeftSocketFolders(parent_ + "/nowhere");
}

TEST(SocketFolderParentTest, HasRoomForASocket) {
  setenv("TMPDIR", "/short", 1);
  EXPECT_EQ(SocketFolderParent(), "/short");
  setenv("TMPDIR", ("/" + std::string(100, 'x')).c_str(), 1);
  EXPECT_EQ(SocketFolderParent(), "/tmp");
  unsetenv("TMPDIR");
  EXPECT_EQ(SocketFolderParent(), "/tmp");
}

}  // namespace
}  // namespace sluice::plugin_process
