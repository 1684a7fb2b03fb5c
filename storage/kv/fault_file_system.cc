#include "storage/kv/fault_file_system.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdarg>
#include <set>
#include <utility>
#include <vector>

#include "absl/synchronization/mutex.h"

namespace sluice {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// What all files of one process share: it is alive, or it is not.
using Alive = std::shared_ptr<std::atomic<bool>>;

IOStatus Dead() { return IOStatus::IOError("the process is dead"); }

std::string_view View(const Slice& slice) {
  return std::string_view(slice.data(), slice.size());
}

// Without doubled and trailing slashes.
std::string Normal(const std::string& path) {
  std::string normal;
  for (char c : path) {
    if (c != '/' || normal.empty() || normal.back() != '/') normal += c;
  }
  if (normal.size() > 1 && normal.back() == '/') normal.pop_back();
  return normal;
}

// An open file of any kind.
struct Handle {
  FaultDisk* disk;
  std::string path;
  DiskFilePtr file;
  Alive alive;

  IOStatus Read(uint64_t offset, size_t n, Slice* result, char* scratch) const {
    *result = Slice();
    if (!*alive) return Dead();
    size_t read = 0;
    IOStatus status = disk->Read(path, *file, offset, n, scratch, &read);
    if (status.ok()) *result = Slice(scratch, read);
    return status;
  }
};

bool IsWriteLog(const std::string& path) {
  return path.size() > 4 && path.compare(path.size() - 4, 4, ".log") == 0;
}

// RocksDB 7.8 syncs a finished write-ahead log both in the background and with
// the next write. If one of them fails while the other is under way, a build
// with asserts, as Debian's is, aborts: a crash like others, but not one that a
// test can go on from. So that never fails here.
bool IsFinishedWriteLog(const Handle& handle) {
  if (!IsWriteLog(handle.path)) return false;
  const size_t slash = handle.path.rfind('/');
  std::vector<std::string> names;
  handle.disk->List(handle.path.substr(0, slash), &names)
      .PermitUncheckedError();
  return std::any_of(names.begin(), names.end(), [&](const std::string& name) {
    return IsWriteLog(name) && name > handle.path.substr(slash + 1);
  });
}

class SequentialFile final : public rocksdb::FSSequentialFile {
 public:
  explicit SequentialFile(Handle handle) : handle_(std::move(handle)) {}
  IOStatus Read(size_t n, const IOOptions&, Slice* result, char* scratch,
                IODebugContext*) override {
    IOStatus status = handle_.Read(at_, n, result, scratch);
    at_ += result->size();
    return status;
  }
  IOStatus Skip(uint64_t n) override {
    at_ += n;
    return IOStatus::OK();
  }

 private:
  const Handle handle_;
  uint64_t at_ = 0;
};

class RandomAccessFile final : public rocksdb::FSRandomAccessFile {
 public:
  explicit RandomAccessFile(Handle handle) : handle_(std::move(handle)) {}
  IOStatus Read(uint64_t offset, size_t n, const IOOptions&, Slice* result,
                char* scratch, IODebugContext*) const override {
    return handle_.Read(offset, n, result, scratch);
  }

 private:
  const Handle handle_;
};

class WritableFile final : public rocksdb::FSWritableFile {
 public:
  explicit WritableFile(Handle handle) : handle_(std::move(handle)) {}

