// Runs the kit's cases with the plugin and the fixture of a sluice_sink_test.
#include "gtest/gtest.h"
#include "tests/kit/plugin_under_test.h"
#include "tests/kit/sink_cases.h"

namespace sluice::kit {
namespace {

class SinkConformance : public testing::TestWithParam<SinkCase> {};

TEST_P(SinkConformance, Case) {
  SinkTrial trial(RegisterPluginUnderTest, MakeSinkFixture());
  ReportToGoogleTest(GetParam().run(trial));
}

INSTANTIATE_TEST_SUITE_P(Sink, SinkConformance, testing::ValuesIn(SinkCases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace sluice::kit
