#include "pipeline/service/pipeline_service.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipeline/service/periodic_call.h"
#include "pipeline/service/retarget.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

constexpr int32_t kDefaultPage = 100;
constexpr int32_t kMaxPage = 1000;

using admin::v1::DrainPipelineResponse;
using admin::v1::PipelineStatus;

// STARTING is better than what needs somebody, and worse than what runs.
int Badness(admin::v1::HealthState state) { return static_cast<int>(state); }

admin::v1::HealthState WorstHealth(const PipelineStatus& pipeline) {
  admin::v1::HealthState worst = admin::v1::HEALTHY;
  const auto look = [&worst](const admin::v1::Health& health) {
    const bool starting = health.state() == admin::v1::STARTING;
    if (starting && worst == admin::v1::HEALTHY) worst = health.state();
    if (!starting && Badness(health.state()) > Badness(worst) &&
        health.state() != admin::v1::HEALTHY) {
      worst = health.state();
    }
  };
  look(pipeline.log().health());
  for (const auto& source : pipeline.sources()) look(source.health());
  for (const auto& sink : pipeline.sinks()) {
    if (!sink.parked()) look(sink.health());
  }
  return worst;
}

admin::v1::PipelineSummary Summarize(const PipelineStatus& pipeline) {
  admin::v1::PipelineSummary summary;
  summary.set_name(pipeline.name());
  summary.set_state(pipeline.state());
  for (const auto& source : pipeline.sources()) {
    summary.add_sources(source.name());
  }
  for (const auto& sink : pipeline.sinks()) {
    if (!sink.parked()) summary.add_sinks(sink.name());
  }
  summary.set_health(WorstHealth(pipeline));
  return summary;
}

DrainPipelineResponse DescribeDrain(const PipelineStatus& pipeline) {
  DrainPipelineResponse response;
  for (const admin::v1::SinkStatus& sink : pipeline.sinks()) {
    if (sink.parked() || sink.paused()) continue;
    admin::v1::SinkDrain* drain = response.add_sinks();
    drain->set_name(sink.name());
    drain->set_waiting(sink.waiting());
    if (sink.backlog().has_done_in()) {
      *drain->mutable_done_in() = sink.backlog().done_in();
    }
    response.set_waiting(response.waiting() + sink.waiting());
  }
  response.set_done(response.waiting() == 0);
  return response;
}

}  // namespace

PipelineService::PipelineService(Process* process, const AccessPolicy* access,
                                 LongCalls* long_calls)
    : process_(process),
      access_(access),
      calls_(access),
      long_calls_(long_calls) {}

grpc::ServerUnaryReactor* PipelineService::ListPipelines(
    grpc::CallbackServerContext* context,
    const admin::v1::ListPipelinesRequest* request,
    admin::v1::ListPipelinesResponse* response) {
  return calls_.Look(
      context, config::v1::VIEWER, [&](const Caller&) -> absl::Status {
        if (request->page_size() < 0 || request->page_size() > kMaxPage) {
          return absl::InvalidArgumentError(
              absl::StrCat("page_size: must be from 0 to ", kMaxPage));
        }
        const int32_t size =
            request->page_size() == 0 ? kDefaultPage : request->page_size();
        // The token is the name that the page begins with; names are in order.
        const admin::v1::ProcessStatus status = process_->Status();
        for (const PipelineStatus& pipeline : status.pipelines()) {
          if (pipeline.name() < request->page_token()) continue;
          if (response->pipelines_size() == size) {
            response->set_next_page_token(pipeline.name());
            break;
          }
          *response->add_pipelines() = Summarize(pipeline);
        }
        if (response->next_page_token().empty()) {
          const std::vector<std::string> removed = process_->RemovedPipelines();
          response->mutable_removed()->Assign(removed.begin(), removed.end());
        }
        return absl::OkStatus();
      });
}

grpc::ServerUnaryReactor* PipelineService::GetPipeline(
    grpc::CallbackServerContext* context,
    const admin::v1::GetPipelineRequest* request, PipelineStatus* status) {
  return calls_.Look(context, config::v1::VIEWER,
                     [&](const Caller&) -> absl::Status {
                       SLUICE_ASSIGN_OR_RETURN(
                           *status, StatusOf(*process_, request->pipeline()));
                       return absl::OkStatus();
                     });
}

