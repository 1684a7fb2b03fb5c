// A file that takes up room on the disk, to be given up when the disk is full.
#ifndef STORAGE_KV_DISK_RESERVE_H_
#define STORAGE_KV_DISK_RESERVE_H_

#include <cstdint>
#include <string>

namespace rocksdb {
class Env;
class Status;
class WritableFile;
}  // namespace rocksdb

namespace sluice {

// On a full disk a database can neither note what was consumed nor delete it,
// and so would stay full. The reserve lets it do that for a while.
//
// Thread-safety: none.
class DiskReserve {
 public:
  // `bytes` 0: there is no reserve, and all of this does nothing. `env`
  // outlives the reserve.
  DiskReserve(rocksdb::Env* env, std::string path, uint64_t bytes);

  // Takes the room, if it is not taken. False: the disk refused.
  bool Take();
  // Gives it up.
  void Release();
  // True from Take() to Release().
  bool taken() const { return taken_; }

 private:
  bool Allocate();
  rocksdb::Status WriteZeros(rocksdb::WritableFile& file);

  rocksdb::Env* const env_;
  const std::string path_;
  const uint64_t bytes_;
  bool taken_ = false;
};

}  // namespace sluice

#endif  // STORAGE_KV_DISK_RESERVE_H_
