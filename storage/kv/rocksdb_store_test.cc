#include "storage/kv/rocksdb_store.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <system_error>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "tests/contract/key_value_store_contract.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

// A folder of its own for each call.
std::string NewFolder() {
  static int number = 0;
  const std::string folder =
      absl::StrCat(testing::TempDir(), "/store-", ++number);
  fs::remove_all(folder);
  return folder;
}

RocksDbStoreOptions SmallOptions() {
  RocksDbStoreOptions options;
  options.memtable_bytes = 256 << 10;
  return options;
}

std::unique_ptr<RocksDbStore> OpenAt(const std::string& folder) {
  auto store = RocksDbStore::Open(folder, SmallOptions());
  EXPECT_TRUE(store.ok()) << store.status();
  return store.ok() ? *std::move(store) : nullptr;
}

std::unique_ptr<KeyValueStore> Make() { return OpenAt(NewFolder()); }

INSTANTIATE_TEST_SUITE_P(RocksDbStore, KeyValueStoreContract,
                         testing::Values(&Make));

std::string Key(int i) { return std::to_string(100'000 + i); }

// Values that do not compress and so fill memtables at their full size.
std::string Value(int i) {
  std::string value(4096, '\0');
  uint32_t state = static_cast<uint32_t>(i) * 2654435761u + 1;
  for (char& c : value) {
    state = state * 1664525 + 1013904223;
    c = static_cast<char>(state >> 24);
  }
  return value;
}

void PutEvents(RocksDbStore& store, int first, int end) {
  for (int i = first; i < end; ++i) {
    WriteSet set;
    set.Put(Table::kEvents, Key(i), Value(i));
    ASSERT_TRUE(store.Write(set, false).ok());
  }
}

std::vector<std::string> EventKeys(const RocksDbStore& store) {
  std::vector<std::string> keys;
  const absl::Status status =
      store.Scan(Table::kEvents, ScanRange::Between("", "~"),
                 [&keys](std::string_view key, std::string_view) {
                   keys.emplace_back(key);
                   return true;
                 });
  EXPECT_TRUE(status.ok()) << status;
  return keys;
}

std::vector<fs::path> Files(const std::string& folder,
                            const std::string& extension) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() == extension) files.push_back(entry.path());
  }
  return files;
}

uint64_t FileBytes(const std::string& folder, const std::string& extension) {
  uint64_t bytes = 0;
  for (const auto& file : Files(folder, extension)) {
    // RocksDB may delete it meanwhile.
    std::error_code gone;
    const uint64_t size = fs::file_size(file, gone);
    if (!gone) bytes += size;
  }
  return bytes;
}

void Overwrite(const fs::path& path, uint64_t at, const std::string& bytes) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(at));
  file << bytes;
  ASSERT_TRUE(file.good());
}

TEST(RocksDbStoreTest, KeepsWhatWasWrittenAcrossOpening) {
  const std::string folder = NewFolder();
  {
    auto store = OpenAt(folder);
    PutEvents(*store, 0, 500);
  }
  auto store = OpenAt(folder);
  EXPECT_TRUE(store->damage().empty());
  EXPECT_EQ(EventKeys(*store).size(), 500u);
  EXPECT_EQ(*store->Get(Table::kEvents, Key(7)), Value(7));
}

