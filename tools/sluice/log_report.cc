#include "tools/sluice/log_report.h"

#include <algorithm>
#include <filesystem>
#include <memory>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "pipeline/metrics/metrics.h"
#include "pipeline/runtime/data_directory.h"
#include "pipeline/runtime/health_board.h"
#include "pipeline/runtime/pipeline_status.h"
#include "pipeline/topology/pipeline_spec.h"
#include "storage/base/clock.h"
#include "storage/base/status_macros.h"
#include "storage/log/event_log.h"
#include "tools/sluice/offline_log.h"

namespace sluice {
namespace {

constexpr size_t kReadBytes = size_t{4} << 20;
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

admin::v1::PipelineStatus DescribeLog(const OfflineLog& opened) {
  PipelineSpec spec;
  spec.name = opened.pipeline;
  for (const SourceInfo& info : opened.log->Sources()) {
    SourceSpec source;
    source.name = info.name;
    spec.sources.push_back(std::move(source));
  }
  const HealthBoard health(opened.pipeline, Clock::Real());
  const MetricRegistry metrics;
  admin::v1::PipelineStatus status =
      DescribePipeline(spec, *opened.log, health, {}, metrics);
  for (auto& source : *status.mutable_sources()) source.clear_health();
  for (auto& sink : *status.mutable_sinks()) sink.clear_health();
  status.mutable_log()->clear_health();
  status.mutable_log()->clear_max_bytes();
  return status;
}

// Reads every batch, noting what is not there and what cannot be read.
absl::Status ReadEvents(EventLog& log,
                        const std::function<void(double)>& progress,
                        LogVerification* verification) {
  const LogStats stats = log.stats();
  Sequence next = stats.first_sequence;
  while (next < stats.next_sequence) {
    SLUICE_ASSIGN_OR_RETURN(const std::vector<LogBatch> batches,
                            log.Read(next, kReadBytes));
    if (batches.empty()) break;
    for (const LogBatch& batch : batches) {
      if (batch.first_sequence > next) {
        verification->missing.emplace_back(next, batch.first_sequence - 1);
      }
      for (size_t i = 0; i < batch.events->size(); ++i) {
        const absl::Status parsed =
            EventView::Parse(batch.events->event_wire(i)).status();
        if (parsed.ok()) continue;
        verification->unreadable.push_back(
            absl::StrCat("event ", batch.first_sequence + i, ": ",
                         std::string(parsed.message())));
      }
      verification->events += batch.events->size();
      verification->batches += 1;
      verification->bytes += batch.events->wire().size();
      next = batch.first_sequence + batch.events->size();
    }
    progress(static_cast<double>(next - stats.first_sequence) /
             static_cast<double>(stats.next_sequence - stats.first_sequence));
  }
  if (next < stats.next_sequence) {
    verification->missing.emplace_back(next, stats.next_sequence - 1);
  }
  return absl::OkStatus();
}

// Counts dead letters; an error is what keeps them from being listed.
absl::Status CountDeadLetters(const EventLog& log, LogReport* report) {
  return ForEachDeadLetter(log, [report](const auto& letter) {
    ++report->dead_letters[{letter.component(), letter.reason()}];
  });
}

}  // namespace

bool LogVerification::good() const {
  return missing.empty() && unreadable.empty() && report.damage.empty() &&
         report.status.imbalances().empty() &&
         report.status.log().corrupt_events() == 0;
}

absl::StatusOr<std::vector<std::string>> PipelinesOf(
    const std::string& data_dir) {
  std::error_code error;
  std::filesystem::directory_iterator entries(data_dir + "/pipelines", error);
  if (error) {
    return absl::NotFoundError(
        absl::StrCat(data_dir, " is no data directory: ", error.message()));
  }
  std::vector<std::string> names;
  for (const auto& entry : entries) {
    std::string name = entry.path().filename().string();
    if (std::filesystem::is_directory(PipelineLogPath(data_dir, name), error)) {
      names.push_back(std::move(name));
    }
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<LogReport> InspectLog(const std::string& data_dir,
                                     const std::string& pipeline) {
  SLUICE_ASSIGN_OR_RETURN(const OfflineLog opened,
                          OpenOfflineLog(data_dir, pipeline));
  LogReport report;
  report.status = DescribeLog(opened);
  report.damage = opened.log->damage();
  SLUICE_RETURN_IF_ERROR(CountDeadLetters(*opened.log, &report));
  return report;
}

absl::StatusOr<LogVerification> VerifyLog(
    const std::string& data_dir, const std::string& pipeline,
    const std::function<void(double)>& progress) {
  SLUICE_ASSIGN_OR_RETURN(const OfflineLog opened,
                          OpenOfflineLog(data_dir, pipeline));
  LogVerification verification;
  SLUICE_RETURN_IF_ERROR(ReadEvents(*opened.log, progress, &verification));
  const absl::Status listed =
      CountDeadLetters(*opened.log, &verification.report);
  if (!listed.ok()) {
    verification.unreadable.push_back(
        absl::StrCat("dead letters: ", std::string(listed.message())));
  }
  // Reading has found what is damaged, and the log has accounted for it.
  verification.report.status = DescribeLog(opened);
  verification.report.damage = opened.log->damage();
  return verification;
}

}  // namespace sluice
