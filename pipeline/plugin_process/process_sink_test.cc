#include "pipeline/plugin_process/process_sink.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/plugin_process/fake_program.h"
#include "storage/event/event_batch.h"

namespace sluice::plugin_process {
namespace {

using plugin::v1::HostMessage;
using plugin::v1::PluginMessage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kCrash[] = "was killed by signal 9 (Killed)";
constexpr absl::Duration kTimeout = absl::Seconds(10);
constexpr absl::Duration kTick = absl::Milliseconds(1);

// Events of one delivery.
constexpr int kEvents = 3;

PluginMessage Answer(uint64_t delivery, int outcomes = kEvents) {
  PluginMessage message;
  message.mutable_answer()->set_delivery(delivery);
  for (int i = 0; i < outcomes; ++i) {
    message.mutable_answer()->add_outcomes()->set_kind(
        plugin::v1::Outcome::DELIVERED);
  }
  return message;
}

class ProcessSinkTest : public testing::Test {
 protected:
  // How each delivery ended: empty as long as it has not; by its number.
  struct Ending {
    std::optional<DeliveryResult> result;
    int calls = 0;
  };

  void Start() {
    sink_.emplace(host_.Choice(plugin::v1::SINK), SinkTraits(),
                  host_.launcher());
    ASSERT_TRUE(sink_->Start(host_.context).ok());
    host_.executor.RunReady();
  }

  // The ending of a delivery with new events.
  Ending& Deliver() {
    endings_.push_back(std::make_unique<Ending>());
    Ending& ending = *endings_.back();
    EventBatchBuilder builder;
    for (int i = 0; i < kEvents; ++i) {
      builder.Add({.id = absl::StrCat("e", ++last_event_)});
    }
    Delivery delivery;
    delivery.timeout = kTimeout;
    delivery.batches.push_back(builder.Build());
    for (int i = 0; i < kEvents; ++i) {
      delivery.items.push_back(
          {.sequence = last_event_, .event = delivery.batches[0]->event(i)});
    }
    sink_->Deliver(std::move(delivery), [&ending](DeliveryResult result) {
      ending.result = std::move(result);
      ++ending.calls;
    });
    return ending;
  }

  // Numbers of the deliveries that the program has been given.
  std::vector<uint64_t> Heard() {
    std::vector<uint64_t> numbers;
    for (const HostMessage& message : host_.program().heard) {
      if (message.has_delivery()) {
        numbers.push_back(message.delivery().delivery());
      }
    }
    return numbers;
  }

  void Say(const PluginMessage& message) {
    host_.program().Say(message);
    host_.executor.RunReady();
  }
  void Crash() {
    host_.program().End(kCrash);
    host_.executor.RunReady();
  }
  // The next process runs.
  void Restart() { host_.executor.Advance(absl::Seconds(1)); }

  static Outcome::Kind KindOf(const Ending& ending) {
    return ending.result.value().outcomes.at(0).kind;
  }
  static std::string MessageOf(const Ending& ending) {
    return ending.result.value().outcomes.at(0).message;
  }

