#include "tools/sluice/browser.h"

#include <sys/stat.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(BrowserTest, HandsTheAddressToTheChosenProgram) {
  const std::string folder = testing::TempDir();
  const std::string program = folder + "/browser";
  std::ofstream(program) << "#!/bin/sh\necho \"$@\" > '" << folder
                         << "/opened'\n";
  chmod(program.c_str(), 0700);
  setenv("BROWSER", program.c_str(), 1);
  EXPECT_TRUE(OpenInBrowser("http://127.0.0.1/s/1/").ok());
  std::ostringstream opened;
  opened << std::ifstream(folder + "/opened").rdbuf();
  EXPECT_EQ(opened.str(), "http://127.0.0.1/s/1/\n");
}

TEST(BrowserTest, OpensPagesOfTheWebAlone) {
  for (const char* url : {"", "--version", "file:///etc/passwd"}) {
    EXPECT_EQ(OpenInBrowser(url).code(), absl::StatusCode::kInvalidArgument);
  }
}

TEST(BrowserTest, NamesThePageWhenThereIsNoBrowser) {
  setenv("BROWSER", "/no/such/browser", 1);
  const absl::Status status = OpenInBrowser("http://127.0.0.1/s/1/");
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(status.message().find("http://127.0.0.1/s/1/"), std::string::npos);
}

}  // namespace
}  // namespace sluice
