#include "pipeline/api/component.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(HealthStateNameTest, NamesEveryState) {
  EXPECT_EQ(HealthStateName(HealthState::kStarting), "starting");
  EXPECT_EQ(HealthStateName(HealthState::kHealthy), "healthy");
  EXPECT_EQ(HealthStateName(HealthState::kDegraded), "degraded");
  EXPECT_EQ(HealthStateName(HealthState::kPaused), "paused");
  EXPECT_EQ(HealthStateName(static_cast<HealthState>(99)), "unknown");
}

TEST(ComponentContextTest, LabelsMetricsWithComponentAndPipeline) {
  ComponentContext context;
  context.name = "sensors";
  context.pipeline = "office";
  const MetricLabels expected = {{"component", "sensors"},
                                 {"pipeline", "office"}};
  EXPECT_EQ(context.metric_labels(), expected);
}

}  // namespace
}  // namespace sluice
