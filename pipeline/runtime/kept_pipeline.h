// What a data directory keeps of a pipeline that does not run.
#ifndef PIPELINE_RUNTIME_KEPT_PIPELINE_H_
#define PIPELINE_RUNTIME_KEPT_PIPELINE_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice {

struct KeptPipeline {
  // Events that wait for a sink, of all sinks together; those that are parked
  // do not count.
  uint64_t waiting = 0;
  uint64_t dead_letters = 0;
  uint64_t stored_bytes = 0;

  // Whether nobody would miss it.
  //   kFailedPrecondition: something is left to do; the message says what.
  absl::Status CheckDone() const;
};

// Looks at the log in folder `path`. REQUIRES: this process does not have it
// open.
//   errors of LogView::Open
absl::StatusOr<KeptPipeline> LookAtKept(const std::string& path);

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_KEPT_PIPELINE_H_