  IOStatus Append(const Slice& data, const IOOptions&,
                  IODebugContext*) override {
    if (!*handle_.alive) return Dead();
    return handle_.disk->Append(handle_.path, *handle_.file, View(data));
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo&,
                  IODebugContext* debug) override {
    return Append(data, options, debug);
  }
  IOStatus Truncate(uint64_t size, const IOOptions&, IODebugContext*) override {
    if (!*handle_.alive) return Dead();
    return handle_.disk->Truncate(*handle_.file, size);
  }
  // Gives back the room that was taken and not written.
  IOStatus Close(const IOOptions&, IODebugContext*) override {
    if (!*handle_.alive) return Dead();
    return handle_.disk->Truncate(*handle_.file,
                                  handle_.disk->Size(*handle_.file));
  }
  IOStatus Flush(const IOOptions&, IODebugContext*) override {
    return IOStatus::OK();
  }
  IOStatus Sync(const IOOptions&, IODebugContext*) override {
    if (!*handle_.alive) return Dead();
    return handle_.disk->Sync(handle_.path, *handle_.file,
                              !IsFinishedWriteLog(handle_));
  }
  IOStatus Allocate(uint64_t offset, uint64_t bytes, const IOOptions&,
                    IODebugContext*) override {
    if (!*handle_.alive) return Dead();
    return handle_.disk->Allocate(*handle_.file, offset + bytes);
  }
  bool IsSyncThreadSafe() const override { return true; }
  uint64_t GetFileSize(const IOOptions&, IODebugContext*) override {
    return handle_.disk->Size(*handle_.file);
  }

 private:
  const Handle handle_;
};

class Directory final : public rocksdb::FSDirectory {
 public:
  explicit Directory(Handle handle) : handle_(std::move(handle)) {}
  IOStatus Fsync(const IOOptions&, IODebugContext*) override {
    return *handle_.alive ? handle_.disk->SyncFolder(handle_.path) : Dead();
  }

 private:
  const Handle handle_;
};

// RocksDB's own log file.
class NoLogger final : public rocksdb::Logger {
 public:
  using rocksdb::Logger::Logv;
  void Logv(const char*, va_list) override {}
  size_t GetLogFileSize() const override { return 0; }
};

class Lock final : public rocksdb::FileLock {
 public:
  explicit Lock(std::string path) : path(std::move(path)) {}
  const std::string path;
};

}  // namespace

class FaultEnv::Files final : public rocksdb::FileSystem {
 public:
  explicit Files(FaultDisk* disk) : disk_(*disk) {}

  void Kill() { *alive_ = false; }

  const char* Name() const override { return "FaultEnv::Files"; }