  FakeHost host_;
  std::vector<std::unique_ptr<Ending>> endings_;
  uint64_t last_event_ = 0;
  std::optional<ProcessSink> sink_;
};

TEST_F(ProcessSinkTest, HandsDeliveriesOverAndTakesAnswersInAnyOrder) {
  Start();
  const Ending& first = Deliver();
  const Ending& second = Deliver();
  EXPECT_THAT(Heard(), ElementsAre(1, 2));
  Say(Answer(2));
  EXPECT_EQ(first.calls, 0);
  EXPECT_EQ(KindOf(second), Outcome::Kind::kDelivered);
  EXPECT_THAT(second.result->outcomes, SizeIs(kEvents));
  Say(Answer(1, 1));
  EXPECT_EQ(KindOf(first), Outcome::Kind::kDelivered);
}

TEST_F(ProcessSinkTest, TheWrongNumberOfOutcomesEndsTheProcess) {
  for (const int outcomes : {0, kEvents - 1, kEvents + 1}) {
    host_.lives.clear();
    Start();
    const Ending& ending = Deliver();
    Say(Answer(1, outcomes));
    EXPECT_TRUE(host_.program().killed);
    EXPECT_EQ(KindOf(ending), Outcome::Kind::kUnknown);
    EXPECT_THAT(MessageOf(ending),
                HasSubstr(absl::StrCat("plugin acme of plugin process fake "
                                       "answered ",
                                       outcomes, " outcomes for 3 events")));
    Restart();
    EXPECT_TRUE(host_.lives.size() == 2 && Heard().empty());
  }
}

TEST_F(ProcessSinkTest, AnAnswerThatDoesNotComeEndsTheProcess) {
  Start();
  const Ending& ending = Deliver();
  host_.executor.Advance(1.5 * kTimeout - kTick);
  EXPECT_EQ(ending.calls, 0);
  EXPECT_FALSE(host_.program().killed);
  host_.executor.Advance(kTick);
  EXPECT_TRUE(host_.lives[0]->killed);
  EXPECT_EQ(KindOf(ending), Outcome::Kind::kUnknown);
  EXPECT_THAT(MessageOf(ending),
              HasSubstr("hangs: delivery 1 was not answered within 15s"));
}

TEST_F(ProcessSinkTest, AnAnswerThatComesTooLateCountsForNothing) {
  host_.manners.ends_on_sigkill = false;
  Start();
  const Ending& ending = Deliver();
  host_.executor.Advance(1.5 * kTimeout);
  // Under way when it was killed.
  Say(Answer(1));
  EXPECT_EQ(ending.calls, 0);
  Crash();
  EXPECT_EQ(KindOf(ending), Outcome::Kind::kUnknown);
  host_.manners.ends_on_sigkill = true;
  Restart();
  // The next process was never given it.
  Say(Answer(1));
  EXPECT_EQ(ending.calls, 1);
  EXPECT_THAT(host_.health.message,
              HasSubstr("answered delivery 1, which is not open"));
}

TEST_F(ProcessSinkTest, AnAnswerToTheSameDeliveryTwiceEndsTheProcess) {
  Start();
  const Ending& ending = Deliver();
  Say(Answer(1));
  Say(Answer(1));
  EXPECT_TRUE(host_.program().killed);
  EXPECT_EQ(ending.calls, 1);
  EXPECT_EQ(KindOf(ending), Outcome::Kind::kDelivered);
}

TEST_F(ProcessSinkTest, ACrashLosesNoDelivery) {
  Start();
  const Ending& under_way = Deliver();
  host_.program().manners.listens = false;
  const Ending& not_sent = Deliver();
  EXPECT_THAT(Heard(), ElementsAre(1));
  Crash();
  // It may have been delivered: the pipeline delivers it again.
  EXPECT_EQ(KindOf(under_way), Outcome::Kind::kUnknown);
  EXPECT_THAT(MessageOf(under_way), HasSubstr(kCrash));
  // It surely was not, so it goes to the next process, like what comes now.
  const Ending& meanwhile = Deliver();
  EXPECT_EQ(not_sent.calls + meanwhile.calls, 0);
  Restart();
  EXPECT_THAT(Heard(), ElementsAre(2, 3));
  Say(Answer(2));
  Say(Answer(3));
  EXPECT_EQ(KindOf(not_sent), Outcome::Kind::kDelivered);
  EXPECT_EQ(KindOf(meanwhile), Outcome::Kind::kDelivered);
  EXPECT_EQ(under_way.calls, 1);
}

TEST_F(ProcessSinkTest, WhatNoProcessTookGoesBackUntried) {
  host_.manners.starts = false;
  host_.spec.start_timeout = absl::Minutes(1);
  Start();
  const Ending& ending = Deliver();
  host_.executor.Advance(kTimeout - kTick);
  EXPECT_EQ(ending.calls, 0);
  host_.executor.Advance(kTick);
  EXPECT_EQ(KindOf(ending), Outcome::Kind::kNotTried);
  EXPECT_EQ(ending.result->retry_after, absl::Milliseconds(100));
}

TEST_F(ProcessSinkTest, RefusesWhatDoesNotFitIntoAMessage) {
  host_.spec.max_message_bytes = 1024;
  Start();
  const Ending& ending = Deliver();
  EXPECT_EQ(KindOf(ending), Outcome::Kind::kRejected);
  EXPECT_THAT(MessageOf(ending), HasSubstr("raise its max_message_bytes"));
  EXPECT_THAT(Heard(), IsEmpty());
}

TEST_F(ProcessSinkTest, AnswersEveryDeliveryWhenItStops) {
  host_.manners.answers_stop = false;
  Start();
  const Ending& answered = Deliver();
  const Ending& given_up = Deliver();
  bool stopped = false;
  sink_->Stop([&stopped] { stopped = true; });
  Say(Answer(1));
  EXPECT_FALSE(stopped);
  host_.program().End("exited with code 0");
  host_.executor.RunReady();
  EXPECT_TRUE(stopped);
  EXPECT_EQ(KindOf(answered), Outcome::Kind::kDelivered);
  EXPECT_EQ(KindOf(given_up), Outcome::Kind::kUnknown);
}

TEST_F(ProcessSinkTest, AnswersWhatWaitsForAProcessWhenItStops) {
  Start();
  Crash();
  const Ending& waiting = Deliver();
  bool stopped = false;
  sink_->Stop([&stopped] { stopped = true; });
  EXPECT_TRUE(stopped);
  EXPECT_EQ(KindOf(waiting), Outcome::Kind::kNotTried);
}

}  // namespace
}  // namespace sluice::plugin_process
