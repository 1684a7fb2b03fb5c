#include "tools/sluice/log_export.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "pipeline/cloud_event/cloud_event_json.h"
#include "storage/base/status_macros.h"
#include "storage/event/event_view.h"
#include "storage/log/event_log.h"
#include "tools/sluice/offline_log.h"

namespace sluice {
namespace {

// Read at a time, and written at a time.
constexpr size_t kReadBytes = size_t{4} << 20;
constexpr size_t kWriteBytes = size_t{1} << 20;

class Exporter {
 public:
  Exporter(const LogExport& wanted,
           const std::function<absl::Status(std::string_view)>& write,
           const std::function<void(const EventRange&)>& note_loss)
      : wanted_(wanted), write_(write), note_loss_(note_loss) {}

  absl::StatusOr<LogExportResult> Run(EventLog& log) {
    const LogStats stats = log.stats();
    Sequence next = std::max(wanted_.from, stats.first_sequence);
    // Behind the last.
    const Sequence end =
        wanted_.to < stats.next_sequence ? wanted_.to + 1 : stats.next_sequence;
    while (next < end) {
      SLUICE_ASSIGN_OR_RETURN(const std::vector<LogBatch> batches,
                              log.Read(next, kReadBytes));
      if (batches.empty()) break;
      for (const LogBatch& batch : batches) {
        Lose(next, std::min(batch.first_sequence, end));
        SLUICE_RETURN_IF_ERROR(Add(batch, next, end));
        next = batch.first_sequence + batch.events->size();
      }
    }
    Lose(next, end);
    SLUICE_RETURN_IF_ERROR(write_(lines_));
    return result_;
  }

 private:
  // The events from `first` up to `end`, excluded, are lost.
  void Lose(Sequence first, Sequence end) {
    if (first >= end) return;
    result_.lost += end - first;
    note_loss_({first, end - 1});
  }

  // The events of `batch` in [first, end).
  absl::Status Add(const LogBatch& batch, Sequence first, Sequence end) {
    for (size_t i = 0; i < batch.events->size(); ++i) {
      const Sequence sequence = batch.first_sequence + i;
      if (sequence < first || sequence >= end) continue;
      const auto event = EventView::Parse(batch.events->event_wire(i));
      if (!event.ok()) {
        Lose(sequence, sequence + 1);
        continue;
      }
      json_.AppendLine(*event, &lines_);
      ++result_.events;
      if (lines_.size() < kWriteBytes) continue;
      SLUICE_RETURN_IF_ERROR(write_(lines_));
      lines_.clear();
    }
    return absl::OkStatus();
  }

  const LogExport& wanted_;
  const std::function<absl::Status(std::string_view)>& write_;
  const std::function<void(const EventRange&)>& note_loss_;
  CloudEventJsonWriter json_;
  std::string lines_;
  LogExportResult result_;
};

}  // namespace

absl::StatusOr<LogExportResult> ExportLog(
    const LogExport& wanted,
    const std::function<absl::Status(std::string_view lines)>& write,
    const std::function<void(const EventRange& range)>& note_loss) {
  SLUICE_ASSIGN_OR_RETURN(const std::unique_ptr<LogView> view,
                          ViewLog(wanted.data_dir, wanted.pipeline));
  return Exporter(wanted, write, note_loss).Run(view->log());
}

}  // namespace sluice
