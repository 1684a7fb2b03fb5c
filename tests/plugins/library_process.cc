#include "tests/plugins/library_process.h"

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "pipeline/topology/config_loader.h"

namespace sluice {
namespace {

constexpr absl::Duration kPatience = absl::Minutes(1);

}  // namespace

std::string LibraryPath(std::string_view name) {
  return absl::StrCat("tests/plugins/", std::string(name), ".so");
}

std::vector<std::string> ProblemsOf(const std::string& config,
                                    const PluginRegistry& registry) {
  const LoadResult result =
      LoadConfigText(config, "test.yaml", registry, ProcessEnvironment());
  std::vector<std::string> problems;
  for (const ConfigProblem& problem : result.problems) {
    problems.push_back(problem.ToString());
  }
  return problems;
}

admin::v1::ProcessStatus RunToTheEnd(const std::string& config,
                                     const PluginRegistry& registry,
                                     const std::string& data_dir) {
  const std::string text = absl::StrCat("data_dir: ", data_dir, "\n", config);
  const LoadResult loaded =
      LoadConfigText(text, "test.yaml", registry, ProcessEnvironment());
  for (const ConfigProblem& problem : loaded.problems) {
    ADD_FAILURE() << problem.ToString();
  }
  if (!loaded.ok()) return {};
  auto process = Process::Start(loaded.loaded->spec);
  EXPECT_TRUE(process.ok()) << process.status();
  if (!process.ok()) return {};
  absl::Notification finished;
  (*process)->WhenFinished([&finished] { finished.Notify(); });
  EXPECT_TRUE(finished.WaitForNotificationWithTimeout(kPatience))
      << (*process)->Status().DebugString();
  (*process)->Stop(absl::Seconds(10));
  return (*process)->Status();
}

int64_t MetricOf(const admin::v1::ProcessStatus& status,
                 std::string_view name) {
  int64_t sum = 0;
  for (const admin::v1::Metric& metric : status.metrics()) {
    if (metric.name() == name) sum += metric.value();
  }
  return sum;
}

}  // namespace sluice
