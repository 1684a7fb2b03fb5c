// Looking at the logs of a data directory that no process uses.
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

struct LogReport {
  // As of a running pipeline, but without plugins, health and limits, which
  // only a configuration or a process knows.
  admin::v1::PipelineStatus status;
  // Dead letters by (component, reason).
  std::map<std::pair<std::string, std::string>, uint64_t> dead_letters;
  // What had to be repaired to open the log, in sentences.
  std::vector<std::string> damage;
};

// What reading all of a log has shown.
struct LogVerification {
  LogReport report;
  uint64_t events = 0;
  uint64_t batches = 0;
  uint64_t bytes = 0;  // Of the events, encoded.
  // Sequences that are in no batch, both ends included.
  std::vector<std::pair<uint64_t, uint64_t>> missing;
  // Events that cannot be read though their batch's checksum is right, and
  // dead letters that cannot be listed; in sentences.
  std::vector<std::string> unreadable;

  // True when nothing is missing, damaged or unaccounted for.
  bool good() const;
};

// The names of the pipelines that have a log in `data_dir`, in order.
//   kNotFound: `data_dir` is no data directory.
absl::StatusOr<std::vector<std::string>> PipelinesOf(
    const std::string& data_dir);

// Both open the log of `pipeline`, holding the data directory meanwhile.
// Nothing is delivered, dropped or expired. As with any opening, what a crash
// left half-written is put right, and records that turn out to be damaged are
// copied to the log's folder `quarantine`.
//   kNotFound: there is no such log.
//   errors of DataDirectory::Open() and RocksDbEventLog::Open().
absl::StatusOr<LogReport> InspectLog(const std::string& data_dir,
                                     const std::string& pipeline);

// Reads every event and dead letter. `progress` is called now and then with
// the part done, 0 to 1.
absl::StatusOr<LogVerification> VerifyLog(
    const std::string& data_dir, const std::string& pipeline,
    const std::function<void(double)>& progress);

}  // namespace sluice

#endif  // TOOLS_SLUICE_LOG_REPORT_H_
