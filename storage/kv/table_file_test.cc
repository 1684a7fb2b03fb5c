#include "storage/kv/table_file.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "rocksdb/env.h"
#include "storage/kv/rocksdb_store.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

std::string RandomBytes(std::mt19937& random, size_t count) {
  std::string bytes(count, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

// The rows of one table, and the table file that RocksDB made of them.
struct Made {
  std::map<std::string, std::string> rows;
  std::string bytes;
};

// Values that cannot be packed, and values that can: LZ4 packs the blocks of
// all tables but kEvents and kDedupe.
Made MakeTable(Table table) {
  static int number = 0;
  const std::string folder =
      absl::StrCat(testing::TempDir(), "/table-", ++number);
  fs::remove_all(folder);
  Made made;
  std::mt19937 random(7);
  auto store = RocksDbStore::Open(folder, RocksDbStoreOptions());
  EXPECT_TRUE(store.ok()) << store.status();
  WriteSet set;
  for (int i = 0; i < 200; ++i) {
    const std::string key = absl::StrCat("key-", 1000 + i);
    std::string value = RandomBytes(random, random() % 3000);
    if (i % 2 == 0) value = absl::StrCat(std::string(500, 'a' + i % 26), i);
    set.Put(table, key, value);
    made.rows[key] = std::move(value);
  }
  EXPECT_TRUE((*store)->Write(set, false).ok());
  EXPECT_TRUE((*store)->FlushMemory().ok());
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (entry.path().extension() != ".sst") continue;
    std::ifstream file(entry.path(), std::ios::binary);
    made.bytes.assign(std::istreambuf_iterator<char>(file), {});
  }
  return made;
}

// What is found, each with its number of the change.
std::map<std::string, std::string> Read(std::string_view bytes,
                                        TableFile* file) {
  std::map<std::string, std::string> rows;
  *file = ReadTableFile(bytes, nullptr, [&rows](const TableEntry& entry) {
    EXPECT_EQ(entry.kind, TableEntry::Kind::kPut);
    EXPECT_GT(entry.change, 0u);
    rows[std::string(entry.key)] = std::string(entry.value);
  });
  return rows;
}

// A file in memory.
class Bytes final : public rocksdb::RandomAccessFile {
 public:
  explicit Bytes(std::string_view bytes) : bytes_(bytes) {}
  rocksdb::Status Read(uint64_t offset, size_t count, rocksdb::Slice* result,
                       char*) const override {
    const auto part = bytes_.substr(std::min<size_t>(offset, bytes_.size()));
    *result = rocksdb::Slice(part.data(), std::min(count, part.size()));
    return rocksdb::Status::OK();
  }

 private:
  std::string_view bytes_;
};

class TableFileTest : public testing::TestWithParam<Table> {
 protected:
  const Made made_ = MakeTable(GetParam());
};

INSTANTIATE_TEST_SUITE_P(PackedAndNot, TableFileTest,
                         testing::Values(Table::kEvents, Table::kDeadLetters),
                         [](const auto& info) {
                           return info.param == Table::kEvents ? "NotPacked"
                                                               : "Lz4";
                         });

TEST_P(TableFileTest, ReadsWhatRocksDbWrote) {
  TableFile file;
  EXPECT_EQ(Read(made_.bytes, &file), made_.rows);
  EXPECT_TRUE(file.damaged.empty());
  EXPECT_EQ(file.family,
            GetParam() == Table::kEvents ? "events" : "dead_letters");
  EXPECT_TRUE(CheckTableStructure(Bytes(made_.bytes), made_.bytes.size()).ok());
}

// Whatever bit is flipped: what is read is right, and rows are missing only if
// the bit lies in a block of rows, which is then said to be damaged.
TEST_P(TableFileTest, AFlippedBitCostsOneBlock) {
  std::mt19937 random(11);
  int harmless = 0;
  for (int i = 0; i < 300; ++i) {
    // Half of them in the last part, where what is no rows lies.
    const size_t begin = i % 2 == 0 ? 0 : made_.bytes.size() - 2500;
    const size_t at = begin + random() % (made_.bytes.size() - begin);
    std::string bytes = made_.bytes;
    bytes[at] = static_cast<char>(bytes[at] ^ (1 << random() % 8));
    SCOPED_TRACE(absl::StrCat("byte ", at, " of ", bytes.size()));
    TableFile file;
    const auto rows = Read(bytes, &file);
    for (const auto& [key, value] : rows) {
      ASSERT_TRUE(made_.rows.contains(key)) << key;
      ASSERT_EQ(made_.rows.at(key), value) << key;
    }
    const bool whole = CheckTableStructure(Bytes(bytes), bytes.size()).ok();
    if (rows.size() == made_.rows.size()) {
      // Not in a block of rows. Nobody reads what fills up the footer.
      if (whole) ++harmless;
      continue;
    }
    EXPECT_TRUE(whole);
    ASSERT_EQ(file.damaged.size(), 1u);
    EXPECT_LE(file.damaged[0].first, at);
    EXPECT_GT(file.damaged[0].second, at);
    // A block is full at 4 KiB.
    EXPECT_LT(file.damaged[0].second - file.damaged[0].first, 9000u);
  }
  EXPECT_LT(harmless, 30);
}

TEST_P(TableFileTest, AFileThatEndsAnywhereKeepsItsWholeBlocks) {
  size_t last = 0;
  std::set<size_t> sizes = {made_.bytes.size() - 1};
  for (size_t i = 0; i < 60; ++i) sizes.insert(made_.bytes.size() / 60 * i);
  for (const size_t size : sizes) {
    SCOPED_TRACE(size);
    const std::string_view bytes =
        std::string_view(made_.bytes).substr(0, size);
    TableFile file;
    const auto rows = Read(bytes, &file);
    EXPECT_TRUE(CheckTableStructure(Bytes(bytes), size).IsCorruption());
    EXPECT_GE(rows.size(), last);
    last = rows.size();
    for (const auto& [key, value] : rows) ASSERT_EQ(made_.rows.at(key), value);
    // All but the block that was cut and what follows the rows.
    if (size > 0 && !file.damaged.empty()) {
      EXPECT_EQ(file.damaged.back().second, size);
    }
  }
  EXPECT_EQ(last, made_.rows.size());
}

TEST(TableFileTest, FindsRecordsInDamagedBlocks) {
  Made made = MakeTable(Table::kEvents);
  // A record is a value here.
  std::map<std::string, uint64_t> changes;
  ReadTableFile(made.bytes, nullptr, [&changes](const TableEntry& entry) {
    changes[std::string(entry.key)] = entry.change;
  });
  const RecordFinder finder =
      [&made](std::string_view bytes) -> std::optional<FoundRecord> {
    for (const auto& [key, value] : made.rows) {
      if (value.size() > 100 && bytes.starts_with(value)) {
        return FoundRecord{key, value.size()};
      }
    }
    return std::nullopt;
  };
  // The size of a value, just before it.
  const std::string& value = made.rows.at("key-1006");
  made.bytes[made.bytes.find(value) - 15] ^= 4;
  int found = 0;
  const TableFile file =
      ReadTableFile(made.bytes, finder, [&](const TableEntry& entry) {
        EXPECT_EQ(made.rows.at(std::string(entry.key)), entry.value);
        // Or an older deletion of its key would hide it.
        EXPECT_EQ(changes.at(std::string(entry.key)), entry.change);
        ++found;
      });
  // All but small ones beside it.
  EXPECT_GT(found, static_cast<int>(made.rows.size()) - 5);
  EXPECT_FALSE(file.damaged.empty());
  uint64_t damaged = 0;
  for (const auto& [begin, end] : file.damaged) damaged += end - begin;
  EXPECT_LT(damaged, 1000u) << "the records themselves are not damaged";
}

TEST(TableFileTest, BytesOfAnyKindDoNoHarm) {
  std::mt19937 random(3);
  for (int i = 0; i < 200; ++i) {
    std::string bytes = RandomBytes(random, random() % 4000);
    if (i % 3 == 0) bytes.assign(bytes.size(), static_cast<char>(i));
    TableFile file;
    EXPECT_TRUE(Read(bytes, &file).empty());
    EXPECT_FALSE(CheckTableStructure(Bytes(bytes), bytes.size()).ok());
  }
}

}  // namespace
}  // namespace sluice
