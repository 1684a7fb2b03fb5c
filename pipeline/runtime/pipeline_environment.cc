#include "pipeline/runtime/pipeline_environment.h"

#include "pipeline/runtime/counted_http_client.h"

namespace sluice {

ComponentHome MakeHome(const PipelineEnvironment& environment,
                       const std::string& pipeline, const std::string& name,
                       const std::string& http_metric, HealthReporter* health) {
  ComponentHome home;
  home.context.name = name;
  home.context.pipeline = pipeline;
  home.context.executor = environment.io;
  home.context.health = health;
  home.context.metrics = environment.metrics;
  home.context.random = environment.io_random;
  home.context.rate_budgets = environment.rate_budgets;
  if (environment.http != nullptr) {
    home.http = std::make_unique<CountedHttpClient>(
        environment.http, environment.metrics, http_metric,
        home.context.metric_labels());
    home.context.http = home.http.get();
  }
  return home;
}

}  // namespace sluice
