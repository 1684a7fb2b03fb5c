// A log on a disk that fails, loses power, and is damaged.
#ifndef TESTS_MODEL_FAULTED_LOG_H_
#define TESTS_MODEL_FAULTED_LOG_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "storage/base/clock.h"
#include "storage/kv/fault_disk.h"
#include "storage/kv/fault_file_system.h"
#include "storage/log/rocksdb_event_log.h"

namespace sluice {

// Where the log of a FaultedLog lies on its disk.
inline constexpr char kFaultedLogPath[] = "/log";

// Thread-safety: none.
class FaultedLog {
 public:
  // `clock` outlives it.
  FaultedLog(uint64_t seed, const RocksDbLogOptions& options, Clock* clock)
      : disk_(seed), options_(options), clock_(clock) {}
  ~FaultedLog() { Close(); }
  FaultedLog(const FaultedLog&) = delete;
  FaultedLog& operator=(const FaultedLog&) = delete;

  FaultDisk& disk() { return disk_; }
  RocksDbLogOptions& options() { return options_; }
  // REQUIRES: open.
  RocksDbEventLog& log() { return *log_; }
  bool is_open() const { return log_ != nullptr; }

  // Closes what is open, and opens the log anew, as a new process does.
  absl::Status Open() {
    Close();
    env_ = std::make_unique<FaultEnv>(&disk_);
    options_.env = env_.get();
    auto log = RocksDbEventLog::Open(kFaultedLogPath, options_, clock_);
    env_->Settle();
    if (!log.ok()) return log.status();
    log_ = *std::move(log);
    return absl::OkStatus();
  }
  // As at the end of a process that was told to end.
  void Close() {
    if (env_ != nullptr) env_->EndSleeps();
    log_.reset();
    env_.reset();
  }
  // As by kill -9: what was handed to the operating system is there.
  void Kill() {
    if (env_ != nullptr) env_->Kill();
    Close();
  }
  void LosePower() {
    Kill();
    disk_.LosePower();
  }
  // Waits until RocksDB does nothing in the background.
  void Settle() { env_->Settle(); }

 private:
  FaultDisk disk_;
  RocksDbLogOptions options_;
  Clock* const clock_;
  std::unique_ptr<FaultEnv> env_;
  std::unique_ptr<RocksDbEventLog> log_;
};

}  // namespace sluice

#endif  // TESTS_MODEL_FAULTED_LOG_H_
