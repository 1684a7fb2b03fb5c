// The fixture of a sluice_transform_test that has a `config` and no fixture.
#include "tests/kit/plugin_under_test.h"
#include "tests/kit/transform_fixture.h"

namespace {

class ConfigOnlyFixture final : public sluice::kit::TransformFixture {
 public:
  std::string Config() override { return sluice::kit::ConfigUnderTest(); }
};

}  // namespace

SLUICE_TRANSFORM_FIXTURE(ConfigOnlyFixture);
