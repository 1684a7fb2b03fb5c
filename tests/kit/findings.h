// What the kit's own tests have in common: each case must find the plugins that
// do what it is there to find.
#ifndef TESTS_KIT_FINDINGS_H_
#define TESTS_KIT_FINDINGS_H_

#include <ostream>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "gtest/gtest.h"
#include "tests/kit/kit_case.h"

namespace sluice::kit {

// What a plugin with `fault` must be caught at.
template <typename Fault>
struct Finding {
  Fault fault;
  // Name of the case.
  std::string by;
  // Part of what it says.
  std::string text;
};

template <typename Fault>
void PrintTo(const Finding<Fault>& finding, std::ostream* out) {
  *out << finding.by << ": " << finding.text;
}

template <typename Trial>
absl::Status RunCase(const std::vector<KitCase<Trial>>& cases,
                     const std::string& name, Trial& trial) {
  for (const KitCase<Trial>& kit_case : cases) {
    if (kit_case.name == name) return kit_case.run(trial);
  }
  return absl::NotFoundError("there is no such case");
}

// EXPECTs that a case has ended as it should.
template <typename Fault>
void ExpectFound(const Finding<Fault>& finding, const absl::Status& status) {
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition) << finding.by;
  EXPECT_NE(std::string(status.message()).find(finding.text), std::string::npos)
      << finding.by << ": " << status;
}

// EXPECTs that each case is seen to fail.
template <typename Trial, typename Fault>
void ExpectEachFindsSomething(const std::vector<KitCase<Trial>>& cases,
                              const std::vector<Finding<Fault>>& findings) {
  std::set<std::string> finding;
  for (const Finding<Fault>& found : findings) finding.insert(found.by);
  for (const KitCase<Trial>& kit_case : cases) {
    EXPECT_EQ(finding.count(kit_case.name), 1u)
        << kit_case.name << " was never seen to fail";
  }
}

}  // namespace sluice::kit

#endif  // TESTS_KIT_FINDINGS_H_
