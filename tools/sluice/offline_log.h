// Opening the log of a pipeline from outside: to be changed while no process
// runs it, or to be looked at.
#ifndef TOOLS_SLUICE_OFFLINE_LOG_H_
#define TOOLS_SLUICE_OFFLINE_LOG_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "pipeline/runtime/data_directory.h"
#include "storage/log/log_view.h"
#include "storage/log/rocksdb_event_log.h"

namespace sluice {

// An open log; the directory is held as long.
struct OfflineLog {
  std::string pipeline;
  std::unique_ptr<DataDirectory> directory;
  std::unique_ptr<RocksDbEventLog> log;
};

// Nothing is delivered, and nothing is dropped or expires: the limits are
// those of a configuration, which is not known here. `check_all`: see
// RocksDbLogOptions.
//   kNotFound: there is no such log.
//   kFailedPrecondition: a process uses the directory; the message says to
//   stop it.
//   other errors of DataDirectory::Open() and RocksDbEventLog::Open().
absl::StatusOr<OfflineLog> OpenOfflineLog(const std::string& data_dir,
                                          const std::string& pipeline,
                                          bool check_all = false);

// A look at the log, which a process may be using; as LogView::Open().
//   kNotFound: there is no such log.
absl::StatusOr<std::unique_ptr<LogView>> ViewLog(const std::string& data_dir,
                                                 const std::string& pipeline);

}  // namespace sluice

#endif  // TOOLS_SLUICE_OFFLINE_LOG_H_
