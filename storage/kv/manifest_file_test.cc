#include "storage/kv/manifest_file.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <memory>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/kv/database_check.h"
#include "storage/kv/log_file.h"
#include "storage/kv/rocksdb_store.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

class ManifestFileTest : public testing::Test {
 protected:
  ManifestFileTest() {
    fs::remove_all(folder_);
    {
      // Opening it again makes table files of the write-ahead log.
      const auto store = RocksDbStore::Open(folder_, RocksDbStoreOptions());
      EXPECT_TRUE(store.ok()) << store.status();
      WriteSet set;
      set.Put(Table::kEvents, "0", "event");
      EXPECT_TRUE((*store)->Write(set, false).ok());
    }
    auto store = RocksDbStore::Open(folder_, RocksDbStoreOptions());
    EXPECT_TRUE(store.ok()) << store.status();
    for (int file = 0; file < 6; ++file) {
      for (int i = 0; i < 50; ++i) {
        WriteSet set;
        set.Put(Table::kEvents, absl::StrCat(file, "-", 100 + i), "event");
        set.Put(Table::kCursors, "c/out", absl::StrCat(file));
        EXPECT_TRUE((*store)->Write(set, false).ok());
      }
      EXPECT_TRUE((*store)->FlushMemory().ok());
      if (file == 2) (*store)->DropBelow(Table::kEvents, "2");
    }
    store->reset();
    for (const auto& entry : fs::directory_iterator(folder_)) {
      const std::string name = entry.path().filename();
      const auto number = NumberOf(name, ".sst");
      if (number.has_value()) {
        files_[*number] = fs::file_size(entry.path());
      }
      if (name.starts_with("MANIFEST-")) {
        std::ifstream file(entry.path(), std::ios::binary);
        bytes_.assign(std::istreambuf_iterator<char>(file), {});
        number_ = NumberOf(name.substr(9), "").value_or(0);
      }
    }
  }

  const std::string folder_ = testing::TempDir() + "/manifest";
  std::map<uint64_t, uint64_t> files_;  // Number and size.
  std::string bytes_;
  uint64_t number_ = 0;
};

TEST_F(ManifestFileTest, ListsTheFilesThatAreThere) {
  const auto manifest = ParseManifestFile(number_, bytes_);
  ASSERT_TRUE(manifest.has_value());
  std::map<uint64_t, uint64_t> listed;
  for (const auto& [number, table] : manifest->tables) {
    listed[number] = table.bytes;
    EXPECT_FALSE(manifest->deleted.contains(number));
    EXPECT_GT(table.last_change, 0u);
    const std::string& family = manifest->FamilyName(table.family);
    EXPECT_TRUE(family == "events" || family == "cursors") << family;
  }
  EXPECT_EQ(listed, files_);
  EXPECT_FALSE(manifest->deleted.empty());
  EXPECT_EQ(manifest->families.size(), 5u);
  EXPECT_TRUE(manifest->IsComplete({"default", "cursors", "dead_letters"}));
  EXPECT_FALSE(manifest->IsComplete({"default", "else"}));
}

TEST_F(ManifestFileTest, KnowsWhatItBeginsWith) {
  const std::vector<std::string> all = {"default", "cursors", "events",
                                        "dedupe", "dead_letters"};
  const LogFile records = ParseLogFile(bytes_, 1);
  bool complete = false;
  int obsolete = 0;
  for (const LogFileRecord& record : records.records) {
    const auto part = ParseManifestFile(number_, bytes_.substr(0, record.end));
    ASSERT_TRUE(part.has_value());
    EXPECT_TRUE(!complete || part->IsComplete(all));
    complete = part->IsComplete(all);
    // Not listed: older than the first write-ahead log that counts, or perhaps
    // made of it.
    const uint64_t first_log = complete ? part->FirstLogNumber() : 0;
    EXPECT_LT(first_log, number_);
    if (first_log > 0) {
      EXPECT_TRUE(part->IsObsolete(first_log - 1, all));
      ++obsolete;
    }
    EXPECT_FALSE(part->IsObsolete(first_log, all));
    EXPECT_FALSE(part->IsObsolete(1000, all));
  }
  EXPECT_TRUE(complete);
  EXPECT_GT(obsolete, 0);
}

TEST_F(ManifestFileTest, ALastRecordThatIsCutOffDoesNotCount) {
  const LogFile records = ParseLogFile(bytes_, 1);
  const size_t last = records.records.back().begin;
  const auto whole = ParseManifestFile(number_, bytes_.substr(0, last));
  ASSERT_TRUE(whole.has_value());
  for (size_t size = last; size < bytes_.size(); ++size) {
    const auto cut = ParseManifestFile(number_, bytes_.substr(0, size));
    ASSERT_TRUE(cut.has_value()) << size;
    EXPECT_EQ(cut->tables.size(), whole->tables.size());
  }
  EXPECT_FALSE(ParseManifestFile(number_, "").has_value());
}

TEST_F(ManifestFileTest, AFlippedBitIsSeen) {
  const LogFile records = ParseLogFile(bytes_, 1);
  const size_t last = records.records.back().begin;
  for (size_t at = 0; at < last; ++at) {
    std::string bytes = bytes_;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << at % 8));
    EXPECT_FALSE(ParseManifestFile(number_, bytes).has_value()) << at;
  }
}

TEST_F(ManifestFileTest, BytesWithGoodChecksumsThatMeanNothingAreRefused) {
  for (size_t cut = 1; cut < 40; ++cut) {
    LogFile records = ParseLogFile(bytes_, 1);
    std::string& edit = records.records.back().bytes;
    if (cut >= edit.size()) break;
    edit.resize(edit.size() - cut);
    edit.push_back('\xff');
    std::string bytes;
    for (const LogFileRecord& record : records.records) {
      AppendLogFileRecord(record.bytes, &bytes);
    }
    EXPECT_FALSE(ParseManifestFile(number_, bytes).has_value()) << cut;
  }
}

}  // namespace
}  // namespace sluice
