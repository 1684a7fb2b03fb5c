#include "storage/kv/quota_file_system.h"

#include <algorithm>
#include <utility>

namespace sluice {
namespace {

class QuotaFile final : public rocksdb::FSWritableFileOwnerWrapper {
 public:
  QuotaFile(QuotaFileSystem* disk, std::string path,
            std::unique_ptr<rocksdb::FSWritableFile> file)
      : FSWritableFileOwnerWrapper(std::move(file)),
        disk_(*disk),
        path_(std::move(path)) {}

  rocksdb::IOStatus Append(const rocksdb::Slice& data,
                           const rocksdb::IOOptions& options,
                           rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = disk_.Charge(path_, data.size());
    if (!status.ok()) return status;
    return FSWritableFileOwnerWrapper::Append(data, options, debug);
  }
  rocksdb::IOStatus Append(const rocksdb::Slice& data,
                           const rocksdb::IOOptions& options,
                           const rocksdb::DataVerificationInfo& verification,
                           rocksdb::IODebugContext* debug) override {
    rocksdb::IOStatus status = disk_.Charge(path_, data.size());
    if (!status.ok()) return status;
    return FSWritableFileOwnerWrapper::Append(data, options, verification,
                                              debug);
  }
  rocksdb::IOStatus Allocate(uint64_t, uint64_t bytes,
                             const rocksdb::IOOptions&,
                             rocksdb::IODebugContext*) override {
    return disk_.can_allocate()
               ? disk_.Charge(path_, bytes)
               : rocksdb::IOStatus::IOError("operation not supported");
  }

 private:
  QuotaFileSystem& disk_;
  const std::string path_;
};

}  // namespace

void QuotaFileSystem::set_quota(uint64_t bytes) {
  absl::MutexLock lock(&mu_);
  quota_ = bytes;
}

uint64_t QuotaFileSystem::used() const {
  absl::MutexLock lock(&mu_);
  return used_;
}

rocksdb::IOStatus QuotaFileSystem::Charge(const std::string& path,
                                          uint64_t bytes) {
  absl::MutexLock lock(&mu_);
  if (used_ + bytes > quota_) {
    return rocksdb::IOStatus::NoSpace("the quota of the test is used up");
  }
  used_ += bytes;
  files_[path] += bytes;
  return rocksdb::IOStatus::OK();
}

rocksdb::IOStatus QuotaFileSystem::NewWritableFile(
    const std::string& path, const rocksdb::FileOptions& options,
    std::unique_ptr<rocksdb::FSWritableFile>* file,
    rocksdb::IODebugContext* debug) {
  std::unique_ptr<rocksdb::FSWritableFile> target;
  rocksdb::IOStatus status =
      FileSystemWrapper::NewWritableFile(path, options, &target, debug);
  if (status.ok()) {
    *file = std::make_unique<QuotaFile>(this, path, std::move(target));
  }
  return status;
}

rocksdb::IOStatus QuotaFileSystem::DeleteFile(const std::string& path,
                                              const rocksdb::IOOptions& options,
                                              rocksdb::IODebugContext* debug) {
  rocksdb::IOStatus status =
      FileSystemWrapper::DeleteFile(path, options, debug);
  absl::MutexLock lock(&mu_);
  const auto known = files_.find(path);
  if (status.ok() && known != files_.end()) {
    used_ -= known->second;
    files_.erase(known);
  }
  return status;
}

rocksdb::IOStatus QuotaFileSystem::GetFreeSpace(const std::string&,
                                                const rocksdb::IOOptions&,
                                                uint64_t* bytes,
                                                rocksdb::IODebugContext*) {
  absl::MutexLock lock(&mu_);
  *bytes = quota_ - std::min(used_, quota_);
  return rocksdb::IOStatus::OK();
}

rocksdb::IOStatus QuotaFileSystem::RenameFile(const std::string& from,
                                              const std::string& to,
                                              const rocksdb::IOOptions& options,
                                              rocksdb::IODebugContext* debug) {
  rocksdb::IOStatus status =
      FileSystemWrapper::RenameFile(from, to, options, debug);
  absl::MutexLock lock(&mu_);
  const auto known = files_.find(from);
  if (status.ok() && known != files_.end()) {
    used_ -= files_[to];
    files_[to] = known->second;
    files_.erase(from);
  }
  return status;
}

}  // namespace sluice
