#include "pipeline/service/process_service.h"

#include <grpcpp/alarm.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "google/protobuf/util/field_mask_util.h"
#include "pipeline/service/log_level.h"
#include "pipeline/topology/config_problem.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice {
namespace {

using google::protobuf::util::FieldMaskUtil;

constexpr int kMaxWatches = 64;
constexpr absl::Duration kMinInterval = absl::Milliseconds(200);
constexpr absl::Duration kMaxInterval = absl::Hours(1);
constexpr absl::Duration kDefaultInterval = absl::Seconds(1);

absl::StatusOr<absl::Duration> IntervalOf(
    const admin::v1::WatchStatusRequest& request) {
  if (!request.has_interval()) return kDefaultInterval;
  const absl::Duration interval = absl::Seconds(request.interval().seconds()) +
                                  absl::Nanoseconds(request.interval().nanos());
  if (interval >= kMinInterval && interval <= kMaxInterval) return interval;
  return absl::InvalidArgumentError("interval: must be from 200ms to 1h");
}

}  // namespace

// One caller of WatchStatus(). Deletes itself when the call is over.
//
// At each moment one thing is under way: a write, a wait for the alarm, or
// Finish().
class ProcessService::Watch final
    : public grpc::ServerWriteReactor<admin::v1::ProcessStatus> {
 public:
  Watch(ProcessService* service, admin::v1::GetStatusRequest what,
        absl::Duration interval)
      : service_(service), what_(std::move(what)), interval_(interval) {
    Send();
  }

  void OnWriteDone(bool ok) override {
    absl::MutexLock lock(&mu_);
    if (!ok || cancelled_) {
      Finish(grpc::Status::CANCELLED);
      return;
    }
    alarm_.Set(
        std::chrono::system_clock::now() + absl::ToChronoNanoseconds(interval_),
        [this](bool due) {
          if (due) {
            Send();
          } else {
            Finish(grpc::Status::CANCELLED);
          }
        });
  }

  void OnCancel() override {
    absl::MutexLock lock(&mu_);
    cancelled_ = true;
    alarm_.Cancel();
  }

  void OnDone() override {
    --service_->watches_;
    delete this;
  }

 private:
  void Send() {
    status_ = service_->Describe(what_);
    StartWrite(&status_);
  }

  ProcessService* const service_;
  const admin::v1::GetStatusRequest what_;
  const absl::Duration interval_;
  admin::v1::ProcessStatus status_;
  absl::Mutex mu_;
  bool cancelled_ ABSL_GUARDED_BY(mu_) = false;
  grpc::Alarm alarm_;
};

namespace {

// A call that is refused before it begins.
class RefusedWatch final
    : public grpc::ServerWriteReactor<admin::v1::ProcessStatus> {
 public:
  explicit RefusedWatch(const absl::Status& status) { Finish(ToGrpc(status)); }
  void OnDone() override { delete this; }
};

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
    return IntervalOf(*request);
  };
  const absl::StatusOr<absl::Duration> interval = check();
  if (!interval.ok()) return new RefusedWatch(interval.status());
  if (++watches_ > kMaxWatches) {
    --watches_;
    return new RefusedWatch(absl::ResourceExhaustedError(
        absl::StrCat(kMaxWatches, " calls watch already")));
  }
  return new Watch(this, request->what(), *interval);
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
    if (std::find(info_.pipelines().begin(), info_.pipelines().end(), name) !=
        info_.pipelines().end()) {
      continue;
    }
    return absl::NotFoundError(absl::StrCat(
        "there is no pipeline ", Quote(name),
        Suggest(name, {info_.pipelines().begin(), info_.pipelines().end()})));
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
