#include "pipeline/service/process_service.h"

#include <algorithm>
#include <memory>
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

void Assign(const std::vector<std::string>& names,
            google::protobuf::RepeatedPtrField<std::string>* field) {
  field->Assign(names.begin(), names.end());
}

}  // namespace

ProcessService::ProcessService(const Process* process,
                               const AccessPolicy* access,
                               const CurrentPlugins* plugins,
                               admin::v1::ProcessInfo info)
    : process_(process),
      access_(access),
      plugins_(plugins),
      calls_(access),
      info_(std::move(info)) {}

grpc::ServerUnaryReactor* ProcessService::GetInfo(
    grpc::CallbackServerContext* context, const admin::v1::GetInfoRequest*,
    admin::v1::ProcessInfo* info) {
  return calls_.Look(context, config::v1::VIEWER, [&](const Caller& caller) {
    *info = info_;
    Assign(process_->PipelineNames(), info->mutable_pipelines());
    if (plugins_ != nullptr) {
      const std::shared_ptr<const PluginRegistry> plugins = plugins_->Get();
      Assign(plugins->source_names(), info->mutable_source_plugins());
      Assign(plugins->transform_names(), info->mutable_transform_plugins());
      Assign(plugins->sink_names(), info->mutable_sink_plugins());
    }
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
  absl::Duration interval;
  const auto begin = [&]() -> absl::StatusOr<CallLimit::Slot> {
    SLUICE_RETURN_IF_ERROR(
        access_->Authorize(*context, config::v1::VIEWER).status());
    SLUICE_RETURN_IF_ERROR(CheckRequest(request->what()));
    SLUICE_ASSIGN_OR_RETURN(
        interval, IntervalOf(request->has_interval(), request->interval()));
    return watches_.Enter();
  };
  absl::StatusOr<CallLimit::Slot> slot = begin();
  if (!slot.ok()) {
    return new RefusedCall<admin::v1::ProcessStatus>(slot.status());
  }
  auto* const watch = new PeriodicCall<admin::v1::ProcessStatus>(
      interval, *std::move(slot),
      [this, what = request->what()](
          admin::v1::ProcessStatus& status) -> absl::StatusOr<bool> {
        status = Describe(what);
        return true;
      });
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
  for (const std::string& name : request.pipelines()) {
    SLUICE_RETURN_IF_ERROR(process_->CheckPipeline(name));
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
