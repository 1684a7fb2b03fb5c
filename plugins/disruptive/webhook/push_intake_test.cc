#include "plugins/disruptive/webhook/push_intake.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/disruptive/webhook/push_testing.h"
#include "tests/testing/manual_executor.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr absl::Duration kTimeout = absl::Seconds(8);

class PushIntakeTest : public ::testing::Test {
 protected:
  PushIntakeTest() {
    intake_ = PushIntake::Create(
        kTimeout, &executor_, &emitter_,
        {&pushes_, &acknowledged_, &malformed_, &put_off_, &waiting_},
        [this](bool blocked) { blocked_.push_back(blocked); });
  }

  std::shared_ptr<KeptAnswer> Push(const std::string& body) {
    auto responder = std::make_shared<KeptAnswer>();
    intake_->Take(body, responder);
    return responder;
  }
  // 0: no answer yet.
  static int StatusOf(const std::shared_ptr<KeptAnswer>& answer) {
    EXPECT_LE(answer->sent, 1);
    return answer->answer.has_value() ? answer->answer->status : 0;
  }
  static void ExpectPutOff(const std::shared_ptr<KeptAnswer>& answer) {
    ASSERT_EQ(StatusOf(answer), 503);
    EXPECT_EQ(FindHeader(answer->answer->headers, "Retry-After"), "5");
  }

  ManualExecutor executor_;
  HoldingEmitter emitter_;
  Counter pushes_;
  Counter acknowledged_;
  Counter malformed_;
  Counter put_off_;
  Gauge waiting_;
  std::vector<bool> blocked_;
  std::shared_ptr<PushIntake> intake_;
};

TEST_F(PushIntakeTest, AnswersOnceTheEventIsSafe) {
  const auto answer = Push(PushBody("e1"));
  EXPECT_EQ(StatusOf(answer), 0);
  EXPECT_EQ(waiting_.value(), 1);
  ASSERT_THAT(emitter_.held(), SizeIs(1));
  const Emission& emission = emitter_.held().front();
  ASSERT_EQ(emission.events->size(), 1u);
  const EventView event = emission.events->event(0);
  EXPECT_EQ(event.id(), "e1");
  EXPECT_EQ(event.source(), "//disruptive-technologies.com/projects/p1");
  EXPECT_EQ(event.subject(), "d1");
  EXPECT_EQ(event.type(), "touch");
  EXPECT_EQ(event.label("room"), "99");
  EXPECT_EQ(event.label("deviceType"), "touch");
  EXPECT_EQ(event.label("productNumber"), "102081");
  executor_.Advance(kTimeout - absl::Milliseconds(1));
  EXPECT_EQ(StatusOf(answer), 0);
  emitter_.Acknowledge();
  EXPECT_EQ(StatusOf(answer), 200);
  EXPECT_EQ(waiting_.value(), 0);
  EXPECT_EQ(acknowledged_.value(), 1u);
  EXPECT_EQ(executor_.pending_timers(), 0);
}

TEST_F(PushIntakeTest, PutsOffWhatIsNotSafeInTime) {
  const auto answer = Push(PushBody("e1"));
  executor_.Advance(kTimeout);
  ExpectPutOff(answer);
  // It becomes safe after all: nobody is told twice.
  emitter_.Acknowledge();
  EXPECT_EQ(StatusOf(answer), 503);
  EXPECT_EQ(acknowledged_.value(), 0u);
  EXPECT_EQ(put_off_.value(), 1u);
}

TEST_F(PushIntakeTest, PutsOffWhatTheQueueHasNoRoomFor) {
  emitter_.set_full(true);
  ExpectPutOff(Push(PushBody("e1")));
  ExpectPutOff(Push(PushBody("e2")));
  // The second is not tried: the emitter says when there is room.
  EXPECT_EQ(emitter_.refusals(), 1);
  EXPECT_THAT(blocked_, ElementsAre(true));
  EXPECT_EQ(waiting_.value(), 0);
  emitter_.set_full(false);
  EXPECT_THAT(blocked_, ElementsAre(true, false));
  const auto answer = Push(PushBody("e1"));
  emitter_.Acknowledge();
  EXPECT_EQ(StatusOf(answer), 200);
}

TEST_F(PushIntakeTest, PutsOffWhatThePipelineGivesUp) {
  const auto answer = Push(PushBody("e1"));
  emitter_.Acknowledge(absl::CancelledError("stopped"));
  ExpectPutOff(answer);
}

TEST_F(PushIntakeTest, KeepsWhatIsNoEventAsADeadLetter) {
  const std::string body = R"({"event":{"eventType":"touch"}})";
  const auto answer = Push(body);
  ASSERT_THAT(emitter_.held(), SizeIs(1));
  const Emission& emission = emitter_.held().front();
  EXPECT_EQ(emission.events, nullptr);
  ASSERT_THAT(emission.malformed, SizeIs(1));
  EXPECT_EQ(emission.malformed[0].bytes, body);
  EXPECT_EQ(emission.malformed[0].reason, "no_event_id");
  EXPECT_EQ(StatusOf(answer), 0);
  emitter_.Acknowledge();
  EXPECT_EQ(StatusOf(answer), 200);
  EXPECT_EQ(malformed_.value(), 1u);
}

TEST_F(PushIntakeTest, RefusesWhatIsNoJsonObject) {
  for (const char* body : {"", "hello", "[]", "{", "{} {}", "\"\xff\""}) {
    EXPECT_EQ(StatusOf(Push(body)), 400) << body;
  }
  EXPECT_THAT(emitter_.held(), IsEmpty());
}

TEST_F(PushIntakeTest, BoundsWhatWaits) {
  std::vector<std::shared_ptr<KeptAnswer>> answers;
  for (int i = 0; i < 10'000; ++i) {
    answers.push_back(Push(PushBody(absl::StrCat("e", i))));
  }
  EXPECT_EQ(waiting_.value(), 10'000);
  // Overdue answers do not make room: their events wait on.
  executor_.Advance(kTimeout);
  ExpectPutOff(answers[0]);
  ExpectPutOff(Push(PushBody("more")));
  emitter_.Acknowledge();
  EXPECT_EQ(StatusOf(Push(PushBody("more"))), 0);
}

TEST_F(PushIntakeTest, AStopWaitsForWhatBecomesSafe) {
  const auto safe = Push(PushBody("e1"));
  bool stopped = false;
  intake_->Stop(absl::Seconds(2), [&] { stopped = true; });
  ExpectPutOff(Push(PushBody("e2")));
  EXPECT_THAT(emitter_.held(), SizeIs(1));
  EXPECT_FALSE(stopped);
  emitter_.Acknowledge();
  EXPECT_EQ(StatusOf(safe), 200);
  EXPECT_TRUE(stopped);
}

TEST_F(PushIntakeTest, AStopWaitsSoLongAndNoLonger) {
  const auto late = Push(PushBody("e1"));
  bool stopped = false;
  intake_->Stop(absl::Seconds(2), [&] { stopped = true; });
  executor_.Advance(absl::Seconds(2));
  EXPECT_TRUE(stopped);
  ExpectPutOff(late);
  // Nothing is left that the acknowledgement could touch.
  intake_.reset();
  emitter_.Acknowledge();
  EXPECT_EQ(StatusOf(late), 503);
}

TEST_F(PushIntakeTest, AStopWithNothingUnderWayIsDoneAtOnce) {
  bool stopped = false;
  intake_->Stop(absl::Seconds(2), [&] { stopped = true; });
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace sluice::disruptive
