#include "pipeline/rate/rate_bucket.h"

#include <algorithm>
#include <cstddef>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr absl::Duration kStart = absl::Hours(1);
const std::vector<RateWindow> kWindows = {{20, absl::Minutes(1)},
                                          {100, absl::Minutes(15)}};
const RateLimits kLimits = RateLimits::Within(kWindows, 10, 2);

// Sends as fast as `bucket` lets it for `time`; returns when each request went.
std::vector<absl::Duration> SendFor(RateBucket& bucket, absl::Duration time,
                                    bool urgent) {
  std::vector<absl::Duration> sent;
  for (absl::Duration now = kStart; now < kStart + time;) {
    const absl::Duration wait = bucket.Wait(now, urgent);
    if (wait > absl::ZeroDuration()) {
      now += wait;
      continue;
    }
    bucket.Take(now);
    sent.push_back(now);
  }
  return sent;
}

// The most requests in any window of `span`, however the windows lie.
size_t MostWithin(const std::vector<absl::Duration>& sent,
                  absl::Duration span) {
  size_t most = 0;
  for (size_t first = 0, next = 0; first < sent.size(); ++first) {
    while (next < sent.size() && sent[next] < sent[first] + span) ++next;
    most = std::max(most, next - first);
  }
  return most;
}

TEST(RateBucketTest, NoWindowIsEverExceededHoweverItLies) {
  struct Case {
    std::vector<RateWindow> windows;
    double burst;
  };
  const std::vector<Case> cases = {
      {kWindows, 10},
      {{{10, absl::Minutes(1)}, {30, absl::Minutes(15)}}, 6},
      {{{1000, absl::Minutes(1)},
        {12'000, absl::Minutes(15)},
        {48'000, absl::Hours(1)}},
       200}};
  for (const Case& c : cases) {
    for (const bool urgent : {false, true}) {
      RateBucket bucket(RateLimits::Within(c.windows, c.burst, 1));
      // A full bucket first: the worst that can happen.
      bucket.Wait(kStart - absl::Hours(1), false);
      const absl::Duration time =
          c.burst > 100 ? absl::Hours(3) : absl::Hours(24);
      const auto sent = SendFor(bucket, time, urgent);
      double per_second = 1e9;
      for (const RateWindow& window : c.windows) {
        EXPECT_LE(MostWithin(sent, window.span),
                  static_cast<size_t>(window.max));
        per_second =
            std::min(per_second, (static_cast<double>(window.max) - c.burst) /
                                     absl::ToDoubleSeconds(window.span));
      }
      EXPECT_NEAR(static_cast<double>(sent.size()),
                  per_second * absl::ToDoubleSeconds(time) + c.burst, c.burst);
    }
  }
}

TEST(RateBucketTest, ABurstGoesOutAtOnceAfterAPause) {
  RateBucket bucket(kLimits);
  EXPECT_EQ(bucket.Wait(kStart, true), absl::ZeroDuration());
  const absl::Duration later = kStart + absl::Hours(1);
  int burst = 0;
  while (bucket.Wait(later, true) == absl::ZeroDuration()) {
    bucket.Take(later);
    ++burst;
  }
  EXPECT_EQ(burst, 10);
  EXPECT_EQ(bucket.Wait(later, true), absl::Seconds(10));
}

TEST(RateBucketTest, OnlyUrgentRequestsTakeTheReserve) {
  RateBucket bucket(kLimits);
  while (bucket.Wait(kStart, false) == absl::ZeroDuration()) {
    bucket.Take(kStart);
  }
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(bucket.Wait(kStart, true), absl::ZeroDuration());
    bucket.Take(kStart);
  }
  EXPECT_EQ(bucket.Wait(kStart, true), absl::Seconds(10));
}

TEST(RateBucketTest, ABlockHoldsEverythingBackAndLeavesNoBurst) {
  RateBucket bucket(kLimits);
  bucket.Wait(kStart, false);
  bucket.Block(kStart + absl::Minutes(5));
  EXPECT_EQ(bucket.Wait(kStart + absl::Minutes(1), true), absl::Minutes(4));
  const absl::Duration end = kStart + absl::Minutes(5);
  EXPECT_EQ(bucket.Wait(end, false), absl::ZeroDuration());
  bucket.Take(end);
  EXPECT_EQ(bucket.Wait(end, false), absl::Seconds(10));
}

TEST(RateBucketTest, APartLeavesRoomForOthers) {
  const RateLimits half = kLimits.Part(0.5);
  EXPECT_EQ(half.burst, 5);
  EXPECT_EQ(half.interval, absl::Seconds(20));
  const RateLimits tiny = kLimits.Part(0.01);
  EXPECT_EQ(tiny.burst, 1);
  EXPECT_EQ(tiny.reserve, 0);
  EXPECT_EQ(RateBucket(tiny).Wait(kStart, false), absl::ZeroDuration());
}

TEST(RateBucketTest, OfTwoLimitsTheTighterOfEachPartCounts) {
  const RateLimits both =
      kLimits.TightenedBy({.burst = 20, .interval = absl::Minutes(1)});
  EXPECT_EQ(both.burst, 10);
  EXPECT_EQ(both.interval, absl::Minutes(1));
  EXPECT_EQ(both.reserve, 2);
  EXPECT_EQ(kLimits.TightenedBy({.burst = 1}).reserve, 0);
}

TEST(RateBucketTest, NewLimitsCutTheTokensAtHand) {
  RateBucket bucket(kLimits);
  bucket.Wait(kStart, false);
  const absl::Duration later = kStart + absl::Hours(1);
  bucket.Wait(later, false);
  bucket.SetLimits({.burst = 1, .interval = absl::Minutes(1)});
  bucket.Take(later);
  EXPECT_EQ(bucket.Wait(later, false), absl::Minutes(1));
}

}  // namespace
}  // namespace sluice
