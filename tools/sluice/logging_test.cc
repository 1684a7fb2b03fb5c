#include "tools/sluice/logging.h"

#include <string>

#include "CLI/CLI.hpp"
#include "glog/logging.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::MatchesRegex;

TEST(AddLogLevelOptionTest, ReadsTheLevel) {
  CLI::App app;
  LogLevel level = LogLevel::kInfo;
  AddLogLevelOption(app, &level);
  app.parse("--log-level warning");
  EXPECT_EQ(level, LogLevel::kWarning);
  EXPECT_THROW(app.parse("--log-level loud"), CLI::ValidationError);
}

TEST(InitLoggingTest, WritesLinesAboveTheLevelToStderr) {
  testing::internal::CaptureStderr();
  InitLogging("test", LogLevel::kWarning);
  LOG(INFO) << "not shown";
  VLOG(1) << "not shown";
  LOG(WARNING) << "shown";
  google::FlushLogFiles(google::GLOG_INFO);
  EXPECT_THAT(testing::internal::GetCapturedStderr(),
              MatchesRegex("[0-9]+-[0-9]+-[0-9]+T[0-9]+:[0-9]+:[0-9]+[.][0-9]+Z"
                           " WARNING logging_test.cc:[0-9]+\\] shown\n"));
}

}  // namespace
}  // namespace sluice
