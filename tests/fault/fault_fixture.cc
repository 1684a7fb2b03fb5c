#include "tests/fault/fault_fixture.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::fault {
namespace {

constexpr size_t kShownLogBytes = 8000;

std::string TestName() {
  const testing::TestInfo* test =
      testing::UnitTest::GetInstance()->current_test_info();
  return absl::StrCat(test->test_suite_name(), ".", test->name());
}

}  // namespace

uint64_t CampaignSeed() {
  const char* text = std::getenv("SLUICE_FAULT_SEED");
  uint64_t seed = 1;
  if (text != nullptr && !absl::SimpleAtoi(text, &seed)) {
    ADD_FAILURE() << "SLUICE_FAULT_SEED must be a whole number, not " << text;
  }
  return seed;
}

void FaultTest::SetUp() {
  folder_ = absl::StrCat(testing::TempDir(), "/", TestName());
  std::filesystem::remove_all(folder_);
  std::filesystem::create_directories(folder_);
  std::cout << "seed " << CampaignSeed()
            << "; again: bazel test --test_env=SLUICE_FAULT_SEED="
            << CampaignSeed() << " --test_filter=" << TestName() << "\n";
}

void FaultTest::TearDown() {
  if (!HasFailure()) return;
  const std::string log = Log();
  std::cout << "--- end of the log\n"
            << log.substr(log.size() - std::min(log.size(), kShownLogBytes))
            << "---\n";
  if (const char* outputs = std::getenv("TEST_UNDECLARED_OUTPUTS_DIR")) {
    std::error_code ignored;
    std::filesystem::copy(
        log_path(), absl::StrCat(outputs, "/", TestName(), ".log"), ignored);
  }
}

std::string FaultTest::Log() const {
  std::ostringstream text;
  text << std::ifstream(log_path()).rdbuf();
  return text.str();
}

std::string FaultTest::Write(std::string_view name,
                             std::string_view text) const {
  const std::string path = absl::StrCat(folder_, "/", std::string(name));
  std::ofstream file(path, std::ios::trunc);
  file << text;
  file.close();
  EXPECT_TRUE(file.good()) << path;
  EXPECT_EQ(::chmod(path.c_str(), 0600), 0);
  return path;
}

void FaultTest::ExpectSoundLog() const {
  const CommandResult verified =
      RunSluice({"log", "verify", data_dir()}, {}, folder_);
  EXPECT_EQ(verified.exit_code, 0) << verified.out << verified.err;
}

}  // namespace sluice::fault
