// Every file of broken/ is refused with exactly the mistakes that the file
// beside it lists; every file of good/ is accepted.
//
// A line of NAME.expected is a mistake without the file's name, in the order
// they are reported: "LINE: PATH: MESSAGE". A line that ends in "..." stands
// for any that begins so.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/topology/config_loader.h"
#include "plugins/builtin/builtin.h"

namespace sluice {
namespace {

std::vector<std::string> FilesOf(const std::string& folder) {
  std::vector<std::string> names;
  for (const auto& entry :
       std::filesystem::directory_iterator("tests/config/" + folder)) {
    if (entry.path().extension() == ".yaml") {
      names.push_back(entry.path().stem());
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string NameOf(const testing::TestParamInfo<std::string>& info) {
  return info.param;
}

class ConfigFilesTest : public testing::TestWithParam<std::string> {
 protected:
  void SetUp() override {
    ASSERT_TRUE(RegisterBuiltinPlugins(registry_).ok());
    setenv("SLUICE_TEST_WORD", "never-shown", 1);
    unsetenv("SLUICE_TEST_NOT_SET");
  }

  std::vector<std::string> Problems(const std::string& path) {
    std::vector<std::string> problems;
    for (const ConfigProblem& problem : LoadConfig(path, registry_).problems) {
      problems.emplace_back(absl::StripPrefix(problem.ToString(), path + ":"));
    }
    return problems;
  }

  PluginRegistry registry_;
};

using BrokenConfigTest = ConfigFilesTest;
using GoodConfigTest = ConfigFilesTest;

std::vector<std::string> Lines(const std::string& path) {
  std::ifstream file(path);
  std::vector<std::string> lines;
  for (std::string line; std::getline(file, line);) lines.push_back(line);
  return lines;
}

bool Matches(const std::string& actual, std::string expected) {
  if (!expected.ends_with("...")) return actual == expected;
  expected.resize(expected.size() - 3);
  return actual.starts_with(expected);
}

TEST_P(BrokenConfigTest, IsRefusedWithEveryMistakeAtItsLine) {
  const std::string path = "tests/config/broken/" + GetParam();
  const std::vector<std::string> actual = Problems(path + ".yaml");
  const std::vector<std::string> expected = Lines(path + ".expected");
  ASSERT_FALSE(expected.empty()) << "found:\n" << absl::StrJoin(actual, "\n");
  EXPECT_EQ(actual.size(), expected.size()) << absl::StrJoin(actual, "\n");
  for (size_t i = 0; i < std::min(actual.size(), expected.size()); ++i) {
    EXPECT_TRUE(Matches(actual[i], expected[i]))
        << "expected: " << expected[i] << "\nfound:    " << actual[i];
  }
  for (const std::string& problem : actual) {
    EXPECT_THAT(problem, testing::Not(testing::HasSubstr("never-shown")));
  }
}

INSTANTIATE_TEST_SUITE_P(Files, BrokenConfigTest,
                         testing::ValuesIn(FilesOf("broken")), NameOf);

TEST_P(GoodConfigTest, IsAccepted) {
  EXPECT_THAT(Problems("tests/config/good/" + GetParam() + ".yaml"),
              testing::IsEmpty());
}

INSTANTIATE_TEST_SUITE_P(Files, GoodConfigTest,
                         testing::ValuesIn(FilesOf("good")), NameOf);

}  // namespace
}  // namespace sluice
