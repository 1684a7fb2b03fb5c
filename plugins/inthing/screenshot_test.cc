#include "plugins/inthing/screenshot.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <string>

#include "gtest/gtest.h"
#include "plugins/inthing/inthing_error.h"

namespace sluice::inthing {
namespace {

// Programs in a folder of the test's own are all that is found.
class ScreenshotTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = testing::TempDir() + "/" +
              testing::UnitTest::GetInstance()->current_test_info()->name();
    mkdir(folder_.c_str(), 0700);
    path_ = std::getenv("PATH");
    setenv("PATH", folder_.c_str(), 1);
    unsetenv("WAYLAND_DISPLAY");
    unsetenv("DISPLAY");
  }
  void TearDown() override { setenv("PATH", path_.c_str(), 1); }

  void AddProgram(const std::string& name, const std::string& script) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << "#!/bin/sh\n" << script << "\n";
    chmod(path.c_str(), 0700);
  }
  static std::string Error() {
    const absl::Status status = TakeScreenshot().status();
    EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << status;
    EXPECT_EQ(ErrorClassOf(status), v1::Error::IO);
    return std::string(status.message());
  }

  std::string folder_;
  std::string path_;
};

TEST_F(ScreenshotTest, SaysThatThereIsNoDisplay) {
  EXPECT_NE(Error().find("there is no display"), std::string::npos);
}

TEST_F(ScreenshotTest, SaysThatThereIsNoProgram) {
  setenv("DISPLAY", ":0", 1);
  EXPECT_NE(Error().find("scrot is not there"), std::string::npos);
}

TEST_F(ScreenshotTest, TakesTheFirstProgramThatSucceeds) {
  setenv("DISPLAY", ":0", 1);
  AddProgram("import", "exit 1");
  // Its last argument is the file.
  AddProgram("scrot", R"(printf '\211PNG\r\n\032\npicture' > "$2")");
  const auto image = TakeScreenshot();
  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ(image->file_name, "screenshot.png");
  EXPECT_EQ(image->media_type, "image/png");
}

TEST_F(ScreenshotTest, PrefersWayland) {
  setenv("WAYLAND_DISPLAY", "wayland-0", 1);
  setenv("DISPLAY", ":0", 1);
  EXPECT_EQ(Error().find("grim is not there"),
            std::string("no screenshot: ").size());
}

}  // namespace
}  // namespace sluice::inthing
