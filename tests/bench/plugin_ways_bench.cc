// What the way a sink runs costs: generate -> log, not synced -> null, with the
// sink linked in, loaded from a library, and as a process of its own.
//
// Usage: plugin_ways_bench [EVENTS]     a run of each way, default 1,000,000

#include <sys/resource.h>

#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "pipeline/runtime/process.h"
#include "pipeline/topology/config_loader.h"
#include "plugins/generate/plugin.h"
#include "plugins/null/plugin.h"

namespace sluice {
namespace {

constexpr uint64_t kDefaultEvents = 1'000'000;

struct Way {
  const char* name;
  bool linked;
  const char* plugins;
};

constexpr Way kWays[] = {
    {"linked", true, ""},
    {"library", false, "plugins: [{library: tests/bench/null_library.so}]\n"},
    {"process", false,
     "plugins: [{process: {name: n, command: tests/bench/null_process}}]\n"},
};

double CpuSeconds() {
  double seconds = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage = {};
    getrusage(who, &usage);
    for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
      seconds += static_cast<double>(time.tv_sec) +
                 static_cast<double>(time.tv_usec) / 1e6;
    }
  }
  return seconds;
}

std::string NewFolder() {
  std::string folder = "/tmp/plugin_ways.XXXXXX";
  PCHECK(mkdtemp(folder.data()) != nullptr);
  return folder;
}

void Measure(const Way& way, uint64_t events) {
  PluginRegistry registry;
  CHECK(generate::RegisterGenerate(registry).ok());
  if (way.linked) CHECK(null::RegisterNull(registry).ok());
  const std::string folder = NewFolder();
  const LoadResult loaded = LoadConfigText(
      absl::StrCat("data_dir: ", folder, "\nadmin: {listen: off}\n",
                   way.plugins,
                   "pipelines: {p: {acknowledge: buffered, sources: {s: "
                   "{generate: {count: ",
                   events, "}}}, sinks: {t: {null: {}}}}}\n"),
      "bench.yaml", registry, ProcessEnvironment());
  for (const ConfigProblem& problem : loaded.problems) {
    LOG(ERROR) << problem.ToString();
  }
  CHECK(loaded.ok());
  const double cpu_before = CpuSeconds();
  const absl::Time begin = absl::Now();
  auto process = Process::Start(loaded.loaded->spec);
  CHECK(process.ok()) << process.status();
  absl::Notification finished;
  (*process)->WhenFinished([&finished] { finished.Notify(); });
  finished.WaitForNotification();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begin);
  (*process)->Stop(absl::Seconds(10));
  const uint64_t delivered =
      (*process)->Status().pipelines(0).sinks(0).delivered();
  CHECK_EQ(delivered, events);
  // With that of the child, which has ended.
  const double cpu = CpuSeconds() - cpu_before;
  const double n = static_cast<double>(events);
  std::cout << absl::StrFormat("%-8s %12.0f events/s %8.2f CPU s/million\n",
                               way.name, n / seconds, cpu * 1e6 / n)
            << std::flush;
  process->reset();
  CHECK_EQ(std::system(absl::StrCat("rm -rf ", folder).c_str()), 0);
}

int Main(int argc, char** argv) {
  FLAGS_logtostderr = true;
  FLAGS_minloglevel = 1;
  uint64_t events = kDefaultEvents;
  if (argc > 1 && !absl::SimpleAtoi(argv[1], &events)) {
    std::cerr << "plugin_ways_bench: not a number: " << argv[1] << "\n";
    return 2;
  }
  for (const Way& way : kWays) Measure(way, events);
  return 0;
}

}  // namespace
}  // namespace sluice

int main(int argc, char** argv) { return sluice::Main(argc, argv); }
