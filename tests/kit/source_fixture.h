// What the author of a source writes to have it tried by sluice_source_test:
// something to read from.
#ifndef TESTS_KIT_SOURCE_FIXTURE_H_
#define TESTS_KIT_SOURCE_FIXTURE_H_

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "tests/kit/plugin_config.h"

namespace sluice::kit {

// What a source reads from and the configuration that leads to it. Each case
// has a fixture of its own, made before the source and destroyed after it.
//
// Thread-safety: called by the test's thread.
class SourceFixture {
 public:
  virtual ~SourceFixture() = default;

  // Puts `count` events of a few subjects where the source finds them, and
  // returns their ids in the order they are to come in. Called once, before
  // Config(). They should take several emissions.
  virtual std::vector<std::string> Provide(size_t count) = 0;

  // The source's configuration in YAML, as it stands below the source's name in
  // a configuration file: "acme:\n  path: /tmp/x\n".
  virtual std::string Config() = 0;

  // Configurations that must be refused.
  virtual std::vector<BadConfig> BadConfigs() { return {}; }

  // True: after the provided events the source is finished().
  virtual bool IsFinite() { return false; }

  // False: a source without a checkpoint does not begin with what Provide() put
  // there, or does not get it a second time.
  virtual bool BeginsWithTheOldest() { return true; }

  // False: events come in any order, because what the source reads keeps none.
  virtual bool KeepsOrder() { return true; }

  // A text, e.g. a password of Config(), that must be in no message.
  virtual std::string Secret() { return ""; }
};

// Defined by the author's SLUICE_SOURCE_FIXTURE.
std::unique_ptr<SourceFixture> MakeSourceFixture();

}  // namespace sluice::kit

// Names the fixture; a line of its own behind the class, in no namespace.
#define SLUICE_SOURCE_FIXTURE(Fixture)          \
  std::unique_ptr<::sluice::kit::SourceFixture> \
  sluice::kit::MakeSourceFixture() {            \
    return std::make_unique<Fixture>();         \
  }                                             \
  static_assert(true, "wants a semicolon")

#endif  // TESTS_KIT_SOURCE_FIXTURE_H_
