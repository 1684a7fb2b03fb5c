#include "tools/bench/figures.h"

#include "gtest/gtest.h"

namespace sluice::bench {
namespace {

TEST(FiguresTest, RatioToNothingIsZero) {
  EXPECT_EQ(Ratio(3, 4), 0.75);
  EXPECT_EQ(Ratio(3, 0), 0);
}

TEST(FiguresTest, WorkBecomesARateAndAPrice) {
  const Work work = {2'000'000, absl::Seconds(4), absl::Seconds(3)};
  Figures figures;
  AddWork("read_", work, &figures);
  EXPECT_EQ(figures, (Figures{{"read_events_per_second", 500'000},
                              {"read_cpu_seconds_per_million_events", 1.5}}));
}

TEST(FiguresTest, NoWorkIsNoDivisionByZero) {
  EXPECT_EQ(Work().events_per_second(), 0);
  EXPECT_EQ(Work().cpu_seconds_per_million_events(), 0);
}

TEST(FiguresTest, MainWorkTellsEventsAndTimeToo) {
  Figures figures;
  AddMainWork({100, absl::Seconds(2), absl::ZeroDuration()}, &figures);
  EXPECT_EQ(FindFigure(figures, "events"), 100);
  EXPECT_EQ(FindFigure(figures, "elapsed_seconds"), 2);
  EXPECT_EQ(FindFigure(figures, "events_per_second"), 50);
}

TEST(FiguresTest, QuantilesAreInMilliseconds) {
  Distribution values;
  for (int i = 0; i < 1000; ++i) values.Add(absl::Microseconds(i));
  Figures figures;
  AddQuantiles("idle", values, &figures);
  EXPECT_EQ(figures, (Figures{{"idle_p50_milliseconds", 0.5},
                              {"idle_p99_milliseconds", 0.99},
                              {"idle_p999_milliseconds", 0.999}}));
}

TEST(FiguresTest, AFigureThatIsNotThereIsZero) {
  EXPECT_EQ(FindFigure({{"a", 1}}, "b"), 0);
}

TEST(StopwatchTest, SeesTimeAndCpuOfTheWholeProcess) {
  const Stopwatch all;
  const ThreadStopwatch own;
  while (own.Observe(1).cpu < absl::Milliseconds(5)) {
  }
  EXPECT_GE(own.Observe(1).elapsed, absl::Milliseconds(5));
  EXPECT_GE(all.Observe(1).cpu, absl::Milliseconds(4));
}

}  // namespace
}  // namespace sluice::bench
