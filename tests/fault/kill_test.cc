// kill -9 at random moments of the main job: devices -> log -> feed and file.
#include <iostream>
#include <memory>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/fault/fault_fixture.h"
#include "tests/fault/file_oracle.h"
#include "tests/fault/kill_plan.h"
#include "tests/fault/sandbox_pipeline.h"
#include "tests/fault/sluice_process.h"
#include "tools/sandbox/fault_switch.h"

namespace sluice::fault {
namespace {

// Lives that end after the ready line.
constexpr int kKills = 32;
constexpr int kReadingsPerSecond = 200;
// Long enough to reconnect, read history and deliver.
constexpr absl::Duration kLongestLife = absl::Milliseconds(2500);
constexpr absl::Duration kDrainLimit = absl::Seconds(90);

class KillTest : public SandboxPipelineTest {
 protected:
  // Lets something go wrong at the feed, or nothing. Returns what.
  std::string TroubleFeed(Dice& dice) {
    sandbox::Fault fault;
    fault.service = "feed";
    fault.method = "POST";
    switch (dice.Roll(7)) {
      case 0:
        fault.status = 503;
        fault.count = 3;
        break;
      case 1:
        fault.status = 429;
        fault.retry_after = absl::Seconds(1);
        fault.count = 1;
        break;
      case 2:
        fault.kind = sandbox::FaultKind::kLoseAnswer;
        fault.count = 2;
        break;
      case 3:
        fault.kind = sandbox::FaultKind::kHalf;
        fault.count = 1;
        break;
      case 4:
        fault.kind = sandbox::FaultKind::kSlow;
        fault.delay = absl::Milliseconds(100);
        fault.count = 10;
        break;
      default:
        return "";
    }
    sandbox().faults().Add(fault);
    return absl::StrCat("; the feed: ",
                        std::string(sandbox::FaultKindName(fault.kind)));
  }

  // The same at the device cloud.
  std::string TroubleCloud(Dice& dice) {
    sandbox::Fault fault;
    fault.service = "disruptive";
    switch (dice.Roll(7)) {
      case 0:
        Control("POST", "/streams/cut", R"({"how": "reset"})");
        return "; the stream is cut";
      case 1:
        Control("POST", "/tokens/revoke");
        return "; tokens are revoked";
      case 2:
        fault.path = "/events";  // History.
        fault.status = 500;
        fault.count = 4;
        break;
      case 3:
        fault.path = "/events";
        fault.kind = sandbox::FaultKind::kHalf;
        fault.count = 4;
        break;
      case 4:
        fault.path = ":stream";
        fault.status = 503;
        fault.count = 1;
        break;
      default:
        return "";
    }
    sandbox().faults().Add(fault);
    return absl::StrCat("; the cloud, ", fault.path, ": ",
                        std::string(sandbox::FaultKindName(fault.kind)));
  }
};

TEST_F(KillTest, LosesAndDoublesNothingWhenKilledAtAnyMoment) {
  Dice dice(CampaignSeed());
  KillPlan plan(dice.Roll(UINT64_MAX), kLongestLife);
  const RunOptions options = Options();
  // Repeats on the stream, and tokens that end in the middle of a life.
  Control("POST", "/disruptive/settings",
          R"({"duplicate_every": 7, "token_lifetime": 3})");
  Control("POST", "/devices/start",
          absl::StrCat("{\"rate\":", kReadingsPerSecond, "}"));
  for (int kills = 0, life = 1; kills < kKills && !HasFailure(); ++life) {
    const KillMoment moment = plan.Next();
    SluiceProcess process(options);
    const std::string trouble =
        absl::StrCat(TroubleFeed(dice), TroubleCloud(dice));
    std::cout << "life " << life << " ends " << moment.ToString() << trouble
              << std::endl;
    kills += KillAt(moment, process, [this] { return WrittenMark(archive()); });
  }
  Control("POST", "/devices/stop");

  SluiceProcess process(options);
  ASSERT_TRUE(process.WaitReady());
  EXPECT_TRUE(WaitDelivered(process, kDrainLimit)) << process.last_line();
  EXPECT_EQ(process.Stop(), 0);
  const FileVerdict file = ExpectAllDelivered(process);
  ExpectSoundLog();

  // Deliveries were repeated: the feed recognised them, the file has no means
  // to.
  const sandbox::DestinationReport feed = Feed();
  std::cout << Published() << " events; repeats: feed " << feed.repeated
            << ", file " << file.repeated << "; faults "
            << sandbox().faults().fired("feed") << std::endl;
  EXPECT_GT(feed.repeated, 0);
  EXPECT_GT(file.repeated, 0u);
  EXPECT_GT(sandbox().faults().fired("feed"), 0);
}

}  // namespace
}  // namespace sluice::fault
