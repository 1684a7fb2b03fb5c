// RocksDB on a FaultDisk.
#ifndef STORAGE_KV_FAULT_FILE_SYSTEM_H_
#define STORAGE_KV_FAULT_FILE_SYSTEM_H_

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "rocksdb/env.h"
#include "rocksdb/file_system.h"
#include "storage/kv/fault_disk.h"

namespace sluice {

// One process's view of `disk`: an Env whose files are there. RocksDB's
// background work runs on one thread of its own, one job after the other, so
// that a test which waits for it (Settle) always sees the same.
//
// Thread-safe. Outlives the databases that use it; `disk` outlives it.
class FaultEnv final : public rocksdb::EnvWrapper {
 public:
  explicit FaultEnv(FaultDisk* disk);
  ~FaultEnv() override;

  // The process is dead: from now on nothing it does reaches the disk. Its
  // databases can still be destroyed.
  void Kill();
  // Returns once no background work is under way or waits, other than for time
  // to pass: what was waiting so before goes on now.
  void Settle();
  // From now on nobody waits for time to pass.
  void EndSleeps();

  const char* Name() const override { return "FaultEnv"; }
  void SleepForMicroseconds(int micros) override;
  void Schedule(void (*function)(void*), void* arg, Priority priority,
                void* tag, void (*unschedule)(void*)) override;
  int UnSchedule(void* tag, Priority priority) override;
  unsigned int GetThreadPoolQueueLen(Priority priority) const override;
  void SetBackgroundThreads(int, Priority) override {}
  int GetBackgroundThreads(Priority) override { return 1; }
  void IncBackgroundThreadsIfNeeded(int, Priority) override {}
  int ReserveThreads(int, Priority) override { return 0; }
  int ReleaseThreads(int, Priority) override { return 0; }

 private:
  struct Job {
    void (*function)(void*);
    void* arg;
    Priority priority;
    void* tag;
    void (*unschedule)(void*);
  };
  class Files;

  FaultEnv(std::shared_ptr<Files> files);
  void RunJobs();

  const std::shared_ptr<Files> files_;
  mutable std::mutex mu_;
  std::condition_variable changed_;
  std::deque<Job> jobs_;
  bool running_ = false;
  bool sleeping_ = false;
  bool awake_ = false;
  bool sleepless_ = false;
  bool stop_ = false;
  std::thread worker_;
};

}  // namespace sluice

#endif  // STORAGE_KV_FAULT_FILE_SYSTEM_H_
