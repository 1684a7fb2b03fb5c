#include "pipeline/runtime/pipeline_control.h"

#include <cstddef>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "proto/storage/v1/control.pb.h"
#include "storage/base/read_file.h"
#include "storage/base/status_macros.h"
#include "storage/base/write_file.h"

namespace sluice {
namespace {

constexpr size_t kMaxControlBytes = size_t{1} << 20;

absl::Status Remove(const std::string& path) {
  std::error_code error;
  std::filesystem::remove(path, error);
  if (!error) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("cannot remove ", path, ": ", error.message()));
}

}  // namespace

absl::Status LoadControl(const std::string& path, PipelineTarget& target) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return absl::OkStatus();
  SLUICE_ASSIGN_OR_RETURN(const std::string bytes,
                          ReadFile(path, kMaxControlBytes));
  storage::v1::PipelineControl control;
  if (!control.ParseFromString(bytes)) {
    return absl::FailedPreconditionError(absl::StrCat(
        path, " says what is paused, and is damaged; remove it to run all"));
  }
  if (control.draining()) target.state = admin::v1::PIPELINE_DRAINING;
  if (control.paused()) target.state = admin::v1::PIPELINE_PAUSED;
  for (const SinkSpec& sink : target.spec.sinks) {
    for (const std::string& paused : control.paused_sinks()) {
      if (paused == sink.name) target.paused_sinks.insert(paused);
    }
  }
  return absl::OkStatus();
}

absl::Status SaveControl(const std::string& path,
                         const PipelineTarget& target) {
  storage::v1::PipelineControl control;
  control.set_draining(target.state == admin::v1::PIPELINE_DRAINING);
  control.set_paused(target.state == admin::v1::PIPELINE_PAUSED);
  control.mutable_paused_sinks()->Assign(target.paused_sinks.begin(),
                                         target.paused_sinks.end());
  const std::string bytes = control.SerializeAsString();
  return bytes.empty() ? Remove(path) : WriteFile(path, bytes);
}

}  // namespace sluice
