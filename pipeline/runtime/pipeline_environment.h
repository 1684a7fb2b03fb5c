// What a pipeline and its components run on.
#ifndef PIPELINE_RUNTIME_PIPELINE_ENVIRONMENT_H_
#define PIPELINE_RUNTIME_PIPELINE_ENVIRONMENT_H_

#include <cstddef>
#include <memory>
#include <string>

#include "absl/random/bit_gen_ref.h"
#include "pipeline/api/component.h"
#include "pipeline/executor/executor.h"
#include "storage/base/clock.h"

namespace sluice {

// All of it outlives the pipeline.
struct PipelineEnvironment {
  // Sources, sinks and deliveries.
  Executor* io = nullptr;
  HttpClient* http = nullptr;            // Bound to `io`.
  absl::BitGenRef* io_random = nullptr;  // Used on `io`.
  // All writing to the log; may block on the disk.
  Executor* ingest = nullptr;
  absl::BitGenRef* ingest_random = nullptr;  // Used on `ingest`.
  MetricRegistry* metrics = nullptr;
  // Shared by all pipelines of the process; null: nothing is shared.
  RateBudgets* rate_budgets = nullptr;
  const Clock* clock = nullptr;
  // Bounds of memory for this pipeline.
  size_t queue_bytes = 16 << 20;
  size_t window_bytes = 8 << 20;  // Per sink.
  size_t max_dedupe_keys = 500'000;
};

// What one component is given.
struct ComponentHome {
  // Counts requests; null if there is no HTTP here.
  std::unique_ptr<HttpClient> http;
  ComponentContext context;
};

// The home of component `name` of `pipeline`, whose requests count as
// `http_metric`. `environment` and `health` outlive it.
ComponentHome MakeHome(const PipelineEnvironment& environment,
                       const std::string& pipeline, const std::string& name,
                       const std::string& http_metric, HealthReporter* health);

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_PIPELINE_ENVIRONMENT_H_
