// Writing the events of a log as JSON lines.
#ifndef TOOLS_SLUICE_LOG_EXPORT_H_
#define TOOLS_SLUICE_LOG_EXPORT_H_

#include <cstdint>
#include <functional>
#include <limits>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "tools/sluice/log_report.h"

namespace sluice {

struct LogExport {
  std::string data_dir;
  std::string pipeline;
  // Sequences of the first and the last event wanted.
  uint64_t from = 1;
  uint64_t to = std::numeric_limits<uint64_t>::max();
};

// What an export has left out, though it was asked for.
struct LogExportResult {
  uint64_t events = 0;  // Written.
  uint64_t lost = 0;    // Not there any more because of damage.
};

// Calls `write` with the events of a log, some lines at a time, each as the
// sink `file` writes it (pipeline/cloud_event/cloud_event_json.h), and
// `note_loss` for those that damage has taken, all in order. Holds a few MiB of
// events at a time. Changes nothing; a process may be using the log, whose end
// is then that of the moment when this began. Events below the first that the
// log still holds are passed over.
//   kNotFound: there is no such log.  an error of `write`: passed on.
//   errors of LogView::Open().
absl::StatusOr<LogExportResult> ExportLog(
    const LogExport& wanted,
    const std::function<absl::Status(std::string_view lines)>& write,
    const std::function<void(const EventRange& range)>& note_loss);

}  // namespace sluice

#endif  // TOOLS_SLUICE_LOG_EXPORT_H_
