// A disk of limited size, for tests of what happens when it is full.
#ifndef STORAGE_KV_QUOTA_FILE_SYSTEM_H_
#define STORAGE_KV_QUOTA_FILE_SYSTEM_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "rocksdb/file_system.h"

namespace sluice {

// Passes everything on to the real file system, but counts what is written and
// refuses with "no space left" what would go over the quota. Deleting gives
// back what the file held. Thread-safe.
class QuotaFileSystem final : public rocksdb::FileSystemWrapper {
 public:
  explicit QuotaFileSystem(uint64_t quota)
      : FileSystemWrapper(rocksdb::FileSystem::Default()), quota_(quota) {}

  const char* Name() const override { return "QuotaFileSystem"; }
  void set_quota(uint64_t bytes);
  // Whether room can be taken without writing; true at first. Not while others
  // use the disk.
  void set_can_allocate(bool can) { can_allocate_ = can; }
  bool can_allocate() const { return can_allocate_; }
  uint64_t used() const;

  rocksdb::IOStatus NewWritableFile(
      const std::string& path, const rocksdb::FileOptions& options,
      std::unique_ptr<rocksdb::FSWritableFile>* file,
      rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus DeleteFile(const std::string& path,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;
  rocksdb::IOStatus RenameFile(const std::string& from, const std::string& to,
                               const rocksdb::IOOptions& options,
                               rocksdb::IODebugContext* debug) override;

  rocksdb::IOStatus GetFreeSpace(const std::string& path,
                                 const rocksdb::IOOptions& options,
                                 uint64_t* bytes,
                                 rocksdb::IODebugContext* debug) override;

  // Counts `bytes` more for `path`; an error if they do not fit.
  rocksdb::IOStatus Charge(const std::string& path, uint64_t bytes);

 private:
  bool can_allocate_ = true;
  mutable absl::Mutex mu_;
  uint64_t quota_ ABSL_GUARDED_BY(mu_);
  uint64_t used_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::string, uint64_t> files_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice

#endif  // STORAGE_KV_QUOTA_FILE_SYSTEM_H_
