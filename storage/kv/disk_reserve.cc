#include "storage/kv/disk_reserve.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "glog/logging.h"
#include "rocksdb/env.h"

namespace sluice {
namespace {

constexpr uint64_t kPieceBytes = uint64_t{1} << 20;

}  // namespace

DiskReserve::DiskReserve(rocksdb::Env* env, std::string path, uint64_t bytes)
    : env_(env), path_(std::move(path)), bytes_(bytes) {}

bool DiskReserve::Take() {
  if (taken_ || bytes_ == 0) return taken_ = true;
  uint64_t size = 0;
  if (env_->GetFileSize(path_, &size).ok() && size == bytes_) {
    return taken_ = true;
  }
  // Not the last bytes of the disk: what is written next needs some too.
  uint64_t free = 0;
  if (env_->GetFreeSpace(path_, &free).ok() && free < bytes_ + bytes_ / 2) {
    return false;
  }
  taken_ = Allocate();
  if (!taken_) env_->DeleteFile(path_).PermitUncheckedError();
  return taken_;
}

bool DiskReserve::Allocate() {
  std::unique_ptr<rocksdb::WritableFile> file;
  rocksdb::Status status =
      env_->NewWritableFile(path_, &file, rocksdb::EnvOptions());
  if (!status.ok()) return false;
  status = file->Allocate(0, bytes_);
  // Allocated or not, the size says how much there is to be.
  if (status.ok()) {
    status = file->Truncate(bytes_);
  } else if (status.subcode() != rocksdb::Status::kNoSpace) {
    // A file system that cannot take room for later.
    status = WriteZeros(*file);
  }
  const rocksdb::Status closed = file->Close();
  return status.ok() && closed.ok();
}

rocksdb::Status DiskReserve::WriteZeros(rocksdb::WritableFile& file) {
  const std::string zeros(kPieceBytes, '\0');
  rocksdb::Status status;
  for (uint64_t done = 0; status.ok() && done < bytes_;) {
    const uint64_t piece = std::min(kPieceBytes, bytes_ - done);
    status = file.Append(rocksdb::Slice(zeros.data(), piece));
    done += piece;
  }
  return status;
}

void DiskReserve::Release() {
  if (!taken_ || bytes_ == 0) return;
  taken_ = false;
  const rocksdb::Status status = env_->DeleteFile(path_);
  LOG_IF(WARNING, !status.ok())
      << "giving up the reserve on a full disk: " << status.ToString();
}

}  // namespace sluice
