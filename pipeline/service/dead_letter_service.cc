#include "pipeline/service/dead_letter_service.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "pipeline/runtime/dead_letter_box.h"
#include "pipeline/service/dead_letter_message.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"

namespace sluice {
namespace {

constexpr int32_t kDefaultPage = 50;
constexpr int32_t kMaxPage = 1000;
// A page ends before an answer gets too large; a letter may have a MiB.
constexpr size_t kMaxPageBytes = size_t{2} << 20;
// ... and before a search holds up other writes for long.
constexpr uint64_t kMaxSeenPerPage = 2000;
// Letters handled while other writes wait.
constexpr size_t kLettersPerStep = 32;
// The same of an export, which keeps them until the caller has taken them; a
// letter may have a MiB.
constexpr size_t kLettersPerExportStep = 4;

// A filter that names no letter must be meant.
template <typename Request>
absl::StatusOr<DeadLetterFilter> MeantBy(const Request& request) {
  SLUICE_ASSIGN_OR_RETURN(DeadLetterFilter filter,
                          FromMessage(request.filter()));
  if (filter.empty() == request.all()) return filter;
  return absl::InvalidArgumentError(request.all()
                                        ? "all: contradicts a filter"
                                        : "filter: say which, or set `all`");
}

absl::StatusOr<size_t> PageSizeOf(
    const admin::v1::ListDeadLettersRequest& request) {
  if (request.page_size() == 0) return kDefaultPage;
  if (request.page_size() > 0 && request.page_size() <= kMaxPage) {
    return request.page_size();
  }
  return absl::InvalidArgumentError(
      absl::StrCat("page_size: must be from 1 to ", kMaxPage));
}

// The token is the id that the page begins with.
absl::StatusOr<uint64_t> FirstIdOf(
    const admin::v1::ListDeadLettersRequest& request) {
  uint64_t id = 0;
  if (request.page_token().empty() ||
      absl::SimpleAtoi(request.page_token(), &id)) {
    return id;
  }
  return absl::InvalidArgumentError(
      "page_token: must be the next_page_token of an answer");
}

// The letters from an id on that are there at the first step, a few at a time.
class LetterWalk {
 public:
  explicit LetterWalk(DeadLetterFilter filter, uint64_t first_id = 0)
      : filter_(std::move(filter)), next_id_(first_id) {}

  // The next part of the filter, with at most so many letters; nullopt: that
  // was all.
  absl::StatusOr<std::optional<DeadLetterFilter>> Next(
      const EventLog& log, size_t most = kLettersPerStep) {
    if (!end_id_.has_value()) {
      end_id_ = log.stats().next_dead_letter_id;
      total_ = log.stats().dead_letters;
    }
    SLUICE_ASSIGN_OR_RETURN(const std::vector<storage::v1::DeadLetter> letters,
                            log.ListDeadLetters(next_id_, most));
    if (letters.empty() || letters.front().id() >= *end_id_) {
      return std::optional<DeadLetterFilter>();
    }
    seen_ += letters.size();
    filter_.from_id = letters.front().id();
    next_id_ = letters.back().id() + 1;
    filter_.end_id = std::min(next_id_, *end_id_);
    return std::optional<DeadLetterFilter>(filter_);
  }

  uint64_t next_id() const { return next_id_; }
  uint64_t seen() const { return std::min(seen_, total_); }
  uint64_t total() const { return total_; }

