#include "pipeline/plugin_process/supervisor.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/plugin_process/fake_program.h"

namespace sluice::plugin_process {
namespace {

using plugin::v1::HostMessage;
using plugin::v1::PluginMessage;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kCrash[] = "was killed by signal 11 (Segmentation fault)";
constexpr absl::Duration kTick = absl::Milliseconds(1);

// A component that only notes what it is told.
class NotingOwner final : public Supervisor::Owner {
 public:
  void OnRunning() override { ++running; }
  absl::Status OnMessage(PluginMessage&) override { return on_message; }
  void OnLost(const std::string& why, std::deque<HostMessage>) override {
    lost.push_back(why);
  }
  bool WantsRestart() const override { return wants_restart; }

  int running = 0;
  std::vector<std::string> lost;
  absl::Status on_message;
  bool wants_restart = true;
};

class SupervisorTest : public testing::Test {
 protected:
  void Start() {
    supervisor_.emplace(host_.Choice(plugin::v1::SINK), &owner_,
                        host_.launcher());
    supervisor_->Start(host_.context);
    host_.executor.RunReady();
  }
  void Crash() {
    host_.program().End(kCrash);
    host_.executor.RunReady();
  }
  void Stop() {
    supervisor_->Stop([this] { ++stopped_; });
    host_.executor.RunReady();
  }

