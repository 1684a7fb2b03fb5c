#include "pipeline/plugin_process/process_source.h"

#include <optional>
#include <string>
#include <utility>
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
constexpr int kCredit = 8;

// A queue that is full when a test says so.
class FakeQueue final : public Emitter {
 public:
  bool TryEmit(Emission& emission) override {
    if (full) return false;
    taken.push_back(std::move(emission));
    return true;
  }
  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override {
    on_ready = std::move(ready);
  }
  void MakeRoom() {
    full = false;
    std::exchange(on_ready, nullptr)();
  }

  bool full = false;
  std::vector<Emission> taken;
  absl::AnyInvocable<void()> on_ready;
};

// One event, with its number as id, checkpoint and, if it is to be answered,
// number of the emission.
PluginMessage Emit(int number, bool answered = false) {
  EventBatchBuilder builder;
  builder.Add({.id = absl::StrCat(number)});
  PluginMessage message;
  plugin::v1::Emission& emission = *message.mutable_emission();
  emission.set_events(std::string(builder.Build()->wire()));
  emission.set_checkpoint(absl::StrCat(number));
  if (answered) emission.set_emission(static_cast<uint64_t>(number));
  return message;
}

class ProcessSourceTest : public testing::Test {
 protected:
  void Start(std::optional<std::string> checkpoint = std::nullopt) {
    source_.emplace(host_.Choice(plugin::v1::SOURCE), SourceTraits(),
                    host_.launcher());
    ASSERT_TRUE(
        source_->Start(host_.context, &queue_, std::move(checkpoint)).ok());
    host_.executor.RunReady();
  }

  void Say(const PluginMessage& message) {
    host_.program().Say(message);
    host_.executor.RunReady();
  }
  // From the event `first` on.
  void EmitAsManyAsAllowed(int first) {
    for (int i = 0; i < kCredit; ++i) Say(Emit(first + i));
  }
  void Crash() {
    host_.program().End(kCrash);
    host_.executor.RunReady();
  }
  // The next process runs.
  void Restart() { host_.executor.Advance(absl::Seconds(1)); }

  std::vector<std::string> TakenIds() const {
    std::vector<std::string> ids;
    for (const Emission& emission : queue_.taken) {
      ids.emplace_back(emission.events->event(0).id());
    }
    return ids;
  }
  const plugin::v1::Start& StartHeard() {
    return host_.program().heard.front().start();
  }
  // Since the start.
  uint32_t CreditHeard() {
    uint32_t credit = 0;
    for (const HostMessage& message : host_.program().heard) {
      credit += message.credit().emissions();
    }
    return credit;
  }
  std::vector<uint64_t> AcknowledgementsHeard() {
    std::vector<uint64_t> emissions;
    for (const HostMessage& message : host_.program().heard) {
      if (message.has_acknowledgement()) {
        emissions.push_back(message.acknowledgement().emission());
      }
    }
    return emissions;
  }

  FakeHost host_;
  FakeQueue queue_;
  std::optional<ProcessSource> source_;
};

TEST_F(ProcessSourceTest, GivesCreditBackForWhatTheQueueTakes) {
  Start();
  EXPECT_EQ(StartHeard().credit(), uint32_t{kCredit});
  EmitAsManyAsAllowed(1);
  EXPECT_THAT(queue_.taken, SizeIs(kCredit));
  EXPECT_EQ(CreditHeard(), uint32_t{kCredit});
  EmitAsManyAsAllowed(1 + kCredit);
  EXPECT_THAT(queue_.taken, SizeIs(2 * kCredit));
  EXPECT_FALSE(host_.program().killed);
}

TEST_F(ProcessSourceTest, HoldsAProgramToItsCredit) {
  Start();
  queue_.full = true;
  EmitAsManyAsAllowed(1);
  EXPECT_EQ(CreditHeard(), 0u);
  EXPECT_FALSE(host_.program().killed);
  Say(Emit(1 + kCredit));
  EXPECT_TRUE(host_.program().killed);
  EXPECT_THAT(host_.health.message,
              HasSubstr("plugin acme of plugin process fake emits more than it "
                        "has credit for"));
  EXPECT_EQ(host_.Metric("plugin_faults_total"), 1u);
}