 private:
  DeadLetterFilter filter_;
  std::optional<uint64_t> end_id_;
  uint64_t next_id_;
  uint64_t seen_ = 0;
  uint64_t total_ = 0;
};

absl::Status ListInto(const admin::v1::ListDeadLettersRequest& request,
                      EventLog& log,
                      admin::v1::ListDeadLettersResponse& response) {
  SLUICE_ASSIGN_OR_RETURN(DeadLetterFilter filter,
                          FromMessage(request.filter()));
  SLUICE_ASSIGN_OR_RETURN(const size_t page_size, PageSizeOf(request));
  SLUICE_ASSIGN_OR_RETURN(const uint64_t first_id, FirstIdOf(request));
  response.set_total(log.stats().dead_letters);
  response.set_total_bytes(log.stats().dead_letter_bytes);
  LetterWalk walk(std::move(filter), first_id);
  size_t listed = 0;
  size_t bytes = 0;
  while (listed < page_size && bytes < kMaxPageBytes &&
         walk.seen() < kMaxSeenPerPage) {
    SLUICE_ASSIGN_OR_RETURN(
        const std::optional<DeadLetterFilter> part,
        walk.Next(log, std::min(kLettersPerStep, page_size - listed)));
    if (!part.has_value()) return absl::OkStatus();
    SLUICE_RETURN_IF_ERROR(
        DeadLetterBox(&log, Clock::Real())
            .ForEach(*part, [&](const storage::v1::DeadLetter& letter) {
              admin::v1::DeadLetter* added = response.add_dead_letters();
              *added = ToMessage(letter, request.with_content());
              bytes += added->ByteSizeLong();
              ++listed;
              return absl::OkStatus();
            }));
  }
  response.set_next_page_token(absl::StrCat(walk.next_id()));
  return absl::OkStatus();
}

void AddReport(const RedriveReport& report,
               admin::v1::RedriveDeadLettersResponse& progress) {
  progress.set_redriven(progress.redriven() + report.redriven);
  for (const auto& [sink, count] : report.by_sink) {
    (*progress.mutable_by_sink())[sink] += count;
  }
  progress.set_refused(progress.refused() + report.refused);
  for (const auto& [id, message] : report.refusals) {
    const size_t told = progress.refusals_size();
    if (told == kMaxRefusalsTold) return;
    auto* refusal = progress.add_refusals();
    refusal->set_id(id);
    refusal->set_message(message);
  }
}

// Goes through the letters that `request` means and hands each part to
// `handle`, and an empty one behind the last.
template <typename Response, typename Request, typename Handle>
grpc::ServerWriteReactor<Response>* ChangeLetters(
    Process* process, const absl::StatusOr<Caller>& caller,
    const std::string& peer, const char* method, const Request& request,
    CallLimit& walks, Handle handle) {
  auto note = [method, request, name = caller.ok() ? caller->name : peer](
                  const absl::Status& status) {
    NoteChange(method, request, name, status);
  };
  DeadLetterFilter filter;
  const auto begin = [&]() -> absl::StatusOr<CallLimit::Slot> {
    SLUICE_RETURN_IF_ERROR(caller.status());
    SLUICE_ASSIGN_OR_RETURN(filter, MeantBy(request));
    return walks.Enter();
  };
  absl::StatusOr<CallLimit::Slot> slot = begin();
  if (!slot.ok()) {
    note(slot.status());
    return new RefusedCall<Response>(slot.status());
  }
  return new StepwiseCall<Response>(
      {.process = process, .pipeline = request.pipeline()}, *std::move(slot),
      [walk = LetterWalk(std::move(filter)), progress = Response(),
       handle = std::move(handle)](
          EventLog& log,
          std::vector<Response>& answers) mutable -> absl::StatusOr<NextStep> {
        SLUICE_ASSIGN_OR_RETURN(const std::optional<DeadLetterFilter> part,
                                walk.Next(log));
        DeadLetterBox box(&log, Clock::Real());
        SLUICE_RETURN_IF_ERROR(handle(
            box, part.value_or(DeadLetterFilter{.end_id = 0}), progress));
        progress.set_done(!part.has_value());
        progress.set_seen(walk.seen());
        progress.set_total(walk.total());
        answers.push_back(progress);
        return NextStep{.more = !progress.done()};
      },
      std::move(note));
}

}  // namespace

void DeadLetterService::WithLog(
    const std::string& pipeline, UnaryCalls::Done done,
    absl::AnyInvocable<absl::Status(EventLog&)> work) {
  auto shared = std::make_shared<UnaryCalls::Done>(std::move(done));
  const absl::Status posted = process_->PostToLog(
      pipeline, [shared, work = std::move(work)](EventLog& log) mutable {
        (*shared)(work(log));
      });
  if (!posted.ok()) (*shared)(posted);
}

grpc::ServerUnaryReactor* DeadLetterService::ListDeadLetters(
    grpc::CallbackServerContext* context,
    const admin::v1::ListDeadLettersRequest* request,
    admin::v1::ListDeadLettersResponse* response) {
  return calls_.LookLater(context, config::v1::VIEWER,
                          [&](const Caller&, UnaryCalls::Done done) {
                            WithLog(request->pipeline(), std::move(done),
                                    [request, response](EventLog& log) {
                                      return ListInto(*request, log, *response);
                                    });
                          });
}

grpc::ServerUnaryReactor* DeadLetterService::GetDeadLetter(
    grpc::CallbackServerContext* context,
    const admin::v1::GetDeadLetterRequest* request,
    admin::v1::DeadLetter* letter) {
  return calls_.LookLater(
      context, config::v1::VIEWER, [&](const Caller&, UnaryCalls::Done done) {
        WithLog(request->pipeline(), std::move(done),
                [request, letter](EventLog& log) -> absl::Status {
                  const DeadLetterBox box(&log, Clock::Real());
                  SLUICE_ASSIGN_OR_RETURN(const storage::v1::DeadLetter found,
                                          box.Get(request->id()));
                  *letter = ToMessage(found, /*with_content=*/true);
                  return absl::OkStatus();
                });
      });
}

grpc::ServerUnaryReactor* DeadLetterService::EditDeadLetter(
    grpc::CallbackServerContext* context,
    const admin::v1::EditDeadLetterRequest* request,
    admin::v1::DeadLetter* letter) {
  return calls_.ChangeLater(
      context, config::v1::OPERATOR, "EditDeadLetter", *request,
      [&](const Caller&, UnaryCalls::Done done) {
        WithLog(request->pipeline(), std::move(done),
                [request, letter](EventLog& log) -> absl::Status {
                  DeadLetterBox box(&log, Clock::Real());
                  SLUICE_ASSIGN_OR_RETURN(
                      const storage::v1::DeadLetter edited,
                      box.Edit(request->id(), FromMessage(*request)));
                  *letter = ToMessage(edited, /*with_content=*/true);
                  return absl::OkStatus();
                });
      });
}

grpc::ServerWriteReactor<admin::v1::DeadLetter>*
DeadLetterService::ExportDeadLetters(
    grpc::CallbackServerContext* context,
    const admin::v1::ExportDeadLettersRequest* request) {
  DeadLetterFilter filter;
  const auto begin = [&]() -> absl::StatusOr<CallLimit::Slot> {
    SLUICE_RETURN_IF_ERROR(
        access_->Authorize(*context, config::v1::VIEWER).status());
    SLUICE_ASSIGN_OR_RETURN(filter, FromMessage(request->filter()));
    return walks_.Enter();
  };
  absl::StatusOr<CallLimit::Slot> slot = begin();
  if (!slot.ok()) {
    return new RefusedCall<admin::v1::DeadLetter>(slot.status());
  }
  return new StepwiseCall<admin::v1::DeadLetter>(
      {.process = process_, .pipeline = request->pipeline()}, *std::move(slot),
      [walk = LetterWalk(std::move(filter))](
          EventLog& log, std::vector<admin::v1::DeadLetter>& answers) mutable
      -> absl::StatusOr<NextStep> {
        SLUICE_ASSIGN_OR_RETURN(const std::optional<DeadLetterFilter> part,
                                walk.Next(log, kLettersPerExportStep));
        if (!part.has_value()) return NextStep{};
        SLUICE_RETURN_IF_ERROR(
            DeadLetterBox(&log, Clock::Real())
                .ForEach(*part, [&](const storage::v1::DeadLetter& letter) {
                  answers.push_back(ToMessage(letter, /*with_content=*/true));
                  return absl::OkStatus();
                }));
        return NextStep{.more = true};
      });
}

grpc::ServerWriteReactor<admin::v1::RedriveDeadLettersResponse>*
DeadLetterService::RedriveDeadLetters(
    grpc::CallbackServerContext* context,
    const admin::v1::RedriveDeadLettersRequest* request) {
  using Response = admin::v1::RedriveDeadLettersResponse;
  return ChangeLetters<Response>(
      process_, access_->Authorize(*context, config::v1::OPERATOR),
      context->peer(), "RedriveDeadLetters", *request, walks_,
      [sinks = std::vector<std::string>(request->sinks().begin(),
                                        request->sinks().end()),
       dry_run = request->dry_run()](DeadLetterBox& box,
                                     const DeadLetterFilter& part,
                                     Response& progress) -> absl::Status {
        SLUICE_ASSIGN_OR_RETURN(const RedriveReport report,
                                box.Redrive(part, sinks, dry_run));
        AddReport(report, progress);
        return absl::OkStatus();
      });
}

grpc::ServerWriteReactor<admin::v1::PurgeDeadLettersResponse>*
DeadLetterService::PurgeDeadLetters(
    grpc::CallbackServerContext* context,
    const admin::v1::PurgeDeadLettersRequest* request) {
  using Response = admin::v1::PurgeDeadLettersResponse;
  return ChangeLetters<Response>(
      process_, access_->Authorize(*context, config::v1::ADMIN),
      context->peer(), "PurgeDeadLetters", *request, walks_,
      [dry_run = request->dry_run()](DeadLetterBox& box,
                                     const DeadLetterFilter& part,
                                     Response& progress) -> absl::Status {
        SLUICE_ASSIGN_OR_RETURN(const uint64_t purged,
                                box.Purge(part, dry_run));
        progress.set_purged(progress.purged() + purged);
        return absl::OkStatus();
      });
}

}  // namespace sluice
