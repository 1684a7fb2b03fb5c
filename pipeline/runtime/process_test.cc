#include "pipeline/runtime/process.h"

#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "gmock/gmock.h"
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

TEST_F(ProcessTest, SaysThatAPipelineIsBeingOpened) {
  absl::Notification reading;
  absl::Notification enough;
  std::thread reader([&] {
    EXPECT_TRUE(process_
                    ->ReadLog("office",
                              [&](EventLog&) {
                                reading.Notify();
                                enough.WaitForNotification();
                                return absl::OkStatus();
                              })
                    .ok());
  });
  reading.WaitForNotification();
  // Three share the memory of two.
  spec_.pipelines.emplace_back().name = "attic";
  std::thread changer(
      [&] { EXPECT_TRUE(process_->Apply(spec_, absl::ZeroDuration()).ok()); });
  // It waits for who reads.
  while (process_->CheckPipeline("office").ok()) std::this_thread::yield();
  EXPECT_EQ(process_->CheckPipeline("office"),
            absl::UnavailableError(
                "pipeline \"office\" is just being opened; try again"));
  EXPECT_EQ(process_->PostToLog("office", [](EventLog&) {}).code(),
            absl::StatusCode::kUnavailable);
  EXPECT_TRUE(process_->RemovedPipelines().empty());
  enough.Notify();
  changer.join();
  reader.join();
  EXPECT_TRUE(process_->CheckPipeline("office").ok());
  EXPECT_TRUE(absl::IsNotFound(process_->CheckPipeline("cellar")));
}

TEST_F(ProcessTest, DeletesWhatIsKeptOfAPipelineThatIsGone) {
  EXPECT_TRUE(absl::IsFailedPrecondition(
      process_->Delete("harbour", /*discard=*/true, /*dry_run=*/false)
          .status()));
  spec_.pipelines.pop_back();
  ASSERT_TRUE(process_->Apply(spec_, absl::ZeroDuration()).ok());
  EXPECT_THAT(process_->RemovedPipelines(), testing::ElementsAre("harbour"));
  EXPECT_TRUE(
      process_->Delete("harbour", /*discard=*/false, /*dry_run=*/true).ok());
  EXPECT_THAT(process_->RemovedPipelines(), testing::ElementsAre("harbour"));
  EXPECT_TRUE(
      process_->Delete("harbour", /*discard=*/false, /*dry_run=*/false).ok());
  EXPECT_TRUE(process_->RemovedPipelines().empty());
  EXPECT_EQ(
      process_->Delete("harbor", false, false).status(),
      absl::NotFoundError("nothing is kept of a pipeline \"harbor\"; none "
                          "is known here"));
  // It may come back, with nothing.
  spec_.pipelines.emplace_back().name = "harbour";
  EXPECT_TRUE(process_->Apply(spec_, absl::ZeroDuration()).ok());
}

TEST_F(ProcessTest, LetsNobodyUseALogOnceItIsStopped) {
  process_->Stop(absl::Seconds(1));
  EXPECT_EQ(process_->PostToLog("office", [](EventLog&) {}).code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace sluice
