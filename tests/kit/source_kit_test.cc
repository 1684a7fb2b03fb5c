// Runs the kit's cases with the plugin and the fixture of a sluice_source_test.
#include "gtest/gtest.h"
#include "tests/kit/plugin_under_test.h"
#include "tests/kit/source_cases.h"

namespace sluice::kit {
namespace {

class SourceConformance : public testing::TestWithParam<SourceCase> {};

TEST_P(SourceConformance, Case) {
  SourceTrial trial(RegisterPluginUnderTest, MakeSourceFixture());
  ReportToGoogleTest(GetParam().run(trial));
}

INSTANTIATE_TEST_SUITE_P(Source, SourceConformance,
                         testing::ValuesIn(SourceCases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace sluice::kit
