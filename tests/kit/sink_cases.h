// What every sink has to do, whatever it delivers to.
#ifndef TESTS_KIT_SINK_CASES_H_
#define TESTS_KIT_SINK_CASES_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/kit/kit_case.h"
#include "tests/kit/kit_events.h"
#include "tests/kit/sink_bench.h"
#include "tests/kit/sink_fixture.h"

namespace sluice::kit {

// A sink and its destination, for one case.
class SinkTrial {
 public:
  SinkTrial(RegisterPlugin register_plugin,
            std::unique_ptr<SinkFixture> fixture, Patience patience = {})
      : register_plugin_(std::move(register_plugin)),
        fixture_(std::move(fixture)),
        patience_(patience) {}

  SinkFixture& fixture() { return *fixture_; }
  const RegisterPlugin& register_plugin() const { return register_plugin_; }
  const Patience& patience() const { return patience_; }

  // The destination behaves so from now on.
  //   kUnimplemented: it cannot.
  absl::Status Behave(Behavior behavior);

  // A bench for instances with the fixture's configuration.
  absl::StatusOr<std::unique_ptr<SinkBench>> MakeBench();
  // The same with a started instance.
  absl::StatusOr<std::unique_ptr<SinkBench>> StartBench();

  // MakeEvents(), in the fixture's shape; each call goes on where the one
  // before ended.
  Events NextEvents(size_t count, size_t subjects);

  // OK if the destination has taken each of these, and of each subject in this
  // order. `once`: none of them twice.
  absl::Status CheckTaken(const Events& events, bool once);

 private:
  const RegisterPlugin register_plugin_;
  const std::unique_ptr<SinkFixture> fixture_;
  const Patience patience_;
  size_t next_event_ = 0;
};

using SinkCase = KitCase<SinkTrial>;

std::vector<SinkCase> SinkCases();

}  // namespace sluice::kit

#endif  // TESTS_KIT_SINK_CASES_H_
