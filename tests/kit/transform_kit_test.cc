// Runs the kit's cases with the plugin and the fixture of a
// sluice_transform_test.
#include "gtest/gtest.h"
#include "tests/kit/plugin_under_test.h"
#include "tests/kit/transform_cases.h"

namespace sluice::kit {
namespace {

class TransformConformance : public testing::TestWithParam<TransformCase> {};

TEST_P(TransformConformance, Case) {
  TransformTrial trial(RegisterPluginUnderTest, MakeTransformFixture());
  ReportToGoogleTest(GetParam().run(trial));
}

INSTANTIATE_TEST_SUITE_P(Transform, TransformConformance,
                         testing::ValuesIn(TransformCases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace sluice::kit
