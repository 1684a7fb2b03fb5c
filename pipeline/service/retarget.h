// What calls that change one pipeline have in common.
#ifndef PIPELINE_SERVICE_RETARGET_H_
#define PIPELINE_SERVICE_RETARGET_H_

#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/runtime/process.h"
#include "proto/admin/v1/status.pb.h"

namespace sluice {

// How a pipeline stands.
//   kNotFound: there is none of this name; the message has near names.
absl::StatusOr<admin::v1::PipelineStatus> StatusOf(const Process& process,
                                                   const std::string& pipeline);

// How a sink of it stands, also one that is not configured any more.
//   kNotFound: as above, and of the sink.
absl::StatusOr<admin::v1::SinkStatus> StatusOf(const Process& process,
                                               const std::string& pipeline,
                                               const std::string& sink);

// Changes what runs of `pipeline`, and says how it stands then. Errors of
// `grace` and Process::Retarget().
absl::Status Retarget(Process& process, const std::string& pipeline,
                      const absl::StatusOr<absl::Duration>& grace,
                      absl::FunctionRef<absl::Status(PipelineTarget&)> edit,
                      admin::v1::PipelineStatus* status);

}  // namespace sluice

#endif  // PIPELINE_SERVICE_RETARGET_H_
