// Looking at a log whatever its state is, and whoever uses it.
#ifndef STORAGE_LOG_LOG_VIEW_H_
#define STORAGE_LOG_LOG_VIEW_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "storage/base/clock.h"
#include "storage/kv/damage.h"
#include "storage/log/log_check.h"
#include "storage/log/rocksdb_event_log.h"

namespace sluice {

// A log as it was when this was opened. Nothing of it is changed, and no lock
// is taken. If its files are damaged, a copy is repaired in a folder of its own
// below that for temporary files (TMPDIR), readable by its owner only and
// removed in the end; table files are not copied for that unless they have to
// be, which then takes as much room as the log.
//
// Thread-safety: as RocksDbEventLog, for reading.
class LogView {
 public:
  // Opens the log in folder `path`; `clock` outlives the view. REQUIRES: this
  // process does not have it open.
  //   kNotFound: there is no log.  kFailedPrecondition: of a newer format
  //   version.  kUnavailable: the disk refused, or a process changes the log
  //   too fast for a look.
  static absl::StatusOr<std::unique_ptr<LogView>> Open(const std::string& path,
                                                       Clock* clock);
  ~LogView();
  LogView(const LogView&) = delete;
  LogView& operator=(const LogView&) = delete;

  // To be read only: what is done to it is lost, or fails.
  RocksDbEventLog& log() { return *log_; }

  // What is damaged so that opening the log for use has to repair it, and what
  // the repair loses; empty: nothing.
  const DamageList& findings() const { return findings_; }
  // Some process had the log open: it has gone on since.
  bool in_use() const { return in_use_; }

  // As CheckLog(). What the repair of the copy has shown to be lost is in
  // `newly_lost`, too. `progress` (null: none) is called now and then with the
  // part done, 0 to 1.
  absl::StatusOr<LogCheck> Check(
      const std::function<void(double)>& progress = nullptr);

 private:
  LogView(std::string path, Clock* clock);

  absl::Status OpenInPlace();
  absl::Status OpenCopy();
  absl::Status Copy();

  const std::string path_;
  Clock* const clock_;
  // The folder of the copy; empty: there is none.
  std::string copy_;
  std::unique_ptr<RocksDbEventLog> log_;
  DamageList findings_;
  bool in_use_ = false;
};

// Whether some other process has the log in folder `path` open.
bool IsLogInUse(const std::string& path);

}  // namespace sluice

#endif  // STORAGE_LOG_LOG_VIEW_H_