grpc::ServerUnaryReactor* PipelineService::PausePipeline(
    grpc::CallbackServerContext* context,
    const admin::v1::PausePipelineRequest* request, PipelineStatus* status) {
  return long_calls_->Change(
      context, config::v1::OPERATOR, "PausePipeline", *request,
      [this, request, status](const Caller&) {
        return Retarget(
            *process_, request->pipeline(),
            GraceOf(request->has_grace(), request->grace()),
            [](PipelineTarget& target) {
              target.state = admin::v1::PIPELINE_PAUSED;
              return absl::OkStatus();
            },
            status);
      });
}

grpc::ServerUnaryReactor* PipelineService::ResumePipeline(
    grpc::CallbackServerContext* context,
    const admin::v1::ResumePipelineRequest* request, PipelineStatus* status) {
  return long_calls_->Change(context, config::v1::OPERATOR, "ResumePipeline",
                             *request, [this, request, status](const Caller&) {
                               return Retarget(
                                   *process_, request->pipeline(),
                                   absl::ZeroDuration(),
                                   [](PipelineTarget& target) {
                                     target.state = admin::v1::PIPELINE_RUNNING;
                                     return absl::OkStatus();
                                   },
                                   status);
                             });
}

grpc::ServerWriteReactor<DrainPipelineResponse>* PipelineService::DrainPipeline(
    grpc::CallbackServerContext* context,
    const admin::v1::DrainPipelineRequest* request) {
  const absl::StatusOr<Caller> caller =
      access_->Authorize(*context, config::v1::OPERATOR);
  absl::Duration grace;
  absl::Duration interval;
  const auto begin = [&]() -> absl::StatusOr<CallLimit::Slot> {
    SLUICE_RETURN_IF_ERROR(caller.status());
    SLUICE_ASSIGN_OR_RETURN(grace,
                            GraceOf(request->has_grace(), request->grace()));
    SLUICE_ASSIGN_OR_RETURN(
        interval, IntervalOf(request->has_interval(), request->interval()));
    return drains_.Enter();
  };
  absl::StatusOr<CallLimit::Slot> slot = begin();
  if (!slot.ok()) {
    NoteChange("DrainPipeline", *request,
               caller.ok() ? caller->name : context->peer(), slot.status());
    return new RefusedCall<DrainPipelineResponse>(slot.status());
  }
  auto* const call = new PeriodicCall<DrainPipelineResponse>(
      interval, *std::move(slot),
      [this, pipeline = request->pipeline()](
          DrainPipelineResponse& response) -> absl::StatusOr<bool> {
        SLUICE_ASSIGN_OR_RETURN(const PipelineStatus status,
                                StatusOf(*process_, pipeline));
        response = DescribeDrain(status);
        return !response.done() &&
               status.state() == admin::v1::PIPELINE_DRAINING;
      });
  long_calls_->Post(
      [this, call, request = *request, name = caller->name, grace] {
        PipelineStatus unused;
        const absl::Status status = Retarget(
            *process_, request.pipeline(), grace,
            [](PipelineTarget& target) {
              target.state = admin::v1::PIPELINE_DRAINING;
              return absl::OkStatus();
            },
            &unused);
        NoteChange("DrainPipeline", request, name, status);
        call->Begin(status);
      });
  return call;
}

grpc::ServerUnaryReactor* PipelineService::DeletePipeline(
    grpc::CallbackServerContext* context,
    const admin::v1::DeletePipelineRequest* request,
    admin::v1::DeletePipelineResponse* response) {
  return long_calls_->Change(
      context, config::v1::ADMIN, "DeletePipeline", *request,
      [this, request, response](const Caller&) -> absl::Status {
        SLUICE_ASSIGN_OR_RETURN(
            const KeptPipeline kept,
            process_->Delete(request->pipeline(), request->discard(),
                             request->dry_run()));
        response->set_waiting(kept.waiting);
        response->set_dead_letters(kept.dead_letters);
        response->set_stored_bytes(kept.stored_bytes);
        return absl::OkStatus();
      });
}

}  // namespace sluice
