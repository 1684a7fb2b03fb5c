#include "tests/plugins/library_process.h"

#include "absl/strings/str_cat.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"

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

LoadResult Load(const std::string& config, const PluginRegistry& registry,
                const std::string& data_dir) {
  LoadResult loaded =
      LoadConfigText(absl::StrCat("data_dir: ", data_dir, "\n", config),
                     "test.yaml", registry, ProcessEnvironment());
  for (const ConfigProblem& problem : loaded.problems) {
    ADD_FAILURE() << problem.ToString();
  }
  return loaded;
}

admin::v1::ProcessStatus AwaitTheEnd(Process& process) {
  absl::Notification finished;
  process.WhenFinished([&finished] { finished.Notify(); });
  EXPECT_TRUE(finished.WaitForNotificationWithTimeout(kPatience))
      << process.Status().DebugString();
  process.Stop(absl::Seconds(10));
  return process.Status();
}

admin::v1::ProcessStatus RunToTheEnd(const std::string& config,
                                     const PluginRegistry& registry,
                                     const std::string& data_dir) {
  const LoadResult loaded = Load(config, registry, data_dir);
  if (!loaded.ok()) return {};
  auto process = Process::Start(loaded.loaded->spec);
  EXPECT_TRUE(process.ok()) << process.status();
  return process.ok() ? AwaitTheEnd(**process) : admin::v1::ProcessStatus();
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
