#include "plugins/file/file_sink.h"

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"
#include "pipeline/executor/thread_executor.h"
#include "storage/event/event_batch.h"
#include "tests/testing/manual_executor.h"

namespace sluice::file {
namespace {

constexpr absl::Duration kTimeout = absl::Seconds(10);

class LastHealth final : public HealthReporter {
 public:
  void Report(Health health) override { last = std::move(health); }
  Health last;
};

// Events "e<first>" to "e<first + count - 1>".
Delivery MakeDelivery(int first, int count) {
  EventBatchBuilder builder;
  for (int i = 0; i < count; ++i) {
    const std::string id = absl::StrCat("e", first + i);
    EventFields fields;
    fields.id = id;
    fields.source = "s";
    fields.type = "t";
    builder.Add(fields);
  }
  Delivery delivery;
  delivery.timeout = kTimeout;
  EventBatchPtr batch = builder.Build();
  for (int i = 0; i < count; ++i) {
    delivery.items.push_back({static_cast<uint64_t>(i), batch->event(i), 1});
  }
  delivery.batches.push_back(std::move(batch));
  return delivery;
}

std::string LinesOf(int first, int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    absl::StrAppend(&lines, "{\"specversion\":\"1.0\",\"id\":\"e", first + i,
                    "\",\"source\":\"s\",\"type\":\"t\"}\n");
  }
  return lines;
}

class FileSinkTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = absl::StrCat(
        testing::TempDir(), "/",
        testing::UnitTest::GetInstance()->current_test_info()->name());
    std::filesystem::remove_all(folder_);
    options_.file.path = folder_ + "/events.jsonl";
    context_.name = "archive";
    context_.executor = &executor_;
    context_.health = &health_;
    context_.metrics = &metrics_;
  }

  void Start() {
    sink_ = std::make_unique<FileSink>(
        options_,
        [this] { return std::shared_ptr<Executor>(io_, [](Executor*) {}); },
        calls_);
    ASSERT_TRUE(sink_->Start(context_).ok());
    executor_.RunReady();
  }

  DeliveryResult Deliver(int first, int count) {
    std::optional<DeliveryResult> answer;
    sink_->Deliver(MakeDelivery(first, count), [&](DeliveryResult result) {
      EXPECT_FALSE(answer.has_value());
      answer = std::move(result);
    });
    executor_.RunReady();
    EXPECT_TRUE(answer.has_value());
    return *std::move(answer);
  }

  std::string Text() {
    std::ifstream in(options_.file.path, std::ios::binary);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
  }

  std::string folder_;
  FileSinkOptions options_;
  FileCalls calls_ = FileCalls::Real();
  ManualExecutor executor_;
  // Where the disk's tasks run: in the same virtual time, or when a test has
  // them run.
  ManualExecutor* io_ = &executor_;
  LastHealth health_;
  MetricRegistry metrics_;
  ComponentContext context_;
  std::unique_ptr<FileSink> sink_;
};

TEST_F(FileSinkTest, WritesEachEventAsALineInOrder) {
  Start();
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
  DeliveryResult result = Deliver(0, 3);
  ASSERT_EQ(result.outcomes.size(), 1);
  EXPECT_EQ(result.outcomes[0].kind, Outcome::Kind::kDelivered);
  Deliver(3, 2);
  EXPECT_EQ(Text(), LinesOf(0, 5));
  EXPECT_EQ(
      metrics_.counter("file_written_bytes_total", context_.metric_labels())
          ->value(),
      LinesOf(0, 5).size());
}

TEST_F(FileSinkTest, AFullDiskMeansRetryAndRecoversByItself) {
  bool full = true;
  calls_.write = [&](int fd, const void* bytes, size_t size) -> ssize_t {
    if (!full) return ::write(fd, bytes, size);
    errno = ENOSPC;
    return -1;
  };
  Start();
  DeliveryResult result = Deliver(0, 2);
  ASSERT_EQ(result.outcomes.size(), 1);
  EXPECT_EQ(result.outcomes[0].kind, Outcome::Kind::kRetry);
  EXPECT_TRUE(result.misconfigured.ok());
  EXPECT_EQ(health_.last.state, HealthState::kDegraded);
  EXPECT_EQ(Text(), "");

  full = false;
  EXPECT_EQ(Deliver(0, 2).outcomes[0].kind, Outcome::Kind::kDelivered);
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
  EXPECT_EQ(Text(), LinesOf(0, 2));
}

TEST_F(FileSinkTest, APathThatCannotBeUsedPausesTheSinkAndNamesTheField) {
  std::filesystem::create_directories(options_.file.path);
  Start();
  EXPECT_EQ(health_.last.state, HealthState::kPaused);
  DeliveryResult result = Deliver(0, 1);
  EXPECT_EQ(result.misconfigured.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(result.misconfigured.message().find("path: "), 0);

  std::filesystem::remove(options_.file.path);
  EXPECT_EQ(Deliver(0, 1).outcomes[0].kind, Outcome::Kind::kDelivered);
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
}

TEST_F(FileSinkTest, SyncsOnceWithinAnInterval) {
  int syncs = 0;
  calls_.fdatasync = [&](int) { return ++syncs, 0; };
  options_.file.sync_each_append = false;
  options_.sync_interval = absl::Seconds(1);
  Start();
  Deliver(0, 1);
  Deliver(1, 1);
  executor_.Advance(absl::Milliseconds(999));
  EXPECT_EQ(syncs, 0);
  executor_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(syncs, 1);
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(syncs, 1);
}

TEST_F(FileSinkTest, AFailedIntervalSyncIsReported) {
  calls_.fdatasync = [](int) {
    errno = EIO;
    return -1;
  };
  options_.file.sync_each_append = false;
  options_.sync_interval = absl::Seconds(1);
  Start();
  Deliver(0, 1);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(health_.last.state, HealthState::kDegraded);
}

TEST_F(FileSinkTest, CountsRotations) {
  options_.file.max_bytes = 100;
  Start();
  for (int i = 0; i < 4; ++i) Deliver(i, 1);
  EXPECT_EQ(metrics_.counter("file_rotations_total", context_.metric_labels())
                ->value(),
            3);
}

TEST_F(FileSinkTest, StopAnswersWhatIsUnderWayFirst) {
  Start();
  std::string order;
  sink_->Deliver(MakeDelivery(0, 1), [&](DeliveryResult result) {
    EXPECT_EQ(result.outcomes[0].kind, Outcome::Kind::kDelivered);
    order += "answer ";
  });
  sink_->Stop([&] { order += "stopped"; });
  executor_.RunReady();
  EXPECT_EQ(order, "answer stopped");
  sink_.reset();
  EXPECT_EQ(Text(), LinesOf(0, 1));
}

TEST_F(FileSinkTest, AStopLeavesNoTimerBehind) {
  options_.file.sync_each_append = false;
  options_.sync_interval = absl::Seconds(1);
  Start();
  sink_->Deliver(MakeDelivery(0, 1), [](const DeliveryResult&) {});
  sink_->Stop([] {});
  executor_.RunReady();
  EXPECT_EQ(executor_.pending_timers(), 0);
}

TEST_F(FileSinkTest, AWriteThatHangsIsNotKnown) {
  ManualExecutor disk;
  io_ = &disk;
  std::vector<Outcome> answers;
  calls_.write = [&](int fd, const void* bytes, size_t size) {
    executor_.Advance(kTimeout);
    EXPECT_EQ(answers.size(), 1);
    EXPECT_EQ(health_.last.state, HealthState::kDegraded);
    return ::write(fd, bytes, size);
  };
  Start();
  sink_->Deliver(MakeDelivery(0, 2), [&](const DeliveryResult& result) {
    answers.push_back(result.outcomes[0]);
  });
  disk.RunReady();
  executor_.RunReady();
  ASSERT_EQ(answers.size(), 1);
  EXPECT_EQ(answers[0].kind, Outcome::Kind::kUnknown);
  // It was written after all, which nobody is told twice.
  EXPECT_EQ(Text(), LinesOf(0, 2));
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
}

TEST_F(FileSinkTest, WhatWaitedTooLongBehindAHangingDiskIsNotTried) {
  ManualExecutor disk;
  io_ = &disk;
  Start();
  std::vector<Outcome> answers;
  sink_->Deliver(MakeDelivery(0, 2), [&](const DeliveryResult& result) {
    answers.push_back(result.outcomes[0]);
  });
  executor_.Advance(kTimeout);
  ASSERT_EQ(answers.size(), 1);
  EXPECT_EQ(answers[0].kind, Outcome::Kind::kNotTried);
  disk.RunReady();
  executor_.RunReady();
  EXPECT_EQ(answers.size(), 1);
  EXPECT_EQ(Text(), "");
}

TEST_F(FileSinkTest, AStopLeavesAHangingDiskBehind) {
  ManualExecutor disk;
  io_ = &disk;
  Start();
  std::string order;
  sink_->Deliver(MakeDelivery(0, 1),
                 [&](const DeliveryResult&) { order += "answer "; });
  sink_->Stop([&] { order += "stopped"; });
  executor_.Advance(kDiskStopGrace - absl::Milliseconds(1));
  EXPECT_EQ(order, "");
  executor_.Advance(absl::Milliseconds(1));
  EXPECT_EQ(order, "answer stopped");
  sink_.reset();
  EXPECT_EQ(executor_.pending_timers(), 0);
  // The disk wakes up and finds nobody.
  disk.RunReady();
  EXPECT_EQ(executor_.RunReady(), 0);
}

TEST_F(FileSinkTest, StopsWithoutHavingStarted) {
  FileSink sink(options_, nullptr);
  bool stopped = false;
  sink.Stop([&] { stopped = true; });
  EXPECT_TRUE(stopped);
}

// The real arrangement: the component on one thread, the disk on another.
TEST(FileSinkThreadTest, WritesOnItsOwnThreadAndAnswersOnTheComponents) {
  const std::string path = absl::StrCat(testing::TempDir(), "/threads.jsonl");
  std::filesystem::remove(path);
  LastHealth health;
  MetricRegistry metrics;
  ThreadExecutor executor("component");
  ComponentContext context;
  context.executor = &executor;
  context.health = &health;
  context.metrics = &metrics;
  FileSinkOptions options;
  options.file.path = path;
  auto sink = std::make_unique<FileSink>(
      options, [] { return std::make_shared<ThreadExecutor>("disk"); });

  constexpr int kDeliveries = 50;
  int answers = 0;
  bool on_component = true;
  absl::Notification stopped;
  executor.Post([&] {
    ASSERT_TRUE(sink->Start(context).ok());
    for (int i = 0; i < kDeliveries; ++i) {
      sink->Deliver(MakeDelivery(2 * i, 2), [&](DeliveryResult result) {
        on_component &= executor.InThread();
        answers += result.outcomes[0].kind == Outcome::Kind::kDelivered;
      });
    }
    sink->Stop([&] {
      sink.reset();
      stopped.Notify();
    });
  });
  stopped.WaitForNotification();
  EXPECT_EQ(answers, kDeliveries);
  EXPECT_TRUE(on_component);
  std::ifstream in(path);
  std::ostringstream text;
  text << in.rdbuf();
  EXPECT_EQ(text.str(), LinesOf(0, 2 * kDeliveries));
}

}  // namespace
}  // namespace sluice::file
