#include "pipeline/service/retarget.h"

#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipeline/topology/config_problem.h"
#include "storage/base/status_macros.h"

namespace sluice {

using admin::v1::PipelineStatus;
using admin::v1::SinkStatus;

absl::StatusOr<PipelineStatus> StatusOf(const Process& process,
                                        const std::string& pipeline) {
  SLUICE_RETURN_IF_ERROR(process.CheckPipeline(pipeline));
  admin::v1::ProcessStatus status = process.Status();
  for (PipelineStatus& known : *status.mutable_pipelines()) {
    if (known.name() == pipeline) return std::move(known);
  }
  return absl::UnavailableError(absl::StrCat(
      "pipeline ", Quote(pipeline), " has just been stopped; try again"));
}

absl::StatusOr<SinkStatus> StatusOf(const Process& process,
                                    const std::string& pipeline,
                                    const std::string& sink) {
  SLUICE_ASSIGN_OR_RETURN(PipelineStatus status, StatusOf(process, pipeline));
  std::vector<std::string> names;
  for (SinkStatus& known : *status.mutable_sinks()) {
    if (known.name() == sink) return std::move(known);
    names.push_back(known.name());
  }
  return absl::NotFoundError(absl::StrCat("pipeline ", Quote(pipeline),
                                          " has no sink ", Quote(sink),
                                          Suggest(sink, names)));
}

absl::Status Retarget(Process& process, const std::string& pipeline,
                      const absl::StatusOr<absl::Duration>& grace,
                      absl::FunctionRef<absl::Status(PipelineTarget&)> edit,
                      PipelineStatus* status) {
  SLUICE_RETURN_IF_ERROR(grace.status());
  SLUICE_RETURN_IF_ERROR(process.Retarget(pipeline, *grace, edit));
  SLUICE_ASSIGN_OR_RETURN(*status, StatusOf(process, pipeline));
  return absl::OkStatus();
}

}  // namespace sluice
