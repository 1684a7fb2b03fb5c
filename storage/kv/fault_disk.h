// A disk in memory that forgets what was not synced, fills up and fails: what
// tests of the log run on.
#ifndef STORAGE_KV_FAULT_DISK_H_
#define STORAGE_KV_FAULT_DISK_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "rocksdb/io_status.h"

namespace sluice {

// What an operation of a FaultDisk is to the one who makes it fail.
enum class DiskOp : uint8_t { kOpen, kAppend, kSync, kNames, kRead };
inline constexpr size_t kDiskOps = 5;

// Of each kind of operation, the part that fails: 0 none, 1 all.
struct DiskOdds {
  double open = 0;    // Opening a file to write it.
  double append = 0;  // Some of the bytes may have been written.
  double sync = 0;    // Of a file or of a folder.
  double names = 0;   // Renaming, linking and deleting.
  double read = 0;
};

// A file: what programs see, and what of it is safe.
struct DiskFile {
  std::string data;
  // Bytes from the start that survive loss of power.
  size_t synced = 0;
  // Room taken beyond the data.
  size_t reserved = 0;
  // Begin and end of what a failed sync left behind: programs read it back, but
  // no later sync saves it (what Linux does with pages it could not write).
  std::vector<std::pair<size_t, size_t>> unsavable;
  int links = 0;
  uint64_t modified = 0;  // Counts changes, of all files.
};
using DiskFilePtr = std::shared_ptr<DiskFile>;

// Files and folders in memory. Names are changed in one journal for all
// folders, of which loss of power leaves a beginning; syncing any folder makes
// all of it safe. Paths are absolute. Thread-safe.
//
// Everything random follows from the seed and from how often the same was done
// to the same file name, not from the order in which threads come.
class FaultDisk {
 public:
  explicit FaultDisk(uint64_t seed) : seed_(seed) {}

  // ---- Faults ----

  void set_odds(const DiskOdds& odds) ABSL_LOCKS_EXCLUDED(mu_);
  // Operations that were made to fail.
  uint64_t faults() const ABSL_LOCKS_EXCLUDED(mu_);
  // The bytes all files together may take.
  void set_quota(uint64_t bytes) ABSL_LOCKS_EXCLUDED(mu_);
  uint64_t used() const ABSL_LOCKS_EXCLUDED(mu_);
  // Whether room can be taken without writing; true at first.
  void set_can_allocate(bool can) ABSL_LOCKS_EXCLUDED(mu_);

  // Nobody can make a file whose name has `part` in it. For files that RocksDB
  // can do without and that cost more than all else (OPTIONS).
  void set_refused(const std::string& part) ABSL_LOCKS_EXCLUDED(mu_);

  // Forgets what was not synced, or all but a part of it: the last names given
  // and the ends of files, some of whose pages may be zeros.
  void LosePower() ABSL_LOCKS_EXCLUDED(mu_);

  // ---- Looking and damaging, behind everybody's back ----

  std::vector<std::string> AllFiles() const ABSL_LOCKS_EXCLUDED(mu_);
  bool Exists(const std::string& path) const ABSL_LOCKS_EXCLUDED(mu_);
  // Of a file that is there.
  std::string Content(const std::string& path) const ABSL_LOCKS_EXCLUDED(mu_);
  // Makes the file, with its folders, or replaces what it holds; synced.
  void SetContent(const std::string& path, std::string_view bytes)
      ABSL_LOCKS_EXCLUDED(mu_);
  void FlipBit(const std::string& path, uint64_t bit) ABSL_LOCKS_EXCLUDED(mu_);
  void Cut(const std::string& path, size_t bytes) ABSL_LOCKS_EXCLUDED(mu_);
  void Remove(const std::string& path) ABSL_LOCKS_EXCLUDED(mu_);
  // Copies a folder of the real file system, and back.
  absl::Status LoadFolder(const std::string& real, const std::string& path);
  absl::Status SaveFolder(const std::string& path, const std::string& real);

  // ---- What FaultFileSystem does ----