  FakeHost host_;
  NotingOwner owner_;
  std::optional<Supervisor> supervisor_;
  int stopped_ = 0;
};

TEST_F(SupervisorTest, WaitsLongerAfterEachCrashAndNeverGivesUp) {
  Start();
  absl::Duration bound = absl::Milliseconds(200);
  for (int crash = 1; crash <= 50; ++crash) {
    Crash();
    EXPECT_LE(supervisor_->until_start(), bound) << crash;
    EXPECT_GE(supervisor_->until_start(), 0.99 * bound) << crash;
    host_.executor.Advance(supervisor_->until_start());
    EXPECT_TRUE(supervisor_->running()) << crash;
    bound = std::min(2 * bound, absl::Seconds(30));
  }
  EXPECT_THAT(host_.lives, SizeIs(51));
  EXPECT_EQ(host_.Metric("plugin_restarts_total"), 50u);
  EXPECT_EQ(host_.Metric("plugin_faults_total"), 50u);
}

TEST_F(SupervisorTest, WaitsShortlyAgainAfterAWhileThatWentWell) {
  Start();
  for (int crash = 1; crash <= 5; ++crash) {
    Crash();
    host_.executor.Advance(supervisor_->until_start());
  }
  host_.executor.Advance(absl::Seconds(30) - kTick);
  Crash();
  EXPECT_GT(supervisor_->until_start(), absl::Seconds(6));
  host_.executor.Advance(supervisor_->until_start());
  host_.executor.Advance(absl::Seconds(30));
  Crash();
  EXPECT_LE(supervisor_->until_start(), absl::Milliseconds(200));
}

// A slow start that fails is no while that went well, however long it takes.
TEST_F(SupervisorTest, WaitsLongerAfterEachStartThatTakesTooLong) {
  host_.spec.start_timeout = absl::Minutes(1);
  host_.manners.starts = false;
  Start();
  for (int start = 1; start <= 5; ++start) {
    host_.executor.Advance(host_.spec.start_timeout);
    EXPECT_GE(supervisor_->until_start(),
              0.99 * absl::Milliseconds(100 << start));
    host_.executor.Advance(supervisor_->until_start());
  }
  EXPECT_THAT(owner_.lost[4], HasSubstr("did not start within 1m"));
}

TEST_F(SupervisorTest, SaysHowTheProcessEndedUntilTheNextOneRuns) {
  Start();
  EXPECT_EQ(host_.health.state, HealthState::kHealthy);
  Crash();
  const std::string sentence =
      absl::StrCat("plugin acme of plugin process fake ", kCrash);
  EXPECT_THAT(owner_.lost, ElementsAre(sentence));
  EXPECT_EQ(host_.health.state, HealthState::kDegraded);
  EXPECT_EQ(host_.health.message,
            absl::StrCat(sentence, "; it is started again"));
  host_.executor.Advance(supervisor_->until_start());
  EXPECT_EQ(host_.health.state, HealthState::kHealthy);
  EXPECT_EQ(owner_.running, 2);
}

TEST_F(SupervisorTest, KillsAProcessThatAnswersNoPing) {
  Start();
  host_.executor.Advance(absl::Minutes(10));
  EXPECT_FALSE(host_.program().killed) << "it did answer";
  host_.program().manners.answers_pings = false;
  // A ping is due every 10 s, and has 30 s.
  host_.executor.Advance(absl::Seconds(30) - kTick);
  EXPECT_FALSE(host_.program().killed);
  host_.executor.Advance(absl::Seconds(10) + kTick);
  EXPECT_TRUE(host_.lives[0]->killed);
  EXPECT_THAT(owner_.lost,
              ElementsAre(HasSubstr("hangs: it did not answer within 30s")));
  EXPECT_EQ(host_.Metric("plugin_faults_total"), 1u);
  host_.executor.Advance(supervisor_->until_start());
  EXPECT_TRUE(supervisor_->running());
}

TEST_F(SupervisorTest, ARefusalToStartIsNoFault) {
  host_.manners.refusal = "not today";
  Start();
  EXPECT_THAT(owner_.lost, ElementsAre(HasSubstr("refuses to start: not "
                                                 "today")));
  EXPECT_EQ(host_.Metric("plugin_faults_total"), 0u);
  host_.manners.refusal = "";
  host_.executor.Advance(supervisor_->until_start());
  EXPECT_EQ(owner_.running, 1);
}

TEST_F(SupervisorTest, KillsAProcessForWhatTheComponentObjectsTo) {
  Start();
  owner_.on_message = absl::InvalidArgumentError("is rude");
  PluginMessage message;
  message.mutable_finished();
  host_.program().Say(message);
  host_.executor.RunReady();
  EXPECT_TRUE(host_.program().killed);
  EXPECT_THAT(owner_.lost, ElementsAre(HasSubstr("fake is rude")));
}

TEST_F(SupervisorTest, HearsNothingThatIsSaidAfterTheEnd) {
  Start();
  owner_.on_message = absl::InvalidArgumentError("is rude");
  PluginMessage late;
  late.mutable_finished();
  // Both are under way to us when the first arrives.
  host_.program().End(kCrash);
  host_.program().Say(late);
  host_.executor.RunReady();
  host_.executor.Advance(supervisor_->until_start());
  host_.lives[0]->Say(late);
  host_.lives[0]->End("again");
  host_.executor.RunReady();
  EXPECT_TRUE(supervisor_->running());
  EXPECT_THAT(owner_.lost, ElementsAre(HasSubstr(kCrash)));
}

TEST_F(SupervisorTest, StartsNothingAgainThatHasNothingToDo) {
  Start();
  owner_.wants_restart = false;
  Crash();
  host_.executor.Advance(absl::Hours(1));
  EXPECT_THAT(host_.lives, SizeIs(1));
}

TEST_F(SupervisorTest, StopsTheComponentThenTheProcess) {
  Start();
  Stop();
  EXPECT_TRUE(host_.program().heard.back().has_stop());
  EXPECT_TRUE(host_.program().terminated);
  EXPECT_FALSE(host_.program().killed);
  EXPECT_EQ(stopped_, 1);
  EXPECT_EQ(host_.Metric("plugin_faults_total"), 0u);
  host_.executor.Advance(absl::Hours(1));
  EXPECT_THAT(host_.lives, SizeIs(1));
}

TEST_F(SupervisorTest, KillsAProcessThatDoesNotStop) {
  host_.manners.answers_stop = false;
  host_.manners.ends_on_sigterm = false;
  Start();
  Stop();
  host_.executor.Advance(host_.spec.stop_grace - kTick);
  EXPECT_FALSE(host_.program().terminated);
  host_.executor.Advance(kTick);
  EXPECT_TRUE(host_.program().terminated);
  host_.executor.Advance(host_.spec.stop_grace - kTick);
  EXPECT_FALSE(host_.program().killed);
  EXPECT_EQ(stopped_, 0);
  host_.executor.Advance(kTick);
  EXPECT_TRUE(host_.program().killed);
  EXPECT_EQ(stopped_, 1);
}

TEST_F(SupervisorTest, DoesNotWaitForAProcessThatCannotBeKilled) {
  host_.manners.answers_stop = false;
  host_.manners.ends_on_sigterm = false;
  host_.manners.ends_on_sigkill = false;
  Start();
  Stop();
  host_.executor.Advance(absl::Minutes(1));
  EXPECT_EQ(stopped_, 1);
  EXPECT_THAT(owner_.lost, ElementsAre(HasSubstr("cannot be killed")));
  host_.program().End("at last");
  host_.executor.RunReady();
  EXPECT_EQ(stopped_, 1);
}

TEST_F(SupervisorTest, StopsBetweenTwoProcesses) {
  Start();
  Crash();
  Stop();
  EXPECT_EQ(stopped_, 1);
  host_.executor.Advance(absl::Hours(1));
  EXPECT_THAT(host_.lives, SizeIs(1));
}

TEST_F(SupervisorTest, KillsTheProcessWhenItGoesAway) {
  Start();
  supervisor_.reset();
  EXPECT_TRUE(host_.program().killed);
  EXPECT_EQ(host_.executor.pending_timers(), 0);
  EXPECT_THAT(owner_.lost, IsEmpty());
}

}  // namespace
}  // namespace sluice::plugin_process
