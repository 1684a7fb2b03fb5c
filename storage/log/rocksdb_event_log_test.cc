#include "storage/log/rocksdb_event_log.h"

#include <filesystem>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/contract/event_log_contract.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each call.
fs::path NewFolder() {
  static int number = 0;
  const fs::path folder =
      fs::path(testing::TempDir()) / absl::StrCat("log-", ++number);
  fs::remove_all(folder);
  return folder;
}

class RocksDbHarness final : public EventLogHarness {
 public:
  std::unique_ptr<EventLog> Open(const LogOptions& options,
                                 Clock* clock) override {
    RocksDbLogOptions rocksdb_options;
    rocksdb_options.log = options;
    rocksdb_options.memtable_bytes = 1 << 20;
    auto log = RocksDbEventLog::Open(folder_, rocksdb_options, clock);
    EXPECT_TRUE(log.ok()) << log.status();
    return log.ok() ? *std::move(log) : nullptr;
  }
  bool persists() const override { return true; }
  void Crash() override {
    const fs::path copy = NewFolder();
    fs::copy(folder_, copy, fs::copy_options::recursive);
    folder_ = copy;
  }

 private:
  fs::path folder_ = NewFolder();
};

std::unique_ptr<EventLogHarness> MakeHarness() {
  return std::make_unique<RocksDbHarness>();
}

INSTANTIATE_TEST_SUITE_P(RocksDbEventLog, EventLogContract,
                         testing::Values(&MakeHarness));

}  // namespace
}  // namespace sluice
