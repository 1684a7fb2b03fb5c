#include "pipeline/runtime/health_board.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

class FixedClock final : public Clock {
 public:
  absl::Time Now() const override { return now; }
  absl::Time now = absl::FromUnixSeconds(1'700'000'000);
};

TEST(HealthBoardTest, BeginsAsStartingAndKeepsTheLastReport) {
  FixedClock clock;
  HealthBoard board("office", &clock);
  HealthReporter* reporter = board.reporter("feed");
  EXPECT_EQ(board.Get("feed").health.state, HealthState::kStarting);
  reporter->Report({HealthState::kPaused, "api_secret is wrong"});
  EXPECT_EQ(board.Get("feed").health.state, HealthState::kPaused);
  EXPECT_EQ(board.Get("feed").health.message, "api_secret is wrong");
}

TEST(HealthBoardTest, TellsSinceWhenAStateHolds) {
  FixedClock clock;
  HealthBoard board("office", &clock);
  HealthReporter* reporter = board.reporter("feed");
  clock.now += absl::Seconds(5);
  reporter->Report({HealthState::kDegraded, "503"});
  const absl::Time since = clock.now;
  clock.now += absl::Seconds(5);
  reporter->Report({HealthState::kDegraded, "502"});
  EXPECT_EQ(board.Get("feed").since, since);
  EXPECT_EQ(board.Get("feed").health.message, "502");
}

TEST(HealthBoardTest, GivesTheSameReporterForTheSameName) {
  FixedClock clock;
  HealthBoard board("office", &clock);
  EXPECT_EQ(board.reporter("a"), board.reporter("a"));
  EXPECT_NE(board.reporter("a"), board.reporter("b"));
}

TEST(HealthBoardTest, TakesAnUnknownComponentAsStarting) {
  FixedClock clock;
  HealthBoard board("office", &clock);
  EXPECT_EQ(board.Get("nobody").health.state, HealthState::kStarting);
}

}  // namespace
}  // namespace sluice
