// What a log of a data directory holds, whether it is sound, and putting it
// right.
#ifndef TOOLS_SLUICE_LOG_REPORT_H_
#define TOOLS_SLUICE_LOG_REPORT_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "proto/admin/v1/status.pb.h"

namespace sluice {

// Events from the first to the last, both included.
using EventRange = std::pair<uint64_t, uint64_t>;

struct LogReport {
  // As of a running pipeline, but without plugins, health and limits, which
  // only a configuration or a process knows.
  admin::v1::PipelineStatus status;
  // Dead letters by (component, reason).
  std::map<std::pair<std::string, std::string>, uint64_t> dead_letters;
  // What is damaged in the files, and has to be repaired before the log can be
  // used, in sentences. `status` is as it will be then.
  std::vector<std::string> damage;
  // A process has the log open, and has gone on since.
  bool in_use = false;
};

// What reading all of a log has shown.
struct LogVerification {
  LogReport report;
  uint64_t events = 0;
  uint64_t records = 0;
  uint64_t bytes = 0;  // Of the records.
  // What cannot be read: known to the log and accounted for, or not yet.
  std::vector<EventRange> known_losses;
  std::vector<EventRange> losses;
  // Everything else that should not be so, in sentences.
  std::vector<std::string> problems;

  // True when nothing is newly lost, damaged or unaccounted for.
  bool good() const;
};

// What was done to a log.
struct LogRepair {
  // In sentences; empty: nothing had to be.
  std::vector<std::string> repaired;
  // Events that are lost, and were not known to be.
  std::vector<EventRange> losses;
  // What else is, or may be, lost, in sentences.
  std::vector<std::string> other_losses;
  // What is still not as it should be, in sentences.
  std::vector<std::string> problems;

  // True when all is good now, and nothing was lost.
  bool nothing_lost() const;
};

// Both look at the log of `pipeline` without changing anything; a process may
// be using it.
//   kNotFound: there is no such log.
//   errors of LogView::Open().
absl::StatusOr<LogReport> InspectLog(const std::string& data_dir,
                                     const std::string& pipeline);

// Reads every event and dead letter. `progress` is called now and then with
// the part done, 0 to 1.
absl::StatusOr<LogVerification> VerifyLog(
    const std::string& data_dir, const std::string& pipeline,
    const std::function<void(double)>& progress);

// Puts right whatever is damaged, and accounts for what is lost. No process may
// be using the directory.
//   kNotFound: there is no such log.
//   errors of DataDirectory::Open() and RocksDbEventLog::Open().
absl::StatusOr<LogRepair> RepairLog(const std::string& data_dir,
                                    const std::string& pipeline);

}  // namespace sluice

#endif  // TOOLS_SLUICE_LOG_REPORT_H_
