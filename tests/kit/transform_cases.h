// What every transform has to do, whatever it changes.
#ifndef TESTS_KIT_TRANSFORM_CASES_H_
#define TESTS_KIT_TRANSFORM_CASES_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/kit/kit_case.h"
#include "tests/kit/transform_fixture.h"

namespace sluice::kit {

// What became of one event.
struct Applied {
  absl::Status status;
  Events out;
  // Of `out`, by index: passed on as it was.
  std::vector<bool> passed;
};

// A transform and events for it, for one case.
class TransformTrial {
 public:
  TransformTrial(RegisterPlugin register_plugin,
                 std::unique_ptr<TransformFixture> fixture)
      : register_plugin_(std::move(register_plugin)),
        fixture_(std::move(fixture)) {}

  TransformFixture& fixture() { return *fixture_; }
  const RegisterPlugin& register_plugin() const { return register_plugin_; }

  // An instance of its own.
  absl::StatusOr<std::unique_ptr<Transform>> Make();
  // Applies `transform` to a copy of the event that dies with the call.
  //   kFailedPrecondition: what it did is wrong for any transform.
  static absl::StatusOr<Applied> Apply(Transform& transform,
                                       const event::v1::Event& event);

 private:
  const RegisterPlugin register_plugin_;
  const std::unique_ptr<TransformFixture> fixture_;
};

using TransformCase = KitCase<TransformTrial>;

std::vector<TransformCase> TransformCases();

}  // namespace sluice::kit

#endif  // TESTS_KIT_TRANSFORM_CASES_H_