TEST(RocksDbStoreTest, RefusesAFolderInUse) {
  const std::string folder = NewFolder();
  auto store = OpenAt(folder);
  const auto second = RocksDbStore::Open(folder, SmallOptions());
  EXPECT_EQ(second.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(second.status().message(),
            absl::StrCat("data directory \"", folder,
                         "\" is used by another process"));
}

TEST(RocksDbStoreTest, RefusesAFolderThatCannotBeMade) {
  const std::string folder = NewFolder();
  std::ofstream(folder) << "a file";
  const auto store = RocksDbStore::Open(folder + "/log", SmallOptions());
  EXPECT_EQ(store.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_TRUE(absl::StrContains(store.status().message(), "cannot be made"))
      << store.status();
}

TEST(RocksDbStoreTest, ReadOnlyLooksAtADatabaseInUseAndChangesNothing) {
  const std::string folder = NewFolder();
  RocksDbStoreOptions options = SmallOptions();
  options.read_only = true;
  EXPECT_EQ(RocksDbStore::Open(folder, options).status().code(),
            absl::StatusCode::kFailedPrecondition);
  auto store = OpenAt(folder);
  PutEvents(*store, 0, 10);
  const auto reader = RocksDbStore::Open(folder, options);
  ASSERT_TRUE(reader.ok()) << reader.status();
  EXPECT_EQ(EventKeys(**reader).size(), 10u);
  WriteSet set;
  set.Put(Table::kEvents, "x", "x");
  EXPECT_FALSE((*reader)->Write(set, false).ok());
}

TEST(RocksDbStoreTest, GenerationsChangeWhenMemoryGoesToAFile) {
  auto store = OpenAt(NewFolder());
  const uint64_t before = store->generation(Table::kEvents);
  PutEvents(*store, 0, 10);
  EXPECT_EQ(store->generation(Table::kEvents), before);
  PutEvents(*store, 10, 200);  // 800 KB, over three memtables.
  EXPECT_GT(store->generation(Table::kEvents), before);
}

TEST(RocksDbStoreTest, DroppingDeletesFilesAndLeavesTheRest) {
  const std::string folder = NewFolder();
  auto store = OpenAt(folder);
  PutEvents(*store, 0, 1000);  // 4 MB.
  ASSERT_TRUE(store->FlushMemory().ok());
  const uint64_t before = FileBytes(folder, ".sst");
  EXPECT_GT(before, 3'500'000u);
  // Files can be dropped once RocksDB has moved them out of level 0, which it
  // does in the background.
  const uint64_t most = before / 2 + 800'000;
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  do {
    store->DropBelow(Table::kEvents, Key(500));
  } while (FileBytes(folder, ".sst") >= most && absl::Now() < limit);
  EXPECT_LT(FileBytes(folder, ".sst"), most);
  EXPECT_EQ(*store->Get(Table::kEvents, Key(500)), Value(500));
  EXPECT_EQ(*store->Get(Table::kEvents, Key(999)), Value(999));
}

TEST(RocksDbStoreTest, WhatIsDeletedWhileYoungNeverReachesAFile) {
  const std::string folder = NewFolder();
  auto store = OpenAt(folder);
  for (int i = 0; i < 1000; ++i) {
    WriteSet set;
    set.Put(Table::kEvents, Key(i), Value(i));
    if (i >= 4) set.DeleteOnce(Table::kEvents, Key(i - 4));
    ASSERT_TRUE(store->Write(set, false).ok());
  }
  ASSERT_TRUE(store->FlushMemory().ok());
  EXPECT_EQ(EventKeys(*store).size(), 4u);
  EXPECT_LT(FileBytes(folder, ".sst"), 500'000u);
}

TEST(RocksDbStoreTest, OldWriteLogsGoAlthoughSmallTablesHoldOn) {
  const std::string folder = NewFolder();
  auto store = OpenAt(folder);
  WriteSet set;
  set.Put(Table::kMeta, "state", "x");
  set.Put(Table::kCursors, "c/out", "x");
  ASSERT_TRUE(store->Write(set, false).ok());
  PutEvents(*store, 0, 2000);  // 8 MB.
  ASSERT_TRUE(store->Sync().ok());
  EXPECT_LT(FileBytes(folder, ".log"), 3'000'000u);
}

TEST(RocksDbStoreTest, ATornWriteAtTheEndIsCutOff) {
  const std::string folder = NewFolder();
  {
    auto store = OpenAt(folder);
    PutEvents(*store, 0, 20);
  }
  const std::string copy = NewFolder();
  {
    // Opened and copied before closing, so that the write log is in use.
    auto store = OpenAt(folder);
    PutEvents(*store, 20, 40);
    fs::copy(folder, copy, fs::copy_options::recursive);
  }
  fs::path newest;
  for (const auto& file : Files(copy, ".log")) {
    if (newest.empty() || file > newest) newest = file;
  }
  fs::resize_file(newest, fs::file_size(newest) - 100);
  auto store = OpenAt(copy);
  ASSERT_NE(store, nullptr);
  EXPECT_TRUE(store->damage().empty());
  EXPECT_EQ(EventKeys(*store).size(), 39u);
}

TEST(RocksDbStoreTest, ADamagedBlockIsReportedAndTheRestIsReadable) {
  const std::string folder = NewFolder();
  {
    auto store = OpenAt(folder);
    PutEvents(*store, 0, 40);
    ASSERT_TRUE(store->FlushMemory().ok());
  }
  ASSERT_EQ(Files(folder, ".sst").size(), 1u);
  Overwrite(Files(folder, ".sst")[0], 40'000, "damage");
  auto store = OpenAt(folder);
  EXPECT_TRUE(store->damage().empty());
  int visited = 0;
  const auto count = [&visited](std::string_view, std::string_view) {
    ++visited;
    return true;
  };
  EXPECT_EQ(
      store->Scan(Table::kEvents, ScanRange::Between("", "~"), count).code(),
      absl::StatusCode::kDataLoss);
  EXPECT_LT(visited, 40);
  const int before = visited;
  visited = 0;
  EXPECT_TRUE(
      store->ScanDamaged(Table::kEvents, ScanRange::Between("", "~"), count)
          .ok());
  EXPECT_GT(visited, before);
  EXPECT_LT(visited, 40);
  EXPECT_FALSE(fs::is_empty(folder + "/quarantine"));
}

// A store with two files of events, the second with damage at `at`.
std::string MakeStoreWithDamage(uint64_t at) {
  const std::string folder = NewFolder();
  auto store = OpenAt(folder);
  PutEvents(*store, 0, 20);
  EXPECT_TRUE(store->FlushMemory().ok());
  PutEvents(*store, 20, 40);
  EXPECT_TRUE(store->FlushMemory().ok());
  store.reset();
  auto files = Files(folder, ".sst");
  std::sort(files.begin(), files.end());
  EXPECT_EQ(files.size(), 2u);
  Overwrite(files.back(), at, "damage");
  return folder;
}

TEST(RocksDbStoreTest, DamageToTheLastValueDoesNotHideItsKey) {
  auto store = OpenAt(MakeStoreWithDamage(20 * Value(0).size() - 100));
  const auto last = store->LastKey(Table::kEvents, "", "~");
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(*last, Key(39));
}

TEST(RocksDbStoreTest, OpensWithoutAFileThatIsLost) {
  const std::string folder = NewFolder();
  {
    auto store = OpenAt(folder);
    PutEvents(*store, 0, 40);
    ASSERT_TRUE(store->FlushMemory().ok());
    PutEvents(*store, 40, 80);
    WriteSet set;
    set.Put(Table::kMeta, "state", "x");
    ASSERT_TRUE(store->Write(set, false).ok());
    ASSERT_TRUE(store->FlushMemory().ok());
  }
  const auto files = Files(folder, ".sst");
  ASSERT_GE(files.size(), 2u);
  fs::path oldest = files[0];
  for (const auto& file : files) oldest = std::min(oldest, file);
  fs::remove(oldest);
  auto store = OpenAt(folder);
  ASSERT_NE(store, nullptr);
  EXPECT_FALSE(store->damage().empty());
  EXPECT_EQ(EventKeys(*store).size(), 40u);
  EXPECT_EQ(*store->Get(Table::kMeta, "state"), "x");
}

TEST(RocksDbStoreTest, OpensWithoutItsIndex) {
  for (const char* lost : {"CURRENT", "MANIFEST"}) {
    const std::string folder = NewFolder();
    {
      auto store = OpenAt(folder);
      PutEvents(*store, 0, 40);
      ASSERT_TRUE(store->FlushMemory().ok());
      PutEvents(*store, 40, 50);
    }
    for (const auto& entry : fs::directory_iterator(folder)) {
      const std::string name = entry.path().filename();
      if (absl::StartsWith(name, lost)) fs::remove(entry.path());
    }
    auto store = OpenAt(folder);
    ASSERT_NE(store, nullptr) << lost;
    EXPECT_FALSE(store->damage().empty());
    EXPECT_EQ(EventKeys(*store).size(), 50u) << lost;
  }
}

TEST(RocksDbStoreTest, SharedResourcesServeManyDatabases) {
  RocksDbStoreOptions options;
  options.resources = RocksDbResources::Make(4 << 20);
  std::vector<std::unique_ptr<RocksDbStore>> stores;
  for (int i = 0; i < 3; ++i) {
    auto store = RocksDbStore::Open(NewFolder(), options);
    ASSERT_TRUE(store.ok()) << store.status();
    stores.push_back(*std::move(store));
  }
  for (auto& store : stores) PutEvents(*store, 0, 1500);  // 6 MB each.
  // The 64 MiB of each alone would never have been reached.
  EXPECT_GT(stores[0]->generation(Table::kEvents) +
                stores[1]->generation(Table::kEvents) +
                stores[2]->generation(Table::kEvents),
            1u);
  for (auto& store : stores) EXPECT_EQ(EventKeys(*store).size(), 1500u);
}

}  // namespace
}  // namespace sluice
