#include "storage/kv/rocksdb_status.h"

#include "gtest/gtest.h"
#include "rocksdb/status.h"

namespace sluice {
namespace {

using rocksdb::Status;

TEST(RocksDbStatusTest, EveryCodeHasItsMeaning) {
  const struct {
    Status status;
    absl::StatusCode code;
  } kTable[] = {
      {Status::OK(), absl::StatusCode::kOk},
      {Status::NotFound(), absl::StatusCode::kNotFound},
      {Status::Corruption("x"), absl::StatusCode::kDataLoss},
      {Status::NotSupported("x"), absl::StatusCode::kInternal},
      {Status::InvalidArgument("x"), absl::StatusCode::kInternal},
      {Status::IOError("x"), absl::StatusCode::kUnavailable},
      {Status::NoSpace(), absl::StatusCode::kUnavailable},
      {Status::SpaceLimit(), absl::StatusCode::kUnavailable},
      {Status::MergeInProgress(), absl::StatusCode::kInternal},
      {Status::Incomplete("x"), absl::StatusCode::kUnavailable},
      {Status::ShutdownInProgress(), absl::StatusCode::kUnavailable},
      {Status::TimedOut(), absl::StatusCode::kUnavailable},
      {Status::Aborted(), absl::StatusCode::kUnavailable},
      {Status::Busy(), absl::StatusCode::kUnavailable},
      {Status::Expired(), absl::StatusCode::kInternal},
      {Status::TryAgain(), absl::StatusCode::kUnavailable},
      {Status::CompactionTooLarge(), absl::StatusCode::kInternal},
      {Status::ColumnFamilyDropped(), absl::StatusCode::kInternal},
      {Status(Status::IOError("x"), Status::kSoftError),
       absl::StatusCode::kUnavailable},
      {Status(Status::IOError("x"), Status::kHardError),
       absl::StatusCode::kUnavailable},
      {Status(Status::IOError("x"), Status::kFatalError),
       absl::StatusCode::kDataLoss},
      {Status(Status::IOError("x"), Status::kUnrecoverableError),
       absl::StatusCode::kDataLoss},
  };
  for (const auto& row : kTable) {
    EXPECT_EQ(TranslateRocksDbStatus(row.status, "testing").code(), row.code)
        << row.status.ToString();
  }
}

TEST(RocksDbStatusTest, SaysWhatWasAttempted) {
  EXPECT_EQ(TranslateRocksDbStatus(Status::IOError("disk on fire"),
                                   "writing to log \"x\"")
                .message(),
            "writing to log \"x\": IO error: disk on fire");
}

TEST(RocksDbStatusTest, KnowsAHeldLock) {
  EXPECT_TRUE(IsLockHeld(Status::IOError(
      "While lock file: /x/LOCK: Resource temporarily unavailable")));
  EXPECT_TRUE(IsLockHeld(Status::IOError(
      "lock hold by current process, acquire time 1: /x/LOCK")));
  EXPECT_FALSE(IsLockHeld(Status::IOError("No space left on device")));
  EXPECT_FALSE(IsLockHeld(Status::OK()));
}

}  // namespace
}  // namespace sluice
