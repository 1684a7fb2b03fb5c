#include "pipeline/api/blocking_sink.h"

#include <atomic>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "pipeline/executor/thread_executor.h"

namespace sluice {
namespace {

using Kind = Outcome::Kind;

// Long enough for a machine under load; only a broken sink waits for it.
constexpr absl::Duration kPatience = absl::Seconds(60);
constexpr absl::Duration kNever = absl::Hours(1);

// What a test wants of the destination; outlives it.
struct Script {
  size_t threads = 1;
  absl::Status start;
  std::function<DeliveryResult(const std::vector<DeliveryItem>&,
                               const CallLimit&)>
      deliver = [](const std::vector<DeliveryItem>&, const CallLimit&) {
        return DeliveryResult::All(Outcome::Delivered());
      };
  std::function<void()> interrupt = [] {};
  absl::Notification destroyed;
};

class ScriptedDestination final : public BlockingDestination {
 public:
  explicit ScriptedDestination(Script* script) : script_(script) {}
  ~ScriptedDestination() override { script_->destroyed.Notify(); }

  SinkTraits traits() const override {
    SinkTraits traits;
    traits.max_in_flight = script_->threads;
    return traits;
  }
  absl::Status Start(const ComponentContext&) override {
    return script_->start;
  }
  DeliveryResult Deliver(const std::vector<DeliveryItem>& items,
                         const CallLimit& limit) override {
    return script_->deliver(items, limit);
  }
  void Interrupt() override { script_->interrupt(); }

 private:
  Script* const script_;
};

class LastHealth final : public HealthReporter {
 public:
  void Report(Health health) override { last = std::move(health); }
  Health last;
};

// An answer to come.
struct Answer {
  absl::Notification given;
  DeliveryResult result;

  // Waits for it.
  const DeliveryResult& Get() {
    EXPECT_TRUE(given.WaitForNotificationWithTimeout(kPatience));
    return result;
  }
  Kind kind() { return Get().outcomes.at(0).kind; }
};
using AnswerPtr = std::shared_ptr<Answer>;

class BlockingSinkTest : public testing::Test {
 protected:
  ~BlockingSinkTest() override {
    if (sink_ != nullptr) StopAndDestroy();
  }

  // Runs `task` on the executor and waits for it.
  void Run(std::function<void()> task) {
    absl::Notification ran;
    executor_.Post([&] {
      task();
      ran.Notify();
    });
    ASSERT_TRUE(ran.WaitForNotificationWithTimeout(kPatience));
  }

  absl::Status Start(absl::Duration stop_grace = kNever) {
    absl::Status status;
    Run([&] {
      ComponentContext context;
      context.name = "a-rather-long-name-of-a-sink";
      context.executor = &executor_;
      context.health = &health_;
      sink_ = MakeBlockingSink(std::make_unique<ScriptedDestination>(&script_),
                               stop_grace);
      status = sink_->Start(context);
    });
    return status;
  }

  AnswerPtr Deliver(size_t events = 1, absl::Duration timeout = kNever) {
    auto answer = std::make_shared<Answer>();
    Run([&] {
      Delivery delivery;
      delivery.items.resize(events);
      for (size_t i = 0; i < events; ++i) delivery.items[i].sequence = i;
      delivery.timeout = timeout;
      sink_->Deliver(std::move(delivery), [answer](DeliveryResult result) {
        // A second call ends the test program.
        answer->result = std::move(result);
        answer->given.Notify();
      });
    });
    return answer;
  }

  void StopAndDestroy() {
    absl::Notification stopped;
    Run([&] { sink_->Stop([&] { stopped.Notify(); }); });
    ASSERT_TRUE(stopped.WaitForNotificationWithTimeout(kPatience));
    Run([&] { sink_ = nullptr; });
  }

  Health LastReport() {
    Health health;
    Run([&] { health = health_.last; });
    return health;
  }

