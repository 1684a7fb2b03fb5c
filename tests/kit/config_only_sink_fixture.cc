// The fixture of a sluice_sink_test that has a `config` and no fixture.
#include "tests/kit/plugin_under_test.h"
#include "tests/kit/sink_fixture.h"

namespace {

class ConfigOnlyFixture final : public sluice::kit::SinkFixture {
 public:
  std::string Config() override { return sluice::kit::ConfigUnderTest(); }
};

}  // namespace

SLUICE_SINK_FIXTURE(ConfigOnlyFixture);
