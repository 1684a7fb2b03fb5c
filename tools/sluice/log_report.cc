#include "tools/sluice/log_report.h"

#include <algorithm>
#include <memory>

#include "absl/strings/str_cat.h"
#include "pipeline/metrics/metrics.h"
#include "pipeline/runtime/data_directory.h"
#include "pipeline/runtime/health_board.h"
#include "pipeline/runtime/pipeline_status.h"
#include "pipeline/topology/pipeline_spec.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"
#include "storage/kv/damage.h"
#include "storage/log/event_log.h"
#include "storage/log/log_check.h"
#include "storage/log/log_view.h"
#include "tools/sluice/offline_log.h"

namespace sluice {
namespace {

constexpr size_t kDeadLettersPerRead = 1000;

// Visits every dead letter, in order.
absl::Status ForEachDeadLetter(
    const EventLog& log,
    const std::function<void(const storage::v1::DeadLetter&)>& visit) {
  uint64_t next_id = 0;
  while (true) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<storage::v1::DeadLetter> letters,
                            log.ListDeadLetters(next_id, kDeadLettersPerRead));
    for (const storage::v1::DeadLetter& letter : letters) visit(letter);
    if (letters.size() < kDeadLettersPerRead) return absl::OkStatus();
    next_id = letters.back().id() + 1;
  }
}

admin::v1::PipelineStatus DescribeLog(const std::string& pipeline,
                                      const EventLog& log) {
  PipelineSpec spec;
  spec.name = pipeline;
  for (const SourceInfo& info : log.Sources()) {
    SourceSpec source;
    source.name = info.name;
    spec.sources.push_back(std::move(source));
  }
  const HealthBoard health(pipeline, Clock::Real());
  const MetricRegistry metrics;
  admin::v1::PipelineStatus status =
      DescribePipeline(spec, log, health, {}, metrics);
  for (auto& source : *status.mutable_sources()) source.clear_health();
  for (auto& sink : *status.mutable_sinks()) sink.clear_health();
  status.mutable_log()->clear_health();
  status.mutable_log()->clear_max_bytes();
  return status;
}

// Counts dead letters; an error is what keeps them from being listed.
absl::Status CountDeadLetters(const EventLog& log, LogReport* report) {
  return ForEachDeadLetter(log, [report](const auto& letter) {
    ++report->dead_letters[{letter.component(), letter.reason()}];
  });
}

// Everything but the dead letters.
LogReport Describe(const std::string& pipeline, LogView& view) {
  LogReport report;
  report.status = DescribeLog(pipeline, view.log());
  for (const Damage& finding : view.findings()) {
    report.damage.push_back(finding.ToString());
  }
  report.in_use = view.in_use();
  return report;
}

// The losses that the log knew of.
std::vector<EventRange> KnownLosses(const LogCheck& check) {
  std::vector<EventRange> known;
  for (const storage::v1::Hole& hole : check.state.holes()) {
    const EventRange range(hole.first(), hole.last());
    if (range.second >= check.state.first_sequence() &&
        std::find(check.newly_lost.begin(), check.newly_lost.end(), range) ==
            check.newly_lost.end()) {
      known.push_back(range);
    }
  }
  return known;
}

}  // namespace

bool LogVerification::good() const {
  return losses.empty() && problems.empty() && report.damage.empty() &&
         report.status.imbalances().empty();
}

bool LogRepair::nothing_lost() const {
  return losses.empty() && other_losses.empty() && problems.empty();
}

absl::StatusOr<LogReport> InspectLog(const std::string& data_dir,
                                     const std::string& pipeline) {
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<LogView> view,
                          ViewLog(data_dir, pipeline));
  LogReport report = Describe(pipeline, *view);
  SLUICE_RETURN_IF_ERROR(CountDeadLetters(view->log(), &report));
  return report;
}

absl::StatusOr<LogVerification> VerifyLog(
    const std::string& data_dir, const std::string& pipeline,
    const std::function<void(double)>& progress) {
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<LogView> view,
                          ViewLog(data_dir, pipeline));
  LogVerification verification;
  verification.report = Describe(pipeline, *view);
  SLUICE_ASSIGN_OR_RETURN(LogCheck check, view->Check(progress));
  verification.events = check.events;
  verification.records = check.records;
  verification.bytes = check.record_bytes;
  verification.known_losses = KnownLosses(check);
  verification.losses = std::move(check.newly_lost);
  verification.problems = std::move(check.problems);
  const absl::Status listed =
      CountDeadLetters(view->log(), &verification.report);
  if (!listed.ok()) {
    verification.problems.push_back(
        absl::StrCat("dead letters: ", std::string(listed.message())));
  }
  return verification;
}

absl::StatusOr<LogRepair> RepairLog(const std::string& data_dir,
                                    const std::string& pipeline) {
  SLUICE_ASSIGN_OR_RETURN(
      const OfflineLog opened,
      OpenOfflineLog(data_dir, pipeline, /*check_all=*/true));
  SLUICE_RETURN_IF_ERROR(opened.log->Flush(Durability::kDurable));
  LogRepair repair;
  for (const Damage& damage : opened.log->damage()) {
    // Events are in `losses`, by number.
    (damage.loss == Damage::Loss::kOther ? repair.other_losses
                                         : repair.repaired)
        .push_back(damage.ToString());
  }
  repair.losses = opened.log->found_losses();
  std::sort(repair.losses.begin(), repair.losses.end());
  SLUICE_ASSIGN_OR_RETURN(LogCheck check, CheckTables(opened.log->tables()));
  repair.problems = std::move(check.problems);
  const admin::v1::PipelineStatus status = DescribeLog(pipeline, *opened.log);
  repair.problems.insert(repair.problems.end(), status.imbalances().begin(),
                         status.imbalances().end());
  return repair;
}

}  // namespace sluice
