#include "pipeline/service/token_file.h"

#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <string>

#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr char kToken[] = "0123456789abcdef";
constexpr char kOther[] = "fedcba9876543210";

class TokenFileTest : public testing::Test {
 protected:
  void Write(const std::string& text, mode_t mode = 0600) {
    std::ofstream(path_) << text;
    chmod(path_.c_str(), mode);
  }

  std::string OpenError() {
    return std::string(TokenFile::Open(path_).status().message());
  }

  const std::string path_ =
      testing::TempDir() + "/tokens_" +
      testing::UnitTest::GetInstance()->current_test_info()->name();
};

TEST_F(TokenFileTest, KnowsWhoseTokenItIs) {
  Write(std::string("# who may call\n\nops operator ") + kToken +
        "\nwatch\tviewer " + kOther + "\r\n");
  const auto file = TokenFile::Open(path_).value();
  EXPECT_EQ(file->Find(kToken)->name, "ops");
  EXPECT_EQ(file->Find(kToken)->role, config::v1::OPERATOR);
  EXPECT_EQ(file->Find(kOther)->role, config::v1::VIEWER);
  EXPECT_EQ(file->Find("0123456789abcdeX").status().code(),
            absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(file->Find("").status().code(), absl::StatusCode::kUnauthenticated);
}

TEST_F(TokenFileTest, SaysWhichLineIsWrongAndNeverATokenItself) {
  Write(std::string("a admin ") + kToken + "\nb boss " + kOther + "\n");
  EXPECT_EQ(OpenError(),
            path_ + ":2: the role is none of viewer, operator, admin");
  Write("a admin short\n");
  EXPECT_EQ(OpenError(), path_ + ":1: a token has at least 16 characters");
  Write(std::string("a admin ") + kToken + " more\n");
  EXPECT_EQ(OpenError(), path_ + ":1: a line is NAME ROLE TOKEN");
}

TEST_F(TokenFileTest, RefusesAFileThatOthersCanRead) {
  Write(std::string("a admin ") + kToken, 0640);
  EXPECT_EQ(OpenError(),
            path_ + ": can be read by others than its owner; chmod 600 it");
}

TEST_F(TokenFileTest, RefusesAFileThatIsNotThereOrTooLarge) {
  EXPECT_EQ(OpenError(), path_ + ": No such file or directory");
  Write(std::string((1 << 20) + 1, '#'));
  EXPECT_EQ(OpenError(), path_ + ": is over 1 MiB");
}

TEST_F(TokenFileTest, FollowsTheFile) {
  Write(std::string("a admin ") + kToken + "\n");
  const auto file = TokenFile::Open(path_).value();
  Write(std::string("longer-name viewer ") + kOther + "\n");
  EXPECT_FALSE(file->Find(kToken).ok());
  EXPECT_EQ(file->Find(kOther)->name, "longer-name");
}

TEST_F(TokenFileTest, KeepsTheLastTokensWhileTheFileIsNoGood) {
  Write(std::string("a admin ") + kToken + "\n");
  const auto file = TokenFile::Open(path_).value();
  Write("half a li");
  EXPECT_TRUE(file->Find(kToken).ok());
  unlink(path_.c_str());
  EXPECT_TRUE(file->Find(kToken).ok());
  Write(std::string("a admin ") + kOther + "\n");
  EXPECT_FALSE(file->Find(kToken).ok());
  EXPECT_TRUE(file->Find(kOther).ok());
}

}  // namespace
}  // namespace sluice