  IOStatus NewSequentialFile(const std::string& path, const FileOptions&,
                             std::unique_ptr<rocksdb::FSSequentialFile>* result,
                             IODebugContext*) override {
    return Open<SequentialFile>(path, result);
  }
  IOStatus NewRandomAccessFile(
      const std::string& path, const FileOptions&,
      std::unique_ptr<rocksdb::FSRandomAccessFile>* result,
      IODebugContext*) override {
    return Open<RandomAccessFile>(path, result);
  }
  IOStatus NewWritableFile(const std::string& path, const FileOptions&,
                           std::unique_ptr<rocksdb::FSWritableFile>* result,
                           IODebugContext*) override {
    return Write(path, /*keep=*/false, result);
  }
  IOStatus ReopenWritableFile(const std::string& path, const FileOptions&,
                              std::unique_ptr<rocksdb::FSWritableFile>* result,
                              IODebugContext*) override {
    return Write(path, /*keep=*/true, result);
  }
  IOStatus NewDirectory(const std::string& path, const IOOptions&,
                        std::unique_ptr<rocksdb::FSDirectory>* result,
                        IODebugContext*) override {
    if (!*alive_) return Dead();
    if (!disk_.IsFolder(Normal(path))) return IOStatus::PathNotFound(path);
    *result = std::make_unique<Directory>(MakeHandle(Normal(path), nullptr));
    return IOStatus::OK();
  }
  IOStatus FileExists(const std::string& path, const IOOptions&,
                      IODebugContext*) override {
    return disk_.Exists(Normal(path)) ? IOStatus::OK() : IOStatus::NotFound();
  }
  IOStatus GetChildren(const std::string& folder, const IOOptions&,
                       std::vector<std::string>* result,
                       IODebugContext*) override {
    result->clear();
    return disk_.List(Normal(folder), result);
  }
  IOStatus DeleteFile(const std::string& path, const IOOptions&,
                      IODebugContext*) override {
    return *alive_ ? disk_.Delete(Normal(path)) : Dead();
  }
  IOStatus CreateDir(const std::string& path, const IOOptions&,
                     IODebugContext*) override {
    return *alive_ ? disk_.MakeFolder(Normal(path), false) : Dead();
  }
  IOStatus CreateDirIfMissing(const std::string& path, const IOOptions&,
                              IODebugContext*) override {
    return *alive_ ? disk_.MakeFolder(Normal(path), true) : Dead();
  }
  IOStatus DeleteDir(const std::string& path, const IOOptions&,
                     IODebugContext*) override {
    return *alive_ ? disk_.DeleteFolder(Normal(path)) : Dead();
  }
  IOStatus GetFileSize(const std::string& path, const IOOptions&,
                       uint64_t* size, IODebugContext*) override {
    *size = 0;
    // Folders have a size, too.
    if (disk_.IsFolder(Normal(path))) return IOStatus::OK();
    DiskFilePtr file;
    IOStatus status = disk_.Find(Normal(path), &file);
    if (status.ok()) *size = disk_.Size(*file);
    return status;
  }
  IOStatus GetFileModificationTime(const std::string& path, const IOOptions&,
                                   uint64_t* time, IODebugContext*) override {
    DiskFilePtr file;
    IOStatus status = disk_.Find(Normal(path), &file);
    *time = status.ok() ? disk_.Modified(*file) : 0;
    return status;
  }
  IOStatus RenameFile(const std::string& from, const std::string& to,
                      const IOOptions&, IODebugContext*) override {
    return *alive_ ? disk_.Rename(Normal(from), Normal(to)) : Dead();
  }
  IOStatus LinkFile(const std::string& from, const std::string& to,
                    const IOOptions&, IODebugContext*) override {
    return *alive_ ? disk_.Link(Normal(from), Normal(to)) : Dead();
  }
  IOStatus AreFilesSame(const std::string& a, const std::string& b,
                        const IOOptions&, bool* same,
                        IODebugContext*) override {
    *same = Normal(a) == Normal(b);
    return IOStatus::OK();
  }
  IOStatus LockFile(const std::string& path, const IOOptions&,
                    rocksdb::FileLock** lock, IODebugContext*) override {
    if (!*alive_) return Dead();
    absl::MutexLock guard(&mu_);
    if (!locks_.insert(Normal(path)).second) {
      return IOStatus::IOError("While lock file", path);
    }
    *lock = new Lock(Normal(path));
    return IOStatus::OK();
  }
  IOStatus UnlockFile(rocksdb::FileLock* lock, const IOOptions&,
                      IODebugContext*) override {
    const std::unique_ptr<Lock> owned(static_cast<Lock*>(lock));
    absl::MutexLock guard(&mu_);
    locks_.erase(owned->path);
    return IOStatus::OK();
  }
  IOStatus GetTestDirectory(const IOOptions&, std::string* path,
                            IODebugContext*) override {
    *path = "/";
    return IOStatus::OK();
  }
  IOStatus NewLogger(const std::string&, const IOOptions&,
                     std::shared_ptr<rocksdb::Logger>* logger,
                     IODebugContext*) override {
    *logger = std::make_shared<NoLogger>();
    return IOStatus::OK();
  }
  IOStatus GetAbsolutePath(const std::string& path, const IOOptions&,
                           std::string* absolute, IODebugContext*) override {
    *absolute = Normal(path);
    return IOStatus::OK();
  }
  IOStatus GetFreeSpace(const std::string&, const IOOptions&, uint64_t* bytes,
                        IODebugContext*) override {
    *bytes = disk_.FreeBytes();
    return IOStatus::OK();
  }
  IOStatus IsDirectory(const std::string& path, const IOOptions&, bool* is,
                       IODebugContext*) override {
    *is = disk_.IsFolder(Normal(path));
    return IOStatus::OK();
  }

 private:
  Handle MakeHandle(std::string path, DiskFilePtr file) {
    return {&disk_, std::move(path), std::move(file), alive_};
  }

  template <typename File, typename Result>
  IOStatus Open(const std::string& path, Result* result) {
    if (!*alive_) return Dead();
    DiskFilePtr file;
    IOStatus status = disk_.Find(Normal(path), &file);
    if (status.ok()) {
      *result = std::make_unique<File>(MakeHandle(Normal(path), file));
    }
    return status;
  }

