#include "pipeline/api/secret.h"

#include <cstdlib>
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

config::v1::Secret FromVariable(const std::string& name) {
  config::v1::Secret secret;
  secret.set_env(name);
  return secret;
}

// A secret in a file with this content.
config::v1::Secret FromFile(const std::string& content) {
  const std::string path = testing::TempDir() + "/secret";
  std::ofstream(path, std::ios::binary) << content;
  config::v1::Secret secret;
  secret.set_file(path);
  return secret;
}

TEST(ReadSecretTest, ReadsAVariable) {
  ASSERT_EQ(setenv("SLUICE_SECRET_TEST", "hunter2", 1), 0);
  EXPECT_EQ(*ReadSecret(FromVariable("SLUICE_SECRET_TEST")), "hunter2");
}

TEST(ReadSecretTest, NamesAVariableThatIsNotSetOrEmpty) {
  unsetenv("SLUICE_SECRET_TEST");
  const absl::Status unset =
      ReadSecret(FromVariable("SLUICE_SECRET_TEST")).status();
  EXPECT_EQ(unset.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(unset.message()), HasSubstr("SLUICE_SECRET_TEST"));
  ASSERT_EQ(setenv("SLUICE_SECRET_TEST", "", 1), 0);
  EXPECT_FALSE(ReadSecret(FromVariable("SLUICE_SECRET_TEST")).ok());
}

TEST(ReadSecretTest, ReadsAFileWithoutOneLineBreakAtItsEnd) {
  EXPECT_EQ(*ReadSecret(FromFile("hunter2")), "hunter2");
  EXPECT_EQ(*ReadSecret(FromFile("hunter2\n")), "hunter2");
  EXPECT_EQ(*ReadSecret(FromFile("hunter2\r\n")), "hunter2");
  EXPECT_EQ(*ReadSecret(FromFile("two\nlines\n\n")), "two\nlines\n");
}

TEST(ReadSecretTest, RefusesAFileThatIsMissingEmptyOrHuge) {
  config::v1::Secret missing;
  missing.set_file("/nowhere/secret");
  EXPECT_THAT(std::string(ReadSecret(missing).status().message()),
              HasSubstr("/nowhere/secret"));
  EXPECT_FALSE(ReadSecret(FromFile("")).ok());
  EXPECT_FALSE(ReadSecret(FromFile("\n")).ok());
  EXPECT_TRUE(ReadSecret(FromFile(std::string(1 << 20, 'x'))).ok());
  const absl::Status huge =
      ReadSecret(FromFile(std::string((1 << 20) + 1, 'x'))).status();
  EXPECT_EQ(huge.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(huge.message()), HasSubstr("more than 1 MiB"));
  EXPECT_THAT(std::string(huge.message()), Not(HasSubstr("xxx")));
}

TEST(ReadSecretTest, RefusesADirectory) {
  config::v1::Secret secret;
  secret.set_file(testing::TempDir());
  EXPECT_EQ(ReadSecret(secret).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ReadSecretTest, NeedsAReference) {
  EXPECT_EQ(ReadSecret(config::v1::Secret()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice
