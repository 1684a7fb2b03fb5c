#include "plugins/replay/replay_source.h"

#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "pipeline/executor/thread_executor.h"
#include "tests/testing/manual_executor.h"

namespace sluice::replay {
namespace {

using Ids = std::vector<std::string>;

class LastHealth final : public HealthReporter {
 public:
  void Report(Health health) override { last = std::move(health); }
  Health last;
};

// A queue that takes up to `room` emissions.
class FakeEmitter final : public Emitter {
 public:
  explicit FakeEmitter(Executor* executor) : executor_(executor) {}

  bool TryEmit(Emission& emission) override {
    if (room == 0) return false;
    --room;
    times.push_back(executor_->MonotonicNow());
    for (size_t i = 0; emission.events && i < emission.events->size(); ++i) {
      ids.emplace_back(emission.events->event(i).id());
    }
    malformed += emission.malformed.size();
    checkpoint = emission.checkpoint;
    if (on_emit) on_emit();
    return true;
  }
  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override {
    waiting = std::move(ready);
  }

  int room = 1 << 30;
  Ids ids;
  size_t malformed = 0;
  std::vector<absl::Duration> times;
  std::optional<std::string> checkpoint;
  absl::AnyInvocable<void()> waiting;
  absl::AnyInvocable<void()> on_emit;

 private:
  Executor* executor_;
};

ReplayOptions TestOptions() {
  const std::string folder =
      testing::TempDir() + "/source_" +
      testing::UnitTest::GetInstance()->current_test_info()->name();
  std::filesystem::remove_all(folder);
  std::filesystem::create_directories(folder);
  ReplayOptions options;
  options.path = folder + "/day";
  options.type = "record";
  options.fields.id = "id";
  options.fields.time = "t";
  return options;
}

void Append(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary | std::ios::app) << text;
}

std::string Lines(int first, int count) {
  std::string lines;
  for (int i = 0; i < count; ++i) {
    lines += "{\"id\":\"e" + std::to_string(first + i) + "\"}\n";
  }
  return lines;
}

Ids ExpectedIds(int first, int count) {
  Ids ids;
  for (int i = 0; i < count; ++i)
    ids.push_back("e" + std::to_string(first + i));
  return ids;
}

class ReplaySourceTest : public testing::Test {
 protected:
  void Start(std::optional<std::string> checkpoint = std::nullopt) {
    context_.executor = &executor_;
    context_.health = &health_;
    source_ = std::make_unique<ReplaySource>(options_, [this] {
      // The disk's tasks run in virtual time too.
      return std::shared_ptr<Executor>(&executor_, [](Executor*) {});
    });
    ASSERT_TRUE(
        source_->Start(context_, &emitter_, std::move(checkpoint)).ok());
  }
  void Stop() {
    bool stopped = false;
    source_->Stop([&] { stopped = true; });
    executor_.RunReady();
    EXPECT_TRUE(stopped);
    source_.reset();
  }

  ManualExecutor executor_;
  LastHealth health_;
  ComponentContext context_;
  FakeEmitter emitter_{&executor_};
  ReplayOptions options_ = TestOptions();
  std::unique_ptr<ReplaySource> source_;
};

TEST_F(ReplaySourceTest, EmitsTheWholeFileInOrderAndFinishes) {
  Append(options_.path, Lines(0, 10'000) + "bad\n");
  Start();
  EXPECT_FALSE(source_->finished());
  executor_.Advance(absl::ZeroDuration());
  EXPECT_EQ(emitter_.ids, ExpectedIds(0, 10'000));
  EXPECT_EQ(emitter_.malformed, 1);
  EXPECT_TRUE(source_->finished());
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
  Stop();
}

TEST_F(ReplaySourceTest, GoesOnAtItsCheckpoint) {
  Append(options_.path, Lines(0, 5000));
  emitter_.room = 2;
  Start();
  executor_.Advance(absl::ZeroDuration());
  Stop();
  const size_t first_run = emitter_.ids.size();
  EXPECT_LT(first_run, 5000);
  emitter_.room = 1 << 30;
  Start(emitter_.checkpoint);
  executor_.Advance(absl::ZeroDuration());
  EXPECT_EQ(emitter_.ids, ExpectedIds(0, 5000));
  Stop();
}

TEST_F(ReplaySourceTest, AFullQueueHoldsItBackAndLosesNothing) {
  Append(options_.path, Lines(0, 20'000));
  emitter_.room = 0;
  Start();
  executor_.Advance(absl::Seconds(1));
  while (emitter_.waiting) {
    emitter_.room = 1;
    std::exchange(emitter_.waiting, nullptr)();
    executor_.Advance(absl::ZeroDuration());
  }
  EXPECT_EQ(emitter_.ids, ExpectedIds(0, 20'000));
  EXPECT_TRUE(source_->finished());
  Stop();
}

TEST_F(ReplaySourceTest, ARateIsKept) {
  options_.rate = 10;
  Append(options_.path, Lines(0, 50));
  Start();
  executor_.Advance(absl::Seconds(10));
  ASSERT_EQ(emitter_.ids, ExpectedIds(0, 50));
  for (size_t i = 0; i < emitter_.times.size(); ++i) {
    EXPECT_EQ(emitter_.times[i] - emitter_.times[0],
              i * absl::Milliseconds(100));
  }
  EXPECT_TRUE(source_->finished());
  Stop();
}

TEST_F(ReplaySourceTest, TimeLostToAFullQueueIsNotMadeUpFor) {
  options_.rate = 10;
  Append(options_.path, Lines(0, 500));
  Start();
  executor_.Advance(absl::Seconds(1));
  emitter_.room = 0;
  executor_.Advance(absl::Seconds(20));
  const size_t before = emitter_.ids.size();
  emitter_.room = 1 << 30;
  std::exchange(emitter_.waiting, nullptr)();
  executor_.Advance(absl::Seconds(1));
  EXPECT_NEAR(emitter_.ids.size() - before, 11, 1);
  Stop();
}

TEST_F(ReplaySourceTest, RecordedTimeIsReplayedAtASpeed) {
  options_.speed = 60;
  Append(options_.path, "{\"t\":1000000}\n{\"t\":1000060}\n{\"t\":1000120}\n");
  Start();
  executor_.Advance(absl::Seconds(5));
  ASSERT_EQ(emitter_.times.size(), 3);
  EXPECT_EQ(emitter_.times[1] - emitter_.times[0], absl::Seconds(1));
  EXPECT_EQ(emitter_.times[2] - emitter_.times[0], absl::Seconds(2));
  Stop();
}

TEST_F(ReplaySourceTest, AMissingFilePausesItAndNamesTheField) {
  Start();
  executor_.Advance(absl::Minutes(10));
  EXPECT_EQ(health_.last.state, HealthState::kPaused);
  EXPECT_EQ(health_.last.message.find("path: "), 0);
  EXPECT_FALSE(source_->finished());
  Stop();
}

TEST_F(ReplaySourceTest, RefusesACheckpointItDoesNotUnderstand) {
  context_.executor = &executor_;
  context_.health = &health_;
  ReplaySource source(options_, nullptr);
  EXPECT_EQ(source.Start(context_, &emitter_, "nonsense").code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(ReplaySourceTest, EmitsNothingAfterStop) {
  Append(options_.path, Lines(0, 5000));
  options_.rate = 100;
  Start();
  executor_.Advance(absl::Seconds(1));
  const size_t before = emitter_.ids.size();
  Stop();
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(emitter_.ids.size(), before);
}

// The real arrangement: the component on one thread, the disk on another.
class ReplaySourceThreadTest : public testing::Test {
 protected:
  void Start() {
    context_.executor = &executor_;
    context_.health = &health_;
    executor_.Post([this] {
      source_ = std::make_unique<ReplaySource>(
          options_, [] { return std::make_shared<ThreadExecutor>("disk"); });
      ASSERT_TRUE(source_->Start(context_, &emitter_, std::nullopt).ok());
    });
  }
  void WaitForEvents(size_t count) {
    absl::Notification there;
    executor_.Post([&] {
      const auto check = [&, count] {
        if (emitter_.ids.size() < count || there.HasBeenNotified()) return;
        there.Notify();
      };
      emitter_.on_emit = check;
      check();
    });
    there.WaitForNotification();
    absl::Notification forgotten;
    executor_.Post([&] {
      emitter_.on_emit = nullptr;
      forgotten.Notify();
    });
    forgotten.WaitForNotification();
  }
  void Stop() {
    absl::Notification stopped;
    executor_.Post([&] {
      source_->Stop([&] {
        source_.reset();
        stopped.Notify();
      });
    });
    stopped.WaitForNotification();
  }

  ReplayOptions options_ = TestOptions();
  LastHealth health_;
  ComponentContext context_;
  ThreadExecutor executor_{"component"};
  FakeEmitter emitter_{&executor_};
  std::unique_ptr<ReplaySource> source_;
};

TEST_F(ReplaySourceThreadTest, ReadsAFile) {
  Append(options_.path, Lines(0, 20'000));
  Start();
  WaitForEvents(20'000);
  Stop();
  EXPECT_EQ(emitter_.ids, ExpectedIds(0, 20'000));
}

TEST_F(ReplaySourceThreadTest, FollowsAFileThatIsMadeWrittenAndReplaced) {
  options_.follow = true;
  Start();
  Append(options_.path, Lines(0, 10));
  WaitForEvents(10);
  Append(options_.path, Lines(10, 1));
  WaitForEvents(11);
  std::filesystem::rename(options_.path, options_.path + ".1");
  Append(options_.path, Lines(11, 5));
  WaitForEvents(16);
  Stop();
  EXPECT_EQ(emitter_.ids, ExpectedIds(0, 16));
}

TEST_F(ReplaySourceThreadTest, StopsWhileItWaitsForAFile) {
  options_.follow = true;
  Start();
  Stop();
  EXPECT_TRUE(emitter_.ids.empty());
}

TEST_F(ReplaySourceThreadTest, AFolderThatIsNotThereCannotBeFollowed) {
  options_.follow = true;
  options_.path = "/nowhere/at/all";
  Start();
  Stop();
  EXPECT_EQ(health_.last.state, HealthState::kPaused);
}

}  // namespace
}  // namespace sluice::replay
