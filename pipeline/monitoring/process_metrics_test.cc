#include "pipeline/monitoring/process_metrics.h"

#include <fcntl.h>
#include <unistd.h>

#include <map>

#include "gtest/gtest.h"

namespace sluice {
namespace {

std::map<std::string, double> Values(const std::string& data_dir) {
  std::map<std::string, double> values;
  for (const MetricFamily& family :
       ProcessMetrics(data_dir, absl::FromUnixSeconds(1234))) {
    if (!family.points.empty()) values[family.name] = family.points[0].value;
  }
  return values;
}

TEST(ProcessMetricsTest, TellsOfThisProcessAndItsDisk) {
  std::map<std::string, double> values = Values(testing::TempDir());
  EXPECT_EQ(values["process_start_time_seconds"], 1234);
  EXPECT_GT(values["process_cpu_seconds_total"], 0);
  EXPECT_GT(values["process_resident_memory_bytes"], 1 << 20);
  EXPECT_GE(values["process_virtual_memory_bytes"],
            values["process_resident_memory_bytes"]);
  EXPECT_GE(values["process_open_fds"], 3);
  EXPECT_GE(values["process_max_fds"], values["process_open_fds"]);
  EXPECT_GT(values["sluice_disk_size_bytes"], 0);
  EXPECT_GE(values["sluice_disk_size_bytes"],
            values["sluice_disk_available_bytes"]);
}

TEST(ProcessMetricsTest, CountsOpenFiles) {
  const double before = Values("/")["process_open_fds"];
  const int file = open("/", O_RDONLY | O_CLOEXEC);
  ASSERT_GE(file, 0);
  EXPECT_EQ(Values("/")["process_open_fds"], before + 1);
  close(file);
}

TEST(ProcessMetricsTest, WhatCannotBeReadHasNoValue) {
  EXPECT_FALSE(Values("/nowhere").contains("sluice_disk_size_bytes"));
}

}  // namespace
}  // namespace sluice