  rocksdb::IOStatus Find(const std::string& path, DiskFilePtr* file)
      ABSL_LOCKS_EXCLUDED(mu_);
  rocksdb::IOStatus Create(const std::string& path, bool keep,
                           DiskFilePtr* file) ABSL_LOCKS_EXCLUDED(mu_);
  rocksdb::IOStatus Append(const std::string& path, DiskFile& file,
                           std::string_view bytes) ABSL_LOCKS_EXCLUDED(mu_);
  rocksdb::IOStatus Allocate(DiskFile& file, uint64_t end)
      ABSL_LOCKS_EXCLUDED(mu_);
  rocksdb::IOStatus Truncate(DiskFile& file, size_t bytes)
      ABSL_LOCKS_EXCLUDED(mu_);
  rocksdb::IOStatus Sync(const std::string& path, DiskFile& file, bool may_fail)
      ABSL_LOCKS_EXCLUDED(mu_);
  // Copies up to `bytes` from `offset` on to `to`; returns how many.
  rocksdb::IOStatus Read(const std::string& path, const DiskFile& file,
                         uint64_t offset, size_t bytes, char* to, size_t* read)
      ABSL_LOCKS_EXCLUDED(mu_);
  size_t Size(const DiskFile& file) const ABSL_LOCKS_EXCLUDED(mu_);
  uint64_t Modified(const DiskFile& file) const ABSL_LOCKS_EXCLUDED(mu_);

  rocksdb::IOStatus Rename(const std::string& from, const std::string& to)
      ABSL_LOCKS_EXCLUDED(mu_);
  rocksdb::IOStatus Link(const std::string& from, const std::string& to)
      ABSL_LOCKS_EXCLUDED(mu_);
  rocksdb::IOStatus Delete(const std::string& path) ABSL_LOCKS_EXCLUDED(mu_);
  rocksdb::IOStatus MakeFolder(const std::string& path, bool may_exist)
      ABSL_LOCKS_EXCLUDED(mu_);
  rocksdb::IOStatus DeleteFolder(const std::string& path)
      ABSL_LOCKS_EXCLUDED(mu_);
  bool IsFolder(const std::string& path) const ABSL_LOCKS_EXCLUDED(mu_);
  rocksdb::IOStatus SyncFolder(const std::string& path)
      ABSL_LOCKS_EXCLUDED(mu_);
  rocksdb::IOStatus List(const std::string& folder,
                         std::vector<std::string>* names) const
      ABSL_LOCKS_EXCLUDED(mu_);
  uint64_t FreeBytes() const ABSL_LOCKS_EXCLUDED(mu_);

 private:
  // Null: a folder.
  using Names = std::map<std::string, DiskFilePtr>;
  // One change of names: `gone` stands for nothing any more and `path` for
  // `file`; either may be empty.
  struct NameChange {
    std::string gone;
    std::string path;
    DiskFilePtr file;
  };

  bool Fails(DiskOp op, const std::string& path)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  uint64_t Random(std::string_view what, uint64_t count) const;
  // Takes room for `file` to grow to `end`; false: it does not fit.
  bool Charge(DiskFile& file, uint64_t end) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  // `from`: a name that goes with that; empty: none.
  void SetName(const std::string& path, DiskFilePtr file,
               const std::string& from = "") ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Forget(const std::string& path) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void Unlink(const DiskFilePtr& file) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  void ForgetUnsynced(const std::string& path, DiskFile& file)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  const uint64_t seed_;
  mutable absl::Mutex mu_;
  DiskOdds odds_ ABSL_GUARDED_BY(mu_);
  uint64_t faults_ ABSL_GUARDED_BY(mu_) = 0;
  std::map<std::pair<DiskOp, std::string>, uint64_t> counts_
      ABSL_GUARDED_BY(mu_);
  uint64_t quota_ ABSL_GUARDED_BY(mu_) = std::numeric_limits<uint64_t>::max();
  uint64_t used_ ABSL_GUARDED_BY(mu_) = 0;
  bool can_allocate_ ABSL_GUARDED_BY(mu_) = true;
  std::string refused_ ABSL_GUARDED_BY(mu_);
  uint64_t power_losses_ ABSL_GUARDED_BY(mu_) = 0;
  uint64_t time_ ABSL_GUARDED_BY(mu_) = 0;
  Names names_ ABSL_GUARDED_BY(mu_);
  Names synced_names_ ABSL_GUARDED_BY(mu_);
  std::vector<NameChange> journal_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice

#endif  // STORAGE_KV_FAULT_DISK_H_
