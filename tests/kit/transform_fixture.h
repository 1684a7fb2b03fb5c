// What the author of a transform may write to have it tried by
// sluice_transform_test with events of one's own.
#ifndef TESTS_KIT_TRANSFORM_FIXTURE_H_
#define TESTS_KIT_TRANSFORM_FIXTURE_H_

#include <memory>
#include <string>
#include <vector>

#include "tests/kit/kit_events.h"
#include "tests/kit/plugin_config.h"

namespace sluice::kit {

// A configuration and events to try it with.
class TransformFixture {
 public:
  virtual ~TransformFixture() = default;

  // The transform's configuration in YAML, as it stands in a list of
  // transforms: "filter: {keep_if: \"type == 'touch'\"}".
  virtual std::string Config() = 0;

  // Configurations that must be refused.
  virtual std::vector<BadConfig> BadConfigs() { return {}; }

  // Events to apply it to; the kit adds odd ones of its own. At least one of
  // them goes through, changed or not.
  virtual Events Good() { return MakeEvents(0, 20, 4); }

  // Events it cannot do its work on, which become dead letters.
  virtual Events Bad() { return {}; }
};

// Defined by the author's SLUICE_TRANSFORM_FIXTURE, or by
// sluice_transform_test for a transform that has a `config` and no fixture.
std::unique_ptr<TransformFixture> MakeTransformFixture();

}  // namespace sluice::kit

// Names the fixture; a line of its own behind the class, in no namespace.
#define SLUICE_TRANSFORM_FIXTURE(Fixture)          \
  std::unique_ptr<::sluice::kit::TransformFixture> \
  sluice::kit::MakeTransformFixture() {            \
    return std::make_unique<Fixture>();            \
  }                                                \
  static_assert(true, "wants a semicolon")

#endif  // TESTS_KIT_TRANSFORM_FIXTURE_H_
