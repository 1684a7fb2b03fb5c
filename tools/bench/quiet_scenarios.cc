// growth_pipelines, idle: what a process takes that has nothing to do.
#include <algorithm>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/base/status_macros.h"
#include "tools/bench/bench_process.h"
#include "tools/bench/growth_scenarios.h"

namespace sluice::bench {
namespace {

constexpr uint64_t kMostPipelines = 10'000;
// What a pipeline needs of memory_bytes at least, rounded up: a bound, most of
// which a quiet one never takes.
constexpr uint64_t kPipelineMemory = uint64_t{12} << 20;

// Each emits one event at its start and the next one after half an hour.
std::string QuietPipelines(uint64_t count) {
  std::string pipelines = "{";
  for (uint64_t i = 0; i < count; ++i) {
    absl::StrAppend(&pipelines, i == 0 ? "" : ", ", "p", i,
                    ": {sources: {in: {generate: {rate: 0.0005}}}, "
                    "sinks: {out: {null: {}}}}");
  }
  return pipelines + "}";
}

uint64_t Delivered(const admin::v1::ProcessStatus& status) {
  uint64_t delivered = 0;
  for (const admin::v1::PipelineStatus& pipeline : status.pipelines()) {
    delivered += pipeline.sinks(0).delivered();
  }
  return delivered;
}

// Watches the process for `options.idle_time` of its idleness.
void WatchIdle(const ScenarioOptions& options, Figures* figures) {
  const Stopwatch watch;
  absl::SleepFor(options.idle_time);
  const Work idle = watch.Observe(0);
  const double written = static_cast<double>(watch.written_bytes());
  figures->emplace_back("idle_cpu_percent",
                        100 * Ratio(absl::ToDoubleSeconds(idle.cpu),
                                    absl::ToDoubleSeconds(idle.elapsed)));
  figures->emplace_back("idle_written_bytes_per_second",
                        Ratio(written, absl::ToDoubleSeconds(idle.elapsed)));
  const Holdings holdings = CurrentHoldings();
  figures->emplace_back("resident_mib",
                        ToMib(static_cast<double>(holdings.rss_bytes)));
  figures->emplace_back("threads", static_cast<double>(holdings.threads));
  figures->emplace_back("file_descriptors",
                        static_cast<double>(holdings.file_descriptors));
}

absl::StatusOr<ScenarioResult> Quiet(const ScenarioOptions& options,
                                     uint64_t pipelines) {
  SLUICE_ASSIGN_OR_RETURN(const std::string folder,
                          MakeFolder(options, "data"));
  const Holdings before = CurrentHoldings();
  const absl::Time begin = absl::Now();
  SLUICE_ASSIGN_OR_RETURN(
      const std::unique_ptr<Process> process,
      StartProcess({.data_dir = folder,
                    .memory_bytes = std::max(options.memory_bytes,
                                             pipelines * kPipelineMemory),
                    .pipelines = QuietPipelines(pipelines)}));
  const absl::Duration started = absl::Now() - begin;
  WaitUntil(process.get(), [&](const admin::v1::PipelineStatus&) {
    return Delivered(process->Status()) >= pipelines;
  });
  ScenarioResult result;
  result.figures.emplace_back("pipelines", static_cast<double>(pipelines));
  result.figures.emplace_back("start_seconds", absl::ToDoubleSeconds(started));
  WatchIdle(options, &result.figures);
  result.figures.emplace_back(
      "peak_rss_mib",
      ToMib(static_cast<double>(CurrentResourceUse().peak_rss_bytes)));
  const double rss = ToMib(static_cast<double>(before.rss_bytes));
  result.figures.emplace_back(
      "resident_mib_per_pipeline",
      Ratio(FindFigure(result.figures, "resident_mib") - rss,
            static_cast<double>(pipelines)));
  StopProcess(process.get());
  result.complete = Delivered(process->Status()) == pipelines;
  return result;
}

absl::StatusOr<ScenarioResult> GrowthPipelines(const ScenarioOptions& options) {
  if (options.pipelines == 0 || options.pipelines > kMostPipelines) {
    return absl::InvalidArgumentError(
        absl::StrCat("growth_pipelines starts 1 to ", kMostPipelines,
                     " pipelines, not ", options.pipelines));
  }
  return Quiet(options, options.pipelines);
}

absl::StatusOr<ScenarioResult> Idle(const ScenarioOptions& options) {
  return Quiet(options, 1);
}

}  // namespace

std::vector<Scenario> QuietScenarios() {
  constexpr ScenarioGroup kGroup = ScenarioGroup::kGrowth;
  return {
      {"growth_pipelines", kGroup, "many quiet pipelines in one process",
       &GrowthPipelines},
      {"idle", kGroup, "one quiet pipeline: CPU and memory for nothing", &Idle},
  };
}

}  // namespace sluice::bench
