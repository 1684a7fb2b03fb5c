// What the author of a sink writes to have it tried by sluice_sink_test: a
// destination that does as it is told.
#ifndef TESTS_KIT_SINK_FIXTURE_H_
#define TESTS_KIT_SINK_FIXTURE_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "proto/event/v1/event.pb.h"
#include "tests/kit/plugin_config.h"

namespace sluice::kit {

// How a destination treats what it is sent. With each of them but kAccept it
// does so until it is told otherwise.
enum class Behavior {
  // Takes everything.
  kAccept,
  // Does not take it and says so: it may be sent again later (HTTP 503).
  kFail,
  // Does so with the next request only, then accepts.
  kFailOnce,
  // Does not take it, and wants nothing before kThrottleDelay has passed
  // (HTTP 429 with Retry-After).
  kThrottle,
  // Receives it, does not take it, and does not answer.
  kStall,
  // Takes it, and breaks the connection off before it answers.
  kCut,
  // Takes nothing from somebody with these credentials (HTTP 401).
  kRefuseCredentials,
  // Takes nothing that contains the event kPoisonId, and never will (HTTP 400);
  // takes everything else.
  kRefusePoison,
};

// Whole seconds, because Retry-After has no others.
inline constexpr absl::Duration kThrottleDelay = absl::Seconds(2);
inline constexpr char kPoisonId[] = "poison";

// A destination and the configuration that leads to it. Each case has a fixture
// of its own, made before the sink and destroyed after it.
//
// Thread-safety: called by the test's thread.
class SinkFixture {
 public:
  virtual ~SinkFixture() = default;

  // The sink's configuration in YAML, as it stands below the sink's name in a
  // configuration file: "acme:\n  url: http://127.0.0.1:8080\n".
  virtual std::string Config() = 0;

  // Configurations that must be refused.
  virtual std::vector<BadConfig> BadConfigs() { return {}; }

  // Behaves so from now on. False: this destination cannot; the cases that need
  // it are skipped.
  virtual bool Behave(Behavior behavior) {
    return behavior == Behavior::kAccept;
  }
  // Why it cannot, said of each case that is skipped.
  virtual std::string WhyNot(Behavior behavior) {
    static_cast<void>(behavior);
    return "the fixture's destination cannot behave as this case needs it";
  }

  // Ids of the events it has taken, in the order it took them; one that it took
  // twice is there twice. Nullopt: nobody can tell.
  virtual std::optional<std::vector<std::string>> Taken() {
    return std::nullopt;
  }

  // Makes `event`, a reading of a temperature sensor, one that the configured
  // sink can deliver. Its id and subject stay.
  virtual void Shape(event::v1::Event& event) { static_cast<void>(event); }

  // A text, e.g. a password of Config(), that must be in no message.
  virtual std::string Secret() { return ""; }
};

// Defined by the author's SLUICE_SINK_FIXTURE, or by sluice_sink_test for a
// sink that has a `config` and no fixture.
std::unique_ptr<SinkFixture> MakeSinkFixture();

}  // namespace sluice::kit

// Names the fixture; a line of its own behind the class, in no namespace.
#define SLUICE_SINK_FIXTURE(Fixture)                                           \
  std::unique_ptr<::sluice::kit::SinkFixture> sluice::kit::MakeSinkFixture() { \
    return std::make_unique<Fixture>();                                        \
  }                                                                            \
  static_assert(true, "wants a semicolon")

#endif  // TESTS_KIT_SINK_FIXTURE_H_
