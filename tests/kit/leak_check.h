// Whether a component leaves something behind each time it runs.
#ifndef TESTS_KIT_LEAK_CHECK_H_
#define TESTS_KIT_LEAK_CHECK_H_

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"

namespace sluice::kit {

// Does `round`, a start and a stop, again and again.
//   kFailedPrecondition: each leaves a thread or a file descriptor.
//   errors of `round`
absl::Status CheckLeavesNothing(absl::FunctionRef<absl::Status()> round);

}  // namespace sluice::kit

#endif  // TESTS_KIT_LEAK_CHECK_H_