  // Outlives the sink's threads.
  Script script_;
  LastHealth health_;
  ThreadExecutor executor_{"test"};
  std::unique_ptr<Sink> sink_;
};

TEST_F(BlockingSinkTest, HandsOnWhatTheDestinationReturned) {
  script_.deliver = [](const std::vector<DeliveryItem>& items,
                       const CallLimit& limit) {
    EXPECT_EQ(items.size(), 3u);
    EXPECT_EQ(items[2].sequence, 2u);
    EXPECT_GT(limit.left(), absl::Minutes(30));
    EXPECT_FALSE(limit.cancelled());
    DeliveryResult result;
    result.outcomes = {Outcome::Delivered(), Outcome::Rejected("odd", "why"),
                       Outcome::Retry("later")};
    result.retry_after = absl::Seconds(7);
    return result;
  };
  ASSERT_TRUE(Start().ok());
  const AnswerPtr answer = Deliver(3);
  ASSERT_EQ(answer->Get().outcomes.size(), 3u);
  EXPECT_EQ(answer->result.outcomes[0].kind, Kind::kDelivered);
  EXPECT_EQ(answer->result.outcomes[1].reason, "odd");
  EXPECT_EQ(answer->result.outcomes[2].kind, Kind::kRetry);
  EXPECT_EQ(answer->result.retry_after, absl::Seconds(7));
  EXPECT_EQ(LastReport().state, HealthState::kDegraded);
  EXPECT_EQ(LastReport().message, "later");
}

TEST_F(BlockingSinkTest, DeliversOnAsManyThreadsAsItHasDeliveriesInFlight) {
  constexpr int kThreads = 3;
  script_.threads = kThreads;
  std::atomic<int> missing = kThreads;
  absl::Notification all_in;
  script_.deliver = [&](const std::vector<DeliveryItem>&, const CallLimit&) {
    if (--missing == 0) all_in.Notify();
    all_in.WaitForNotification();
    return DeliveryResult::All(Outcome::Delivered());
  };
  ASSERT_TRUE(Start().ok());
  EXPECT_EQ(sink_->traits().max_in_flight, 3u);
  std::vector<AnswerPtr> answers;
  for (int i = 0; i < kThreads; ++i) answers.push_back(Deliver());
  for (const AnswerPtr& answer : answers) {
    EXPECT_EQ(answer->kind(), Kind::kDelivered);
  }
}

TEST_F(BlockingSinkTest, WithOneThreadNoTwoCallsMeet) {
  int unguarded = 0;  // A data race, if two calls ever ran at once.
  script_.deliver = [&](const std::vector<DeliveryItem>&, const CallLimit&) {
    ++unguarded;
    return DeliveryResult::All(Outcome::Delivered());
  };
  ASSERT_TRUE(Start().ok());
  std::vector<AnswerPtr> answers;
  for (int i = 0; i < 50; ++i) answers.push_back(Deliver());
  for (const AnswerPtr& answer : answers) answer->Get();
  EXPECT_EQ(unguarded, 50);
}

TEST_F(BlockingSinkTest, BoundsTheThreads) {
  script_.threads = 1000;
  sink_ = MakeBlockingSink(std::make_unique<ScriptedDestination>(&script_));
  EXPECT_EQ(sink_->traits().max_in_flight, kMaxBlockingThreads);
  sink_ = nullptr;
  Script none;
  none.threads = 0;
  EXPECT_EQ(MakeBlockingSink(std::make_unique<ScriptedDestination>(&none))
                ->traits()
                .max_in_flight,
            1u);
}

TEST_F(BlockingSinkTest, AnswersInThePlaceOfACallThatIsLate) {
  absl::Notification cancelled;
  absl::Notification release;
  bool late = true;
  script_.deliver = [&](const std::vector<DeliveryItem>&,
                        const CallLimit& limit) {
    if (!std::exchange(late, false)) {
      return DeliveryResult::All(Outcome::Delivered());
    }
    release.WaitForNotification();
    EXPECT_TRUE(limit.cancelled());
    EXPECT_EQ(limit.left(), absl::ZeroDuration());
    return DeliveryResult::All(Outcome::Rejected("late", "too late to count"));
  };
  ASSERT_TRUE(Start().ok());
  const AnswerPtr first = Deliver(2, absl::Milliseconds(20));
  EXPECT_EQ(first->kind(), Kind::kUnknown);
  EXPECT_EQ(first->result.outcomes[0].message,
            "the destination did not answer within 20ms");
  EXPECT_EQ(LastReport().state, HealthState::kDegraded);

  release.Notify();
  // The next call comes behind the late one on the only thread, so the late
  // answer has been dropped by then.
  EXPECT_EQ(Deliver()->kind(), Kind::kDelivered);
  EXPECT_EQ(first->kind(), Kind::kUnknown);
  EXPECT_EQ(LastReport().state, HealthState::kHealthy);
}

TEST_F(BlockingSinkTest, WhatFoundNoThreadInTimeWasNotTried) {
  absl::Notification release;
  int calls = 0;
  script_.deliver = [&](const std::vector<DeliveryItem>&, const CallLimit&) {
    ++calls;
    release.WaitForNotification();
    return DeliveryResult::All(Outcome::Delivered());
  };
  ASSERT_TRUE(Start().ok());
  const AnswerPtr first = Deliver();
  EXPECT_EQ(Deliver(1, absl::Milliseconds(20))->kind(), Kind::kNotTried);
  release.Notify();
  EXPECT_EQ(first->kind(), Kind::kDelivered);
  EXPECT_EQ(Deliver()->kind(), Kind::kDelivered);
  EXPECT_EQ(calls, 2);
}

TEST_F(BlockingSinkTest, AnExceptionIsAnAnswerNobodyKnows) {
  bool of_std = true;
  script_.deliver = [&](const std::vector<DeliveryItem>&,
                        const CallLimit&) -> DeliveryResult {
    if (std::exchange(of_std, false)) throw std::runtime_error("a library");
    throw 7;
  };
  ASSERT_TRUE(Start().ok());
  const AnswerPtr first = Deliver();
  EXPECT_EQ(first->kind(), Kind::kUnknown);
  EXPECT_EQ(first->result.outcomes[0].message,
            "the sink failed with an exception: a library");
  EXPECT_EQ(Deliver()->kind(), Kind::kUnknown);
}

TEST_F(BlockingSinkTest, MisconfiguredPausesItsHealthAndSuccessHealsIt) {
  bool misconfigured = true;
  script_.deliver = [&](const std::vector<DeliveryItem>&, const CallLimit&) {
    DeliveryResult result = DeliveryResult::All(Outcome::Delivered());
    if (std::exchange(misconfigured, false)) {
      result.outcomes.clear();
      result.misconfigured = absl::FailedPreconditionError("token: is wrong");
    }
    return result;
  };
  ASSERT_TRUE(Start().ok());
  EXPECT_FALSE(Deliver()->Get().misconfigured.ok());
  EXPECT_EQ(LastReport().state, HealthState::kPaused);
  EXPECT_EQ(LastReport().message, "token: is wrong");
  Deliver()->Get();
  EXPECT_EQ(LastReport().state, HealthState::kHealthy);
}

TEST_F(BlockingSinkTest, StopInterruptsAndAnswersWhatIsUnderWayAndWhatWaits) {
  absl::Notification entered;
  absl::Notification interrupted;
  script_.deliver = [&](const std::vector<DeliveryItem>&,
                        const CallLimit& limit) {
    entered.Notify();
    interrupted.WaitForNotification();
    EXPECT_TRUE(limit.cancelled());
    return DeliveryResult::All(Outcome::Delivered());
  };
  script_.interrupt = [&] { interrupted.Notify(); };
  ASSERT_TRUE(Start().ok());
  const AnswerPtr running = Deliver();
  ASSERT_TRUE(entered.WaitForNotificationWithTimeout(kPatience));
  const AnswerPtr waiting = Deliver();
  StopAndDestroy();
  EXPECT_TRUE(script_.destroyed.HasBeenNotified());
  EXPECT_EQ(running->kind(), Kind::kUnknown);
  EXPECT_EQ(waiting->kind(), Kind::kRetry);
}

TEST_F(BlockingSinkTest, StopLeavesBehindACallThatDoesNotReturn) {
  absl::Notification entered;
  absl::Notification release;
  script_.deliver = [&](const std::vector<DeliveryItem>&, const CallLimit&) {
    entered.Notify();
    release.WaitForNotification();
    return DeliveryResult::All(Outcome::Delivered());
  };
  ASSERT_TRUE(Start(/*stop_grace=*/absl::Milliseconds(10)).ok());
  const AnswerPtr answer = Deliver();
  ASSERT_TRUE(entered.WaitForNotificationWithTimeout(kPatience));
  StopAndDestroy();
  EXPECT_EQ(answer->kind(), Kind::kUnknown);
  EXPECT_FALSE(script_.destroyed.HasBeenNotified());
  release.Notify();
  EXPECT_TRUE(script_.destroyed.WaitForNotificationWithTimeout(kPatience));
}

TEST_F(BlockingSinkTest, TakesTheNextDeliveryFromInsideTheAnswer) {
  ASSERT_TRUE(Start().ok());
  absl::Notification second;
  Run([&] {
    Delivery delivery;
    delivery.items.resize(1);
    delivery.timeout = kNever;
    Delivery next = delivery;
    sink_->Deliver(std::move(delivery), [&, next](DeliveryResult) {
      sink_->Deliver(next, [&](DeliveryResult) { second.Notify(); });
    });
  });
  EXPECT_TRUE(second.WaitForNotificationWithTimeout(kPatience));
}

TEST_F(BlockingSinkTest, StopsWithoutHavingStartedAndRefusesWhatComesAfter) {
  sink_ = MakeBlockingSink(std::make_unique<ScriptedDestination>(&script_));
  absl::Notification stopped;
  Run([&] { sink_->Stop([&] { stopped.Notify(); }); });
  EXPECT_TRUE(stopped.HasBeenNotified());
  EXPECT_EQ(Deliver()->kind(), Kind::kRetry);
  Run([&] { sink_ = nullptr; });
}

TEST_F(BlockingSinkTest, DoesNotStartWhenTheDestinationDoesNot) {
  script_.start = absl::FailedPreconditionError("no such table");
  EXPECT_EQ(Start(), script_.start);
  StopAndDestroy();
  EXPECT_TRUE(script_.destroyed.HasBeenNotified());
}

TEST(CallLimitTest, CountsDownAndEndsWhenCancelled) {
  CallLimit limit(absl::Hours(1));
  const absl::Duration before = limit.left();
  EXPECT_LE(before, absl::Hours(1));
  EXPECT_GT(before, absl::Minutes(50));
  limit.Cancel();
  EXPECT_EQ(limit.left(), absl::ZeroDuration());
  EXPECT_EQ(CallLimit(absl::ZeroDuration()).left(), absl::ZeroDuration());
  EXPECT_GT(CallLimit(absl::InfiniteDuration()).left(), absl::Hours(1));
}

}  // namespace
}  // namespace sluice
