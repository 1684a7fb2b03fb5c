#include "pipeline/service/sink_service.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "pipeline/runtime/log_replay.h"
#include "pipeline/service/log_place.h"
#include "pipeline/service/retarget.h"
#include "pipeline/service/sink_cursor.h"
#include "pipeline/service/stepwise_call.h"
#include "pipeline/topology/config_problem.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

using admin::v1::PipelineStatus;
using admin::v1::ReplayToSinkRequest;
using admin::v1::ReplayToSinkResponse;

absl::Status CheckSink(const PipelineTarget& target, const std::string& name) {
  std::vector<std::string> names;
  for (const SinkSpec& sink : target.spec.sinks) names.push_back(sink.name);
  if (std::find(names.begin(), names.end(), name) != names.end()) {
    return absl::OkStatus();
  }
  return absl::NotFoundError(absl::StrCat("pipeline ", Quote(target.spec.name),
                                          " has no sink ", Quote(name),
                                          Suggest(name, names)));
}

// Moves a sink by `move`, which is given the log: while the sink is stopped
// or, for a dry run, beside it.
template <typename Request, typename Response, typename Move>
absl::Status MoveSink(Process& process, const Request& request,
                      Response& response, Move move) {
  SLUICE_RETURN_IF_ERROR(CheckPlace(request.to(), "to"));
  SLUICE_ASSIGN_OR_RETURN(const absl::Duration grace,
                          GraceOf(request.has_grace(), request.grace()));
  SLUICE_RETURN_IF_ERROR(
      StatusOf(process, request.pipeline(), request.sink()).status());
  const auto work = [&, move](EventLog& log) {
    return move(log, request, response);
  };
  if (request.dry_run()) return process.ReadLog(request.pipeline(), work);
  return process.PauseFor(request.pipeline(), request.sink(), grace, work);
}

absl::Status CheckReplay(const Process& process,
                         const ReplayToSinkRequest& request) {
  SLUICE_RETURN_IF_ERROR(CheckPlace(request.from(), "from"));
  if (request.has_to()) SLUICE_RETURN_IF_ERROR(CheckPlace(request.to(), "to"));
  if (!std::isfinite(request.events_per_second()) ||
      request.events_per_second() < 0) {
    return absl::InvalidArgumentError("events_per_second: must be 0 or more");
  }
  SLUICE_ASSIGN_OR_RETURN(
      const admin::v1::SinkStatus sink,
      StatusOf(process, request.pipeline(), request.sink()));
  if (!sink.parked()) return absl::OkStatus();
  return absl::FailedPreconditionError(absl::StrCat(
      "sink ", Quote(request.sink()), " is not configured any more"));
}

absl::StatusOr<std::unique_ptr<LogReplay>> MakeReplay(
    EventLog& log, const ReplayToSinkRequest& request) {
  SLUICE_ASSIGN_OR_RETURN(const Sequence from,
                          FindPlace(log, request.from(), "from"));
  Sequence to = log.stats().next_sequence;
  if (request.has_to()) {
    SLUICE_ASSIGN_OR_RETURN(to, FindPlace(log, request.to(), "to"));
  }
  LogReplay::Options options;
  options.sink = request.sink();
  options.select = FromMessage(request.select());
  options.events_per_second = request.events_per_second();
  options.dry_run = request.dry_run();
  return std::make_unique<LogReplay>(std::move(options), from,
                                     std::max(from, to));
}

ReplayToSinkResponse Describe(const LogReplay& replay) {
  ReplayToSinkResponse response;
  response.set_seen(replay.seen());
  response.set_total(replay.total());
  response.set_replayed(replay.replayed());
  response.set_missed(replay.missed());
  response.set_waiting_for_room(replay.waiting_for_room());
  response.set_done(replay.done());
  return response;
}

}  // namespace

grpc::ServerUnaryReactor* SinkService::PauseSink(
    grpc::CallbackServerContext* context,
    const admin::v1::PauseSinkRequest* request, PipelineStatus* status) {
  return changes_->Change(context, config::v1::OPERATOR, "PauseSink", *request,
                          [this, request, status](const Caller&) {
                            return Retarget(
                                *process_, request->pipeline(),
                                GraceOf(request->has_grace(), request->grace()),
                                [request](PipelineTarget& target) {
                                  target.paused_sinks.insert(request->sink());
                                  return CheckSink(target, request->sink());
                                },
                                status);
                          });
}

grpc::ServerUnaryReactor* SinkService::ResumeSink(
    grpc::CallbackServerContext* context,
    const admin::v1::ResumeSinkRequest* request, PipelineStatus* status) {
  return changes_->Change(context, config::v1::OPERATOR, "ResumeSink", *request,
                          [this, request, status](const Caller&) {
                            return Retarget(
                                *process_, request->pipeline(),
                                absl::ZeroDuration(),
                                [request](PipelineTarget& target) {
                                  target.paused_sinks.erase(request->sink());
                                  return CheckSink(target, request->sink());
                                },
                                status);
                          });
}

