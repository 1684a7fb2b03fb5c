#include "pipeline/monitoring/thread_watch.h"

#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

TEST(ThreadWatchTest, KnowsHowLongAThreadHasNotAnswered) {
  ManualExecutor quick;
  ManualExecutor stuck;
  ThreadWatch watch({{"io", &quick}, {"ingest", &stuck}});
  for (const ThreadWatch::Report& report : watch.Look(absl::Seconds(9))) {
    EXPECT_EQ(report.silent, absl::ZeroDuration()) << report.name;
  }
  for (int second = 10; second < 15; ++second) {
    watch.Ask(absl::Seconds(second));
    quick.RunReady();
  }
  const auto reports = watch.Look(absl::Seconds(15));
  ASSERT_EQ(reports.size(), 2u);
  EXPECT_EQ(reports[0].name, "io");
  EXPECT_EQ(reports[0].silent, absl::ZeroDuration());
  EXPECT_EQ(reports[1].name, "ingest");
  EXPECT_EQ(reports[1].silent, absl::Seconds(5));

  stuck.RunReady();
  EXPECT_EQ(watch.Look(absl::Seconds(16))[1].silent, absl::ZeroDuration());
  // Was asked once, not once a second.
  watch.Ask(absl::Seconds(20));
  EXPECT_EQ(watch.Look(absl::Seconds(21))[1].silent, absl::Seconds(1));
}

}  // namespace
}  // namespace sluice
