#include "pipeline/runtime/process.h"

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

// Pipelines that have nothing but their logs.
class ProcessTest : public testing::Test {
 protected:
  ProcessTest() {
    spec_.data_dir = absl::StrCat(testing::TempDir(), "/process_test");
    std::filesystem::remove_all(spec_.data_dir);
    for (const char* name : {"office", "harbour"}) {
      spec_.pipelines.emplace_back().name = name;
    }
    auto process = Process::Start(spec_);
    EXPECT_TRUE(process.ok()) << process.status();
    process_ = *std::move(process);
  }

  ProcessSpec spec_;
  std::unique_ptr<Process> process_;
};

TEST_F(ProcessTest, LetsOthersUseALogOnItsThread) {
  absl::Notification done;
  uint64_t next = 0;
  ASSERT_TRUE(process_
                  ->PostToLog("harbour",
                              [&](EventLog& log) {
                                next = log.stats().next_sequence;
                                done.Notify();
                              })
                  .ok());
  done.WaitForNotification();
  EXPECT_EQ(next, 1u);
}

TEST_F(ProcessTest, KnowsItsPipelines) {
  const absl::Status status = process_->PostToLog("ofice", [](EventLog&) {});
  EXPECT_EQ(status,
            absl::NotFoundError("there is no pipeline \"ofice\"; did you mean "
                                "\"office\"? allowed: harbour, office"));
}

// Whoever computes rates from two of them wants more than whole seconds.
TEST_F(ProcessTest, SaysExactlyWhenItWasLookedAt) {
  const absl::Time before = absl::Now();
  const admin::v1::ProcessStatus status = process_->Status();
  const absl::Time time = absl::FromUnixSeconds(status.time().seconds()) +
                          absl::Nanoseconds(status.time().nanos());
  EXPECT_GE(time, before);
  EXPECT_LE(time, absl::Now());
}

TEST_F(ProcessTest, LetsNobodyUseALogOnceItIsStopped) {
  process_->Stop(absl::Seconds(1));
  EXPECT_EQ(process_->PostToLog("office", [](EventLog&) {}).code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sluice
