#include "storage/kv/table_guard_env.h"

#include <memory>
#include <string>
#include <unordered_map>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/strings/match.h"
#include "absl/synchronization/mutex.h"
#include "rocksdb/file_system.h"
#include "rocksdb/io_status.h"

namespace sluice {
namespace {

using rocksdb::FileOptions;
using rocksdb::IODebugContext;
using rocksdb::IOOptions;
using rocksdb::IOStatus;
using rocksdb::Slice;

// Why tables could not be written, by their paths. Thread-safe.
class FailedTables {
 public:
  void Add(const std::string& path, const IOStatus& why) {
    absl::MutexLock lock(&mu_);
    why_.emplace(path, why);
  }
  void Remove(const std::string& path) {
    absl::MutexLock lock(&mu_);
    why_.erase(path);
  }
  // OK: it could be written.
  IOStatus Find(const std::string& path) const {
    absl::ReaderMutexLock lock(&mu_);
    const auto found = why_.find(path);
    return found == why_.end() ? IOStatus::OK() : found->second;
  }

 private:
  mutable absl::Mutex mu_;
  std::unordered_map<std::string, IOStatus> why_ ABSL_GUARDED_BY(mu_);
};

// A table being written. What fails for a compaction is noted, and nothing is
// written any more. Compactions write with the priorities that are asked for
// here; flushes of memory, but for some, and repairs do not, and tell at once.
class GuardedTable final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  GuardedTable(std::unique_ptr<rocksdb::FSWritableFile> table,
               std::shared_ptr<FailedTables> failed, std::string path)
      : FSWritableFileOwnerWrapper(std::move(table)),
        failed_(std::move(failed)),
        path_(std::move(path)) {}

  void SetIOPriority(rocksdb::Env::IOPriority priority) override {
    FSWritableFileOwnerWrapper::SetIOPriority(priority);
    target()->SetIOPriority(priority);
    guarded_ =
        priority == rocksdb::Env::IO_LOW || priority == rocksdb::Env::IO_USER;
  }

  IOStatus Append(const Slice& data, const IOOptions& options,
                  IODebugContext* context) override {
    return Guard([&] { return target()->Append(data, options, context); });
  }
  IOStatus Append(const Slice& data, const IOOptions& options,
                  const rocksdb::DataVerificationInfo& verification,
                  IODebugContext* context) override {
    return Guard(
        [&] { return target()->Append(data, options, verification, context); });
  }
  IOStatus Truncate(uint64_t size, const IOOptions& options,
                    IODebugContext* context) override {
    return Guard([&] { return target()->Truncate(size, options, context); });
  }
  IOStatus Flush(const IOOptions& options, IODebugContext* context) override {
    return Guard([&] { return target()->Flush(options, context); });
  }
  IOStatus Sync(const IOOptions& options, IODebugContext* context) override {
    return Guard([&] { return target()->Sync(options, context); });
  }
  IOStatus Fsync(const IOOptions& options, IODebugContext* context) override {
    return Guard([&] { return target()->Fsync(options, context); });
  }
  IOStatus RangeSync(uint64_t offset, uint64_t bytes, const IOOptions& options,
                     IODebugContext* context) override {
    return Guard(
        [&] { return target()->RangeSync(offset, bytes, options, context); });
  }
  IOStatus Close(const IOOptions& options, IODebugContext* context) override {
    // Closed in any case.
    const IOStatus closed = target()->Close(options, context);
    return Guard([&] { return closed; });
  }

 private:
  template <typename Write>
  IOStatus Guard(Write write) {
    if (has_failed_) return IOStatus::OK();
    const IOStatus status = write();
    if (status.ok() || !guarded_) return status;
    has_failed_ = true;
    failed_->Add(path_, status);
    return IOStatus::OK();
  }

  const std::shared_ptr<FailedTables> failed_;
  const std::string path_;
  bool guarded_ = false;
  bool has_failed_ = false;
};

class TableGuardFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit TableGuardFileSystem(const std::shared_ptr<FileSystem>& base)
      : FileSystemWrapper(base) {}

  const char* Name() const override { return "TableGuardFileSystem"; }

  IOStatus NewWritableFile(const std::string& path, const FileOptions& options,
                           std::unique_ptr<rocksdb::FSWritableFile>* file,
                           IODebugContext* context) override {
    IOStatus made = target()->NewWritableFile(path, options, file, context);
    if (!made.ok() || !absl::EndsWith(path, ".sst")) return made;
    failed_->Remove(path);
    *file = std::make_unique<GuardedTable>(std::move(*file), failed_, path);
    return made;
  }

  IOStatus NewRandomAccessFile(
      const std::string& path, const FileOptions& options,
      std::unique_ptr<rocksdb::FSRandomAccessFile>* file,
      IODebugContext* context) override {
    IOStatus failed = failed_->Find(path);
    if (!failed.ok()) return failed;
    return target()->NewRandomAccessFile(path, options, file, context);
  }

  IOStatus DeleteFile(const std::string& path, const IOOptions& options,
                      IODebugContext* context) override {
    failed_->Remove(path);
    return target()->DeleteFile(path, options, context);
  }

 private:
  const std::shared_ptr<FailedTables> failed_ =
      std::make_shared<FailedTables>();
};

}  // namespace

TableGuardEnv::TableGuardEnv(rocksdb::Env* base) : EnvWrapper(base) {
  file_system_ = std::make_shared<TableGuardFileSystem>(base->GetFileSystem());
  system_clock_ = base->GetSystemClock();
}

}  // namespace sluice
