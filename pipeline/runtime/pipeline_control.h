// What an operator has stopped of a pipeline, kept across restarts.
#ifndef PIPELINE_RUNTIME_PIPELINE_CONTROL_H_
#define PIPELINE_RUNTIME_PIPELINE_CONTROL_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/runtime/pipeline.h"

namespace sluice {

// Makes `target` what the file at `path` says about its pipeline; no file: all
// of it runs. A paused sink that the spec has no more is forgotten.
//   kFailedPrecondition: the file cannot be understood; the message says what
//   to do.
absl::Status LoadControl(const std::string& path, PipelineTarget& target);

// Writes the file; none is needed, and none left, when all of it runs.
//   kUnavailable: the disk refuses.
absl::Status SaveControl(const std::string& path, const PipelineTarget& target);

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_PIPELINE_CONTROL_H_
