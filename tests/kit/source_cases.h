// What every source has to do, whatever it reads.
#ifndef TESTS_KIT_SOURCE_CASES_H_
#define TESTS_KIT_SOURCE_CASES_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/kit/kit_case.h"
#include "tests/kit/source_bench.h"
#include "tests/kit/source_fixture.h"

namespace sluice::kit {

// A source and what it reads, for one case.
class SourceTrial {
 public:
  SourceTrial(RegisterPlugin register_plugin,
              std::unique_ptr<SourceFixture> fixture, Patience patience = {})
      : register_plugin_(std::move(register_plugin)),
        fixture_(std::move(fixture)),
        patience_(patience) {}

  SourceFixture& fixture() { return *fixture_; }
  const RegisterPlugin& register_plugin() const { return register_plugin_; }

  // Has the fixture provide events, and makes a bench for instances with its
  // configuration.
  absl::StatusOr<std::unique_ptr<SourceBench>> MakeBench();

  // What the fixture provided.
  const std::vector<std::string>& provided() const { return provided_; }

  // OK if `emitted` are exactly `expected`, in this order unless the fixture
  // keeps none; repeats are right where `may_repeat`.
  absl::Status CheckEmitted(const std::vector<std::string>& emitted,
                            std::vector<std::string> expected, bool may_repeat);

 private:
  const RegisterPlugin register_plugin_;
  const std::unique_ptr<SourceFixture> fixture_;
  const Patience patience_;
  std::vector<std::string> provided_;
};

using SourceCase = KitCase<SourceTrial>;

std::vector<SourceCase> SourceCases();

}  // namespace sluice::kit

#endif  // TESTS_KIT_SOURCE_CASES_H_
