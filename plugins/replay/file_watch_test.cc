#include "plugins/replay/file_watch.h"

#include <filesystem>
#include <fstream>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace sluice::replay {
namespace {

std::string TestFile(const char* name) {
  const std::string folder = testing::TempDir() + "/watch_" + name;
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  return folder + "/file";
}

TEST(FileWatchTest, AChangeBeforeTheWaitIsNotMissed) {
  const std::string path = TestFile("before");
  auto watch = FileWatch::Create(path);
  ASSERT_TRUE(watch.ok());
  std::ofstream(path) << "made";
  (*watch)->Wait();
  std::ofstream(path, std::ios::app) << "more";
  (*watch)->Wait();
  std::filesystem::rename(path, path + ".1");
  (*watch)->Wait();
}

TEST(FileWatchTest, AChangeEndsTheWaitOfAnotherThread) {
  const std::string path = TestFile("during");
  auto watch = FileWatch::Create(path);
  ASSERT_TRUE(watch.ok());
  std::thread waiter([&] { (*watch)->Wait(); });
  std::ofstream(path) << "made";
  waiter.join();
}

TEST(FileWatchTest, AnInterruptEndsThisAndEveryLaterWait) {
  auto watch = FileWatch::Create(TestFile("interrupt"));
  ASSERT_TRUE(watch.ok());
  std::thread waiter([&] { (*watch)->Wait(); });
  (*watch)->Interrupt();
  waiter.join();
  (*watch)->Wait();
}

TEST(FileWatchTest, AFolderThatIsNotThereIsRefused) {
  EXPECT_EQ(FileWatch::Create("/nowhere/at/all").status().code(),
            absl::StatusCode::kFailedPrecondition);
}

}  // namespace
}  // namespace sluice::replay
