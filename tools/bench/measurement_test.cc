#include "tools/bench/measurement.h"

#include <fcntl.h>
#include <unistd.h>

#include <map>
#include <string>
#include <thread>

#include "absl/synchronization/notification.h"
#include "gtest/gtest.h"

namespace sluice::bench {
namespace {

TEST(DistributionTest, GivesQuantilesOfItsValues) {
  Distribution values;
  for (int i = 100; i >= 1; --i) values.Add(absl::Milliseconds(i));
  EXPECT_EQ(values.Quantile(0), absl::Milliseconds(1));
  EXPECT_EQ(values.Quantile(0.5), absl::Milliseconds(51));
  EXPECT_EQ(values.Quantile(0.99), absl::Milliseconds(100));
  EXPECT_EQ(values.Quantile(1), absl::Milliseconds(100));
}

TEST(DistributionTest, IsZeroWithoutValues) {
  EXPECT_EQ(Distribution().Quantile(0.99), absl::ZeroDuration());
}

TEST(MeasurementTest, SeesMemoryThatThisProcessUsed) {
  const ResourceUse before = CurrentResourceUse();
  std::string block(64 << 20, 'x');
  for (size_t i = 0; i < block.size(); i += 4096) block[i] = 'y';
  const ResourceUse after = CurrentResourceUse();
  EXPECT_GE(after.peak_rss_bytes, before.peak_rss_bytes + (32 << 20));
  EXPECT_GE(after.cpu, before.cpu);
  EXPECT_GE(CurrentHoldings().rss_bytes, uint64_t{64} << 20);
}

TEST(MeasurementTest, CountsThreadsAndFileDescriptors) {
  const Holdings before = CurrentHoldings();
  absl::Notification stop;
  std::thread waiting([&stop] { stop.WaitForNotification(); });
  const int file = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  const Holdings during = CurrentHoldings();
  stop.Notify();
  waiting.join();
  ::close(file);
  EXPECT_EQ(during.threads, before.threads + 1);
  EXPECT_EQ(during.file_descriptors, before.file_descriptors + 1);
}

TEST(MeasurementTest, CpuTimeOfAThreadIsItsOwn) {
  const absl::Duration before = ThreadCpuTime();
  absl::Duration of_other;
  std::thread other([&of_other] {
    while (of_other < absl::Milliseconds(20)) of_other = ThreadCpuTime();
  });
  other.join();
  EXPECT_GE(of_other, absl::Milliseconds(20));
  EXPECT_LT(ThreadCpuTime() - before, of_other);
}

TEST(MeasurementTest, TellsTheCpuTimeOfEachThread) {
  absl::Notification end;
  std::thread other([&end] {
    while (ThreadCpuTime() < absl::Milliseconds(60)) {
    }
    end.WaitForNotification();
  });
  std::map<int, absl::Duration> times = ThreadCpuTimes();
  ASSERT_EQ(times.size(), 2u);
  ASSERT_EQ(times.count(::getpid()), 1u);
  const int thread = times.begin()->first == ::getpid() ? times.rbegin()->first
                                                        : times.begin()->first;
  while (times[thread] < absl::Milliseconds(50)) times = ThreadCpuTimes();
  end.Notify();
  other.join();
  EXPECT_EQ(ThreadCpuTimes().count(thread), 0u);
}

}  // namespace
}  // namespace sluice::bench
