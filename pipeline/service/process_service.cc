#include "pipeline/service/process_service.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "google/protobuf/util/field_mask_util.h"
#include "pipeline/service/log_level.h"
#include "pipeline/service/periodic_call.h"
#include "pipeline/topology/config_problem.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

using google::protobuf::util::FieldMaskUtil;

constexpr int kMaxWatches = 64;

}  // namespace

ProcessService::ProcessService(const Process* process,
                               const AccessPolicy* access,
                               admin::v1::ProcessInfo info)
    : process_(process),
      access_(access),
      calls_(access),
      info_(std::move(info)) {}

grpc::ServerUnaryReactor* ProcessService::GetInfo(
    grpc::CallbackServerContext* context, const admin::v1::GetInfoRequest*,
    admin::v1::ProcessInfo* info) {
  return calls_.Look(context, config::v1::VIEWER, [&](const Caller& caller) {
    *info = info_;
    const std::vector<std::string> names = process_->PipelineNames();
    info->mutable_pipelines()->Assign(names.begin(), names.end());
    info->set_caller(caller.name);
    info->set_role(std::string(RoleName(caller.role)));
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ProcessService::GetStatus(
    grpc::CallbackServerContext* context,
    const admin::v1::GetStatusRequest* request,
    admin::v1::ProcessStatus* status) {
  return calls_.Look(context, config::v1::VIEWER, [&](const Caller&) {
    SLUICE_RETURN_IF_ERROR(CheckRequest(*request));
    *status = Describe(*request);
    return absl::OkStatus();
  });
}

grpc::ServerWriteReactor<admin::v1::ProcessStatus>* ProcessService::WatchStatus(
    grpc::CallbackServerContext* context,
    const admin::v1::WatchStatusRequest* request) {
  const auto check = [&]() -> absl::StatusOr<absl::Duration> {
    SLUICE_RETURN_IF_ERROR(
        access_->Authorize(*context, config::v1::VIEWER).status());
    SLUICE_RETURN_IF_ERROR(CheckRequest(request->what()));
    return IntervalOf(request->has_interval(), request->interval());
  };
  const absl::StatusOr<absl::Duration> interval = check();
  if (!interval.ok())
    return new RefusedCall<admin::v1::ProcessStatus>(interval.status());
  if (++watches_ > kMaxWatches) {
    --watches_;
    return new RefusedCall<admin::v1::ProcessStatus>(
        absl::ResourceExhaustedError(
            absl::StrCat(kMaxWatches, " calls watch already")));
  }
  auto* const watch = new PeriodicCall<admin::v1::ProcessStatus>(
      *interval,
      [this, what = request->what()](
          admin::v1::ProcessStatus& status) -> absl::StatusOr<bool> {
        status = Describe(what);
        return true;
      },
      [this] { --watches_; });
  watch->Begin(absl::OkStatus());
  return watch;
}

grpc::ServerUnaryReactor* ProcessService::GetLogLevel(
    grpc::CallbackServerContext* context, const admin::v1::GetLogLevelRequest*,
    admin::v1::LogLevelResponse* response) {
  return calls_.Look(context, config::v1::VIEWER, [&](const Caller&) {
    response->set_level(CurrentLogLevel());
    return absl::OkStatus();
  });
}

grpc::ServerUnaryReactor* ProcessService::SetLogLevel(
    grpc::CallbackServerContext* context,
    const admin::v1::SetLogLevelRequest* request,
    admin::v1::LogLevelResponse* response) {
  return calls_.Change(
      context, config::v1::OPERATOR, "SetLogLevel", *request,
      [&](const Caller&) {
        SLUICE_RETURN_IF_ERROR(ChangeLogLevel(request->level()));
        response->set_level(CurrentLogLevel());
        return absl::OkStatus();
      });
}

absl::Status ProcessService::CheckRequest(
    const admin::v1::GetStatusRequest& request) const {
  const std::vector<std::string> names = process_->PipelineNames();
  for (const std::string& name : request.pipelines()) {
    if (std::find(names.begin(), names.end(), name) != names.end()) continue;
    return absl::NotFoundError(absl::StrCat("there is no pipeline ",
                                            Quote(name), Suggest(name, names)));
  }
  for (const std::string& path : request.read_mask().paths()) {
    if (FieldMaskUtil::IsValidPath<admin::v1::ProcessStatus>(path)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("read_mask: ProcessStatus has no field ", Quote(path)));
  }
  return absl::OkStatus();
}

admin::v1::ProcessStatus ProcessService::Describe(
    const admin::v1::GetStatusRequest& request) const {
  admin::v1::ProcessStatus status = process_->Status();
  if (!request.pipelines().empty()) {
    auto* pipelines = status.mutable_pipelines();
    const auto unwanted = [&](const admin::v1::PipelineStatus& pipeline) {
      return std::find(request.pipelines().begin(), request.pipelines().end(),
                       pipeline.name()) == request.pipelines().end();
    };
    pipelines->erase(
        std::remove_if(pipelines->begin(), pipelines->end(), unwanted),
        pipelines->end());
  }
  if (request.has_read_mask()) {
    FieldMaskUtil::TrimMessage(request.read_mask(), &status);
  }
  return status;
}

}  // namespace sluice
