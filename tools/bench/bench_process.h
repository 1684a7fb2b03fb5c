// The real process with the pipelines of a configuration, and with the plugins
// of the bench beside the built-in ones.
#ifndef TOOLS_BENCH_BENCH_PROCESS_H_
#define TOOLS_BENCH_BENCH_PROCESS_H_

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/runtime/process.h"
#include "tools/bench/probe.h"

namespace sluice::bench {

// The name of the pipeline in scenarios that have one.
inline constexpr char kPipeline[] = "bench";

struct BenchConfig {
  std::string data_dir;
  uint64_t memory_bytes = 0;
  // The member `pipelines` of a configuration file, as YAML. Beside the
  // built-in plugins it may name the sources `devices` and `probe` and the
  // sinks `probe` and `down` (config.proto).
  std::string pipelines;
  // What the plugins `probe` are steered with; outlives the process.
  Probe* probe = nullptr;
};

// `sources` and `sinks` of kPipeline as YAML in flow style, and a level:
//   OnePipeline("in: {generate: {count: 1}}", "out: {null: {}}", "durable")
std::string OnePipeline(std::string_view sources, std::string_view sinks,
                        std::string_view level);

// Loads the configuration as `sluice run` does, and starts it.
//   kInvalidArgument: it is wrong; the message has every problem.
//   errors of Process::Start()
absl::StatusOr<std::unique_ptr<Process>> StartProcess(
    const BenchConfig& config);

// Blocks until every source is at its end and everything is delivered.
void WaitUntilFinished(Process* process);

// Blocks until `reached` is true of the first pipeline; looks every few
// milliseconds, for what nothing tells of. Returns what it saw.
admin::v1::PipelineStatus WaitUntil(
    Process* process,
    absl::FunctionRef<bool(const admin::v1::PipelineStatus&)> reached);

// Stops the process in order, and returns how its first pipeline stands then.
admin::v1::PipelineStatus StopProcess(Process* process);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_BENCH_PROCESS_H_