TEST_F(ProcessSourceTest, ACrashLosesNothingThatHasArrived) {
  Start();
  queue_.full = true;
  EmitAsManyAsAllowed(1);
  Crash();
  Restart();
  // What has arrived still takes the place of what could come.
  EXPECT_EQ(StartHeard().checkpoint(), absl::StrCat(kCredit));
  EXPECT_EQ(StartHeard().credit(), 0u);
  queue_.MakeRoom();
  EXPECT_THAT(TakenIds(), ElementsAre("1", "2", "3", "4", "5", "6", "7", "8"));
  EXPECT_EQ(CreditHeard(), uint32_t{kCredit});
  Say(Emit(9));
  EXPECT_EQ(TakenIds().back(), "9");
}

TEST_F(ProcessSourceTest, TheNextProcessHasAllCreditOfARoomMadeMeanwhile) {
  Start();
  queue_.full = true;
  EmitAsManyAsAllowed(1);
  Crash();
  queue_.MakeRoom();
  EXPECT_THAT(queue_.taken, SizeIs(kCredit));
  Restart();
  EXPECT_EQ(StartHeard().credit(), uint32_t{kCredit});
  EXPECT_EQ(CreditHeard(), 0u);
}

TEST_F(ProcessSourceTest, BeginsBehindWhatIsStoredOrHasArrived) {
  Start("70");
  EXPECT_EQ(StartHeard().checkpoint(), "70");
  Say(Emit(71));
  Crash();
  Restart();
  EXPECT_EQ(StartHeard().checkpoint(), "71");
}

TEST_F(ProcessSourceTest, TellsTheProcessThatAskedWhatIsSafe) {
  Start();
  Say(Emit(1, /*answered=*/true));
  Say(Emit(2));
  Say(Emit(3, /*answered=*/true));
  EXPECT_EQ(queue_.taken[1].on_acknowledged, nullptr);
  queue_.taken[0].on_acknowledged(absl::OkStatus());
  EXPECT_THAT(AcknowledgementsHeard(), ElementsAre(1));
  Crash();
  Restart();
  queue_.taken[2].on_acknowledged(absl::OkStatus());
  EXPECT_THAT(AcknowledgementsHeard(), IsEmpty());
}

TEST_F(ProcessSourceTest, IsNotStartedAgainOnceItIsFinished) {
  Start();
  Say(Emit(1));
  PluginMessage finished;
  finished.mutable_finished();
  Say(finished);
  EXPECT_TRUE(source_->finished());
  Crash();
  Restart();
  EXPECT_THAT(host_.lives, SizeIs(1));
}

TEST_F(ProcessSourceTest, IsNotFinishedBeforeTheQueueHasItAll) {
  Start();
  queue_.full = true;
  Say(Emit(1));
  PluginMessage finished;
  finished.mutable_finished();
  Say(finished);
  EXPECT_FALSE(source_->finished());
  queue_.MakeRoom();
  EXPECT_TRUE(source_->finished());
}

TEST_F(ProcessSourceTest, KillsAProgramThatEmitsNoEventsOrAfterItsEnd) {
  Start();
  PluginMessage garbage;
  garbage.mutable_emission()->set_events("\x0a\x7fno event");
  Say(garbage);
  EXPECT_THAT(host_.health.message, HasSubstr("emits what cannot be read"));
  Restart();
  PluginMessage finished;
  finished.mutable_finished();
  Say(finished);
  Say(Emit(1));
  EXPECT_TRUE(host_.program().killed);
  EXPECT_THAT(queue_.taken, IsEmpty());
}

TEST_F(ProcessSourceTest, EmitsNothingOnceItStops) {
  host_.manners.answers_stop = false;
  Start();
  queue_.full = true;
  Say(Emit(1));
  bool stopped = false;
  source_->Stop([&stopped] { stopped = true; });
  Say(Emit(2));
  queue_.MakeRoom();
  EXPECT_THAT(queue_.taken, IsEmpty());
  host_.executor.Advance(host_.spec.stop_grace);
  EXPECT_TRUE(stopped);
}

}  // namespace
}  // namespace sluice::plugin_process
