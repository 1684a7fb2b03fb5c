#include "pipeline/runtime/backlog_forecast.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

constexpr absl::Duration kStart = absl::Milliseconds(3'600'250);

TEST(RateMeterTest, DoesNotGuessFromAFewSeconds) {
  RateMeter meter(kStart);
  meter.Note(kStart, 1000);
  EXPECT_EQ(meter.PerSecond(kStart + absl::Seconds(4)), std::nullopt);
  EXPECT_DOUBLE_EQ(*meter.PerSecond(kStart + absl::Seconds(5)), 200);
}

TEST(RateMeterTest, TellsTheRateOfTheLastMinute) {
  RateMeter meter(kStart);
  absl::Duration now = kStart;
  for (int i = 0; i < 3000; ++i) {
    meter.Note(now, i < 1500 ? 2 : 6);
    now += absl::Milliseconds(100);
    if (i > 60 && i < 1500) {
      EXPECT_NEAR(*meter.PerSecond(now), 20, 0.5) << i;
    }
    if (i > 2110) {
      EXPECT_NEAR(*meter.PerSecond(now), 60, 0.5) << i;
    }
  }
  // It falls as time goes by, and nothing of long ago comes back.
  EXPECT_NEAR(*meter.PerSecond(now + absl::Seconds(30)), 30, 1);
  EXPECT_EQ(meter.PerSecond(now + absl::Seconds(61)), 0);
  EXPECT_EQ(meter.PerSecond(now + absl::Hours(1)), 0);
  meter.Note(now + absl::Hours(1), 60);
  EXPECT_NEAR(*meter.PerSecond(now + absl::Hours(1)), 1, 0.05);
}

TEST(BacklogForecastTest, TwelveThousandAtFortyASecondTakeFiveMinutes) {
  const admin::v1::Backlog backlog =
      ForecastBacklog({.waiting = 12'000, .delivered = 40, .taken_in = 0});
  EXPECT_EQ(backlog.state(), admin::v1::BACKLOG_SHRINKS);
  EXPECT_EQ(backlog.done_in().seconds(), 300);
  EXPECT_EQ(backlog.delivered_per_second(), 40);
}

TEST(BacklogForecastTest, WhatIsTakenInMeanwhileHasToBeDeliveredToo) {
  EXPECT_EQ(
      ForecastBacklog({.waiting = 12'000, .delivered = 40, .taken_in = 30})
          .done_in()
          .seconds(),
      1200);
  EXPECT_EQ(
      ForecastBacklog({.waiting = 12'000, .delivered = 40, .taken_in = 40})
          .state(),
      admin::v1::BACKLOG_GROWS);
  EXPECT_EQ(
      ForecastBacklog({.waiting = 12'000, .delivered = 40, .taken_in = 41})
          .state(),
      admin::v1::BACKLOG_GROWS);
}

TEST(BacklogForecastTest, ABurstIsNotTakenForWhatTheLimitsAllow) {
  const admin::v1::Backlog backlog = ForecastBacklog(
      {.waiting = 12'000, .delivered = 100, .taken_in = 0, .allowed = 20.0});
  EXPECT_EQ(backlog.done_in().seconds(), 600);
  EXPECT_EQ(ForecastBacklog({.waiting = 12'000,
                             .delivered = 100,
                             .taken_in = 25,
                             .allowed = 20.0})
                .state(),
            admin::v1::BACKLOG_GROWS);
}

TEST(BacklogForecastTest, AWindowThatIsUsedUpEndsSomeTime) {
  // Ten minutes of nothing, in which 600 more come.
  const admin::v1::Backlog backlog =
      ForecastBacklog({.waiting = 12'000,
                       .delivered = 0,
                       .taken_in = 1,
                       .allowed = 22.0,
                       .held = absl::Minutes(10)});
  EXPECT_EQ(backlog.state(), admin::v1::BACKLOG_SHRINKS);
  EXPECT_EQ(backlog.done_in().seconds(), 600 + 12'600 / 21);
}

TEST(BacklogForecastTest, ASinkThatOnlyFailsStalls) {
  EXPECT_EQ(
      ForecastBacklog({.waiting = 1, .delivered = 0, .taken_in = 0}).state(),
      admin::v1::BACKLOG_STALLED);
  // A pause that no rate limit explains has no end that could be told.
  EXPECT_EQ(ForecastBacklog({.waiting = 1,
                             .delivered = 0,
                             .taken_in = 0,
                             .held = absl::Minutes(5)})
                .state(),
            admin::v1::BACKLOG_STALLED);
  // Nor does a limit help that is not what holds it up.
  EXPECT_EQ(ForecastBacklog(
                {.waiting = 1, .delivered = 0, .taken_in = 0, .allowed = 10.0})
                .state(),
            admin::v1::BACKLOG_STALLED);
}

TEST(BacklogForecastTest, SaysWhenNothingWaitsAndWhenNothingIsKnown) {
  EXPECT_EQ(ForecastBacklog({.waiting = 0}).state(), admin::v1::BACKLOG_NONE);
  EXPECT_EQ(ForecastBacklog({.waiting = 5}).state(),
            admin::v1::BACKLOG_UNKNOWN);
}

}  // namespace
}  // namespace sluice