grpc::ServerUnaryReactor* SinkService::GetSinkCursor(
    grpc::CallbackServerContext* context,
    const admin::v1::GetSinkCursorRequest* request,
    admin::v1::SinkCursor* cursor) {
  return reads_->Look(
      context, config::v1::VIEWER, [this, request, cursor](const Caller&) {
        SLUICE_RETURN_IF_ERROR(
            StatusOf(*process_, request->pipeline(), request->sink()).status());
        return process_->ReadLog(
            request->pipeline(), [&](EventLog& log) -> absl::Status {
              SLUICE_ASSIGN_OR_RETURN(*cursor,
                                      DescribeSinkCursor(log, request->sink()));
              return absl::OkStatus();
            });
      });
}

grpc::ServerUnaryReactor* SinkService::RewindSink(
    grpc::CallbackServerContext* context,
    const admin::v1::RewindSinkRequest* request,
    admin::v1::RewindSinkResponse* response) {
  return changes_->Change(
      context, config::v1::OPERATOR, "RewindSink", *request,
      [this, request, response](const Caller&) {
        return MoveSink(*process_, *request, *response,
                        [](EventLog& log, const auto& what, auto& answer) {
                          return sluice::RewindSink(log, what, answer);
                        });
      });
}

grpc::ServerUnaryReactor* SinkService::SkipSink(
    grpc::CallbackServerContext* context,
    const admin::v1::SkipSinkRequest* request,
    admin::v1::SkipSinkResponse* response) {
  return changes_->Change(
      context, config::v1::ADMIN, "SkipSink", *request,
      [this, request, response](const Caller&) {
        return MoveSink(*process_, *request, *response,
                        [](EventLog& log, const auto& what, auto& answer) {
                          return sluice::SkipSink(log, what, answer);
                        });
      });
}

grpc::ServerWriteReactor<ReplayToSinkResponse>* SinkService::ReplayToSink(
    grpc::CallbackServerContext* context, const ReplayToSinkRequest* request) {
  const absl::StatusOr<Caller> caller =
      access_->Authorize(*context, config::v1::OPERATOR);
  auto note = [request = *request,
               name = caller.ok() ? caller->name : context->peer()](
                  const absl::Status& status) {
    NoteChange("ReplayToSink", request, name, status);
  };
  const auto begin = [&]() -> absl::StatusOr<CallLimit::Slot> {
    SLUICE_RETURN_IF_ERROR(caller.status());
    SLUICE_RETURN_IF_ERROR(CheckReplay(*process_, *request));
    return replays_.Enter();
  };
  absl::StatusOr<CallLimit::Slot> slot = begin();
  if (!slot.ok()) {
    note(slot.status());
    return new RefusedCall<ReplayToSinkResponse>(slot.status());
  }
  return new StepwiseCall<ReplayToSinkResponse>(
      {.process = process_, .pipeline = request->pipeline()}, *std::move(slot),
      [request = *request, replay = std::unique_ptr<LogReplay>()](
          EventLog& log, std::vector<ReplayToSinkResponse>& answers) mutable
      -> absl::StatusOr<NextStep> {
        if (replay == nullptr) {
          SLUICE_ASSIGN_OR_RETURN(replay, MakeReplay(log, request));
        }
        if (!replay->done()) SLUICE_RETURN_IF_ERROR(replay->Step(log));
        answers.push_back(Describe(*replay));
        return NextStep{.more = !replay->done(), .delay = replay->delay()};
      },
      std::move(note));
}

grpc::ServerUnaryReactor* SinkService::ForgetSink(
    grpc::CallbackServerContext* context,
    const admin::v1::ForgetSinkRequest* request,
    admin::v1::ForgetSinkResponse* response) {
  return changes_->Change(
      context, config::v1::ADMIN, "ForgetSink", *request,
      [this, request, response](const Caller&) -> absl::Status {
        SLUICE_ASSIGN_OR_RETURN(
            const admin::v1::SinkStatus sink,
            StatusOf(*process_, request->pipeline(), request->sink()));
        if (!sink.parked()) {
          return absl::FailedPreconditionError(
              absl::StrCat("sink ", Quote(request->sink()),
                           " is configured; only one that is not can be "
                           "forgotten"));
        }
        response->set_waiting(sink.waiting());
        return process_->PauseFor(request->pipeline(), request->sink(),
                                  absl::ZeroDuration(),
                                  [request](EventLog& log) {
                                    return log.RemoveCursor(request->sink());
                                  });
      });
}

}  // namespace sluice
