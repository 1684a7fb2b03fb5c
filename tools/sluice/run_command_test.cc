#include "tools/sluice/run_command.h"

#include <fstream>
#include <sstream>
#include <string>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/builtin/builtin.h"
#include "tools/sluice/exit_codes.h"

namespace sluice {
namespace {

using ::testing::ContainsRegex;
using ::testing::HasSubstr;

class RunCommandTest : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(RegisterBuiltinPlugins(registry_).ok());
    const testing::TestInfo* test =
        testing::UnitTest::GetInstance()->current_test_info();
    folder_ = absl::StrCat(testing::TempDir(), "/", test->name());
    options_.until_finished = true;
  }

  // Runs 1,000 events from `generate` to `null`.
  int Run(const std::string& data_dir) {
    options_.config = absl::StrCat(folder_, ".yaml");
    std::ofstream(options_.config)
        << "data_dir: " << data_dir << monitoring_
        << "\npipelines: {p: {sources: {in: {generate: {count: 1000}}}, "
           "sinks: {out: {null: {}}}}}\n";
    return RunPipelines(options_, registry_, out_, err_);
  }

  PluginRegistry registry_;
  RunOptions options_;
  std::string folder_;
  std::string monitoring_;  // Of the configuration.
  std::ostringstream out_;
  std::ostringstream err_;
};

TEST_F(RunCommandTest, RunsFiniteSourcesToTheirEndAndPrintsTheLedger) {
  EXPECT_EQ(Run(folder_), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), HasSubstr("ready: 1 pipeline, data in "));
  EXPECT_THAT(out_.str(), ContainsRegex("\n  out +1000 "));
  EXPECT_THAT(out_.str(), HasSubstr("every event is accounted for"));
}

TEST_F(RunCommandTest, SpeaksJsonLineByLine) {
  options_.output = OutputFormat::kJson;
  ASSERT_EQ(Run(folder_), kExitOk) << err_.str();
  std::istringstream lines(out_.str());
  std::string line;
  ASSERT_TRUE(std::getline(lines, line));
  const boost::json::value ready = boost::json::parse(line).at("ready");
  EXPECT_EQ(ready.at("data_dir").as_string(), folder_);
  ASSERT_TRUE(std::getline(lines, line));
  const boost::json::value ledger = boost::json::parse(line).at("ledger");
  EXPECT_TRUE(ledger.at("balanced").as_bool());
  EXPECT_EQ(ledger.at("pipelines").at(0).at("sinks").at(0).at("delivered"),
            1000);
  EXPECT_FALSE(std::getline(lines, line));
}

TEST_F(RunCommandTest, SaysWhereMetricsAre) {
  monitoring_ = "\nmonitoring: {listen: 127.0.0.1:0}";
  ASSERT_EQ(Run(folder_), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(),
              ContainsRegex(", monitoring on http://127.0.0.1:[1-9][0-9]*\n"));
  options_.output = OutputFormat::kJson;
  out_.str("");
  ASSERT_EQ(Run(folder_), kExitOk) << err_.str();
  EXPECT_THAT(out_.str(), ContainsRegex("\"monitoring\":\"http:[^\"]*:"
                                        "[1-9][0-9]*\""));
}

TEST_F(RunCommandTest, ListsTheMistakesOfItsConfiguration) {
  options_.config = "/nowhere.yaml";
  EXPECT_EQ(RunPipelines(options_, registry_, out_, err_), kExitUsage);
  EXPECT_THAT(err_.str(), HasSubstr("/nowhere.yaml: cannot read the file"));
  EXPECT_EQ(out_.str(), "");
}

TEST_F(RunCommandTest, SaysInOneLineWhyADataDirectoryCannotBeUsed) {
  std::ofstream(folder_) << "a file";
  const int code = Run(folder_);
  EXPECT_TRUE(code == kExitDataDir || code == kExitUsage) << code;
  EXPECT_THAT(err_.str(), HasSubstr("sluice: "));
  EXPECT_THAT(err_.str(), HasSubstr(folder_));
  EXPECT_EQ(out_.str(), "");
}

TEST(StartExitCodeTest, TellsConfigurationDirectoryAndOthersApart) {
  EXPECT_EQ(StartExitCode(absl::InvalidArgumentError("")), kExitUsage);
  EXPECT_EQ(StartExitCode(absl::FailedPreconditionError("")), kExitDataDir);
  EXPECT_EQ(StartExitCode(absl::PermissionDeniedError("")), kExitDataDir);
  EXPECT_EQ(StartExitCode(absl::UnavailableError("")), kExitFailure);
}

}  // namespace
}  // namespace sluice
