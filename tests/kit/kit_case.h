// One thing that is asked of every plugin of a kind.
#ifndef TESTS_KIT_KIT_CASE_H_
#define TESTS_KIT_KIT_CASE_H_

#include <ostream>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::kit {

// `Trial` has a plugin and its fixture. Cases do not use GoogleTest, so that
// the kit's own tests can see them fail.
template <typename Trial>
struct KitCase {
  // A name for GoogleTest.
  std::string name;
  // OK: the plugin does it. kUnimplemented: the fixture cannot try it; the case
  // is skipped. Anything else: what the plugin did, and what it should do.
  absl::Status (*run)(Trial& trial);
};

template <typename Trial>
void PrintTo(const KitCase<Trial>& kit_case, std::ostream* out) {
  *out << kit_case.name;
}

// Says that the plugin broke its contract.
template <typename... Parts>
absl::Status Broken(const Parts&... parts) {
  return absl::FailedPreconditionError(absl::StrCat(parts...));
}

// Makes the current GoogleTest test end as `status` says.
inline void ReportToGoogleTest(const absl::Status& status) {
  if (absl::IsUnimplemented(status)) {
    GTEST_SKIP() << std::string(status.message());
  }
  EXPECT_TRUE(status.ok()) << std::string(status.message());
}

}  // namespace sluice::kit

#endif  // TESTS_KIT_KIT_CASE_H_
