#include "plugins/disruptive/server_clock.h"

#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace sluice::disruptive {
namespace {

// The executor's clock begins at Tue, 14 Nov 2023 22:13:20 GMT.
TEST(ServerClockTest, FollowsPings) {
  ManualExecutor executor;
  ServerClock clock(&executor);
  EXPECT_EQ(clock.Now(), executor.Now());
  clock.ObservePing(executor.Now() - absl::Minutes(3));
  executor.Advance(absl::Seconds(10));
  EXPECT_EQ(clock.Now(), executor.Now() - absl::Minutes(3));
}

TEST(ServerClockTest, DoesNotJumpWithOurClock) {
  ManualExecutor executor;
  ServerClock clock(&executor);
  const absl::Time begin = executor.Now();
  executor.JumpWallClock(absl::Hours(2));
  EXPECT_EQ(clock.Now(), begin);
  clock.ObservePing(begin + absl::Minutes(1));
  executor.JumpWallClock(-absl::Hours(5));
  executor.Advance(absl::Seconds(10));
  EXPECT_EQ(clock.Now(), begin + absl::Seconds(70));
}

TEST(ServerClockTest, DoesNotTrustAPingThatWaitedOnItsWay) {
  ManualExecutor executor;
  ServerClock clock(&executor);
  clock.ObservePing(executor.Now());
  clock.ObservePing(executor.Now() - absl::Minutes(9));
  EXPECT_EQ(clock.Now(), executor.Now());
  for (int i = 0; i < 4; ++i) {
    clock.ObservePing(executor.Now() - absl::Minutes(5));
  }
  EXPECT_EQ(clock.Now(), executor.Now() - absl::Minutes(5));
}

TEST(ServerClockTest, PrefersPingsToDates) {
  ManualExecutor executor;
  ServerClock clock(&executor);
  clock.ObservePing(executor.Now());
  clock.ObserveDate({{"date", "Tue, 14 Nov 2023 22:14:10 GMT"}});
  EXPECT_EQ(clock.Now(), executor.Now());
}

TEST(ServerClockTest, NoticesThatOurMachineSlept) {
  ManualExecutor executor;
  ServerClock clock(&executor);
  clock.ObservePing(executor.Now());
  clock.ObserveDate({{"date", "Tue, 14 Nov 2023 23:13:20 GMT"}});
  EXPECT_EQ(clock.Now(), executor.Now() + absl::Hours(1));
}

TEST(ServerClockTest, TakesTheDateOfAnAnswer) {
  ManualExecutor executor;
  ServerClock clock(&executor);
  clock.ObserveDate({{"date", "Tue, 14 Nov 2023 22:23:20 GMT"}});
  EXPECT_EQ(clock.Now(), executor.Now() + absl::Minutes(10));
  clock.ObserveDate({{"Date", "Tue, 14 Nov 2023 22:03:20 GMT"}});
  EXPECT_EQ(clock.Now(), executor.Now() - absl::Minutes(10) + absl::Seconds(1));
}

TEST(ServerClockTest, DoesNotLetWholeSecondsMoveAFinerClock) {
  ManualExecutor executor(absl::FromUnixMillis(1'700'000'000'700));
  ServerClock clock(&executor);
  clock.ObserveDate({{"Date", "Tue, 14 Nov 2023 22:13:20 GMT"}});
  EXPECT_EQ(clock.Now(), executor.Now());
  clock.ObserveDate({{"Date", "soon"}});
  clock.ObserveDate({});
  EXPECT_EQ(clock.Now(), executor.Now());
}

}  // namespace
}  // namespace sluice::disruptive
