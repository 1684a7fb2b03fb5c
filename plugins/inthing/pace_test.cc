#include "plugins/inthing/pace.h"

#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sluice::inthing {
namespace {

constexpr absl::Duration kStart = absl::Hours(1);

// Posts as fast as `pace` lets it for `time`; returns when each post went out.
std::vector<absl::Duration> PostFor(Pace& pace, absl::Duration time,
                                    bool urgent) {
  std::vector<absl::Duration> posts;
  for (absl::Duration now = kStart; now < kStart + time;) {
    const absl::Duration wait = pace.Wait(now, urgent);
    if (wait > absl::ZeroDuration()) {
      now += wait;
      continue;
    }
    pace.Take(now);
    posts.push_back(now);
  }
  return posts;
}

// The most posts in any window of `span`, however the windows lie.
size_t MostWithin(const std::vector<absl::Duration>& posts,
                  absl::Duration span) {
  size_t most = 0;
  for (size_t first = 0, next = 0; first < posts.size(); ++first) {
    while (next < posts.size() && posts[next] < posts[first] + span) ++next;
    most = std::max(most, next - first);
  }
  return most;
}

TEST(PaceTest, NoWindowOfTheServiceIsEverExceeded) {
  for (bool urgent : {false, true}) {
    Pace claimed(PaceLimits::Claimed());
    const auto posts = PostFor(claimed, absl::Hours(24), urgent);
    EXPECT_LE(MostWithin(posts, absl::Minutes(1)), 20);
    EXPECT_LE(MostWithin(posts, absl::Minutes(15)), 100);
    EXPECT_NEAR(posts.size(), 8640, 10);

    Pace unclaimed(PaceLimits::Unclaimed());
    const auto few = PostFor(unclaimed, absl::Hours(24), urgent);
    EXPECT_LE(MostWithin(few, absl::Minutes(1)), 10);
    EXPECT_LE(MostWithin(few, absl::Minutes(15)), 30);
    EXPECT_NEAR(few.size(), 2304, 10);
  }
}

TEST(PaceTest, ABurstGoesOutAtOnceAfterAPause) {
  Pace pace(PaceLimits::Claimed());
  EXPECT_EQ(pace.Wait(kStart, true), absl::ZeroDuration());
  const absl::Duration later = kStart + absl::Hours(1);
  int burst = 0;
  while (pace.Wait(later, true) == absl::ZeroDuration()) {
    pace.Take(later);
    ++burst;
  }
  EXPECT_EQ(burst, 10);
  EXPECT_EQ(pace.Wait(later, true), absl::Seconds(10));
}

TEST(PaceTest, OnlyUrgentPostsTakeTheReserve) {
  Pace pace(PaceLimits::Claimed());
  while (pace.Wait(kStart, false) == absl::ZeroDuration()) pace.Take(kStart);
  EXPECT_EQ(pace.Wait(kStart, true), absl::ZeroDuration());
  pace.Take(kStart);
  EXPECT_EQ(pace.Wait(kStart, true), absl::ZeroDuration());
  pace.Take(kStart);
  EXPECT_EQ(pace.Wait(kStart, true), absl::Seconds(10));
}

TEST(PaceTest, ABlockHoldsEveryPostBackAndLeavesNoBurst) {
  Pace pace(PaceLimits::Claimed());
  pace.Wait(kStart, false);
  pace.Block(kStart + absl::Minutes(5));
  EXPECT_EQ(pace.Wait(kStart + absl::Minutes(1), true), absl::Minutes(4));
  const absl::Duration end = kStart + absl::Minutes(5);
  EXPECT_EQ(pace.Wait(end, false), absl::ZeroDuration());
  pace.Take(end);
  EXPECT_EQ(pace.Wait(end, false), absl::Seconds(10));
}

TEST(PaceTest, AShareTakesThatPartOfTheLimits) {
  const PaceLimits half = PaceLimits::Claimed().Share(0.5);
  EXPECT_EQ(half.burst, 5);
  EXPECT_EQ(half.interval, absl::Seconds(20));
  const PaceLimits tiny = PaceLimits::Claimed().Share(0.01);
  EXPECT_EQ(tiny.burst, 1);
  EXPECT_EQ(tiny.reserve, 0);
  Pace pace(tiny);
  EXPECT_EQ(pace.Wait(kStart, false), absl::ZeroDuration());
}

TEST(PaceTest, NewLimitsCutTheTokensAtHand) {
  Pace pace(PaceLimits::Claimed());
  pace.Wait(kStart, false);
  const absl::Duration later = kStart + absl::Hours(1);
  pace.Wait(later, false);
  pace.SetLimits({.burst = 1, .interval = absl::Minutes(1), .reserve = 0});
  pace.Take(later);
  EXPECT_EQ(pace.Wait(later, false), absl::Minutes(1));
}

TEST(PaceTableTest, SinksOfOneStreamShareItsPaceWhileOneLives) {
  PaceTable table;
  auto one = table.Get("http://a", "/s/", PaceLimits::Claimed());
  const PaceLimits last = {
      .burst = 1, .interval = absl::Minutes(1), .reserve = 0};
  EXPECT_EQ(table.Get("http://a", "/s/", last), one);
  one->Take(kStart);
  EXPECT_EQ(one->Wait(kStart, false), absl::Minutes(1));
  EXPECT_NE(table.Get("http://b", "/s/", PaceLimits::Claimed()), one);
  EXPECT_NE(table.Get("http://a", "/t/", PaceLimits::Claimed()), one);
  std::weak_ptr<Pace> gone = one;
  one.reset();
  EXPECT_TRUE(gone.expired());
  EXPECT_NE(table.Get("http://a", "/s/", PaceLimits::Claimed()), nullptr);
}

}  // namespace
}  // namespace sluice::inthing