  IOStatus Write(const std::string& path, bool keep,
                 std::unique_ptr<rocksdb::FSWritableFile>* result) {
    if (!*alive_) return Dead();
    DiskFilePtr file;
    IOStatus status = disk_.Create(Normal(path), keep, &file);
    if (status.ok()) {
      *result = std::make_unique<WritableFile>(MakeHandle(Normal(path), file));
    }
    return status;
  }

  FaultDisk& disk_;
  const Alive alive_ = std::make_shared<std::atomic<bool>>(true);
  absl::Mutex mu_;
  std::set<std::string> locks_ ABSL_GUARDED_BY(mu_);
};

FaultEnv::FaultEnv(FaultDisk* disk) : FaultEnv(std::make_shared<Files>(disk)) {}

FaultEnv::FaultEnv(std::shared_ptr<Files> files)
    : EnvWrapper(rocksdb::NewCompositeEnv(files)), files_(std::move(files)) {
  file_system_ = files_;
  worker_ = std::thread([this] { RunJobs(); });
}

FaultEnv::~FaultEnv() {
  {
    const std::lock_guard<std::mutex> lock(mu_);
    stop_ = true;
  }
  changed_.notify_all();
  worker_.join();
}

void FaultEnv::Kill() { files_->Kill(); }

void FaultEnv::RunJobs() {
  std::unique_lock<std::mutex> lock(mu_);
  while (true) {
    changed_.wait(lock, [this] { return stop_ || !jobs_.empty(); });
    if (jobs_.empty()) return;
    const Job job = jobs_.front();
    jobs_.pop_front();
    running_ = true;
    lock.unlock();
    job.function(job.arg);
    lock.lock();
    running_ = false;
    changed_.notify_all();
  }
}

void FaultEnv::Settle() {
  std::unique_lock<std::mutex> lock(mu_);
  awake_ = true;
  changed_.notify_all();
  changed_.wait(lock, [this] {
    return (jobs_.empty() && !running_) || (sleeping_ && !awake_);
  });
  awake_ = false;
}

void FaultEnv::EndSleeps() {
  const std::lock_guard<std::mutex> lock(mu_);
  sleepless_ = true;
  changed_.notify_all();
}

// RocksDB waits so after an error in the background. The bound is for a test
// that waits for RocksDB meanwhile.
void FaultEnv::SleepForMicroseconds(int micros) {
  std::unique_lock<std::mutex> lock(mu_);
  sleeping_ = true;
  awake_ = false;
  changed_.notify_all();
  changed_.wait_for(lock, std::chrono::microseconds(micros),
                    [this] { return awake_ || sleepless_; });
  sleeping_ = false;
}

void FaultEnv::Schedule(void (*function)(void*), void* arg, Priority priority,
                        void* tag, void (*unschedule)(void*)) {
  {
    const std::lock_guard<std::mutex> lock(mu_);
    jobs_.push_back({function, arg, priority, tag, unschedule});
  }
  changed_.notify_all();
}

int FaultEnv::UnSchedule(void* tag, Priority priority) {
  std::vector<Job> removed;
  {
    const std::lock_guard<std::mutex> lock(mu_);
    const auto matches = [tag, priority](const Job& job) {
      return job.tag == tag && job.priority == priority;
    };
    std::copy_if(jobs_.begin(), jobs_.end(), std::back_inserter(removed),
                 matches);
    std::erase_if(jobs_, matches);
  }
  for (const Job& job : removed) {
    if (job.unschedule != nullptr) job.unschedule(job.arg);
  }
  changed_.notify_all();
  return static_cast<int>(removed.size());
}

unsigned int FaultEnv::GetThreadPoolQueueLen(Priority priority) const {
  const std::lock_guard<std::mutex> lock(mu_);
  return static_cast<unsigned int>(std::count_if(
      jobs_.begin(), jobs_.end(),
      [priority](const Job& job) { return job.priority == priority; }));
}

}  // namespace sluice
