#include "storage/log/stored_records.h"

#include <set>
#include <string>

#include "gtest/gtest.h"
#include "storage/format/keys.h"
#include "storage/format/record.h"
#include "storage/kv/memory_store.h"

namespace sluice {
namespace {

// A store of which some keys cannot be read: any scan that comes across one
// fails there, as a damaged block makes it. Those in `damaged` can be found by
// looking through the files.
class DamagedStore final : public KeyValueStore {
 public:
  absl::Status Write(const WriteSet& changes, bool sync) override {
    return store_.Write(changes, sync);
  }
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::StatusOr<std::optional<std::string>> Get(
      Table table, std::string_view key) const override {
    return store_.Get(table, key);
  }
  absl::Status Scan(Table table, const ScanRange& range,
                    Visitor visit) const override {
    bool failed = false;
    const Sequence first = *format::ParseNumberKey(range.from);
    const absl::Status status = store_.Scan(
        table, range, [&](std::string_view key, std::string_view value) {
          const Sequence sequence = *format::ParseNumberKey(key);
          if (hidden.contains(sequence) && sequence != first) return true;
          failed = unreadable.contains(sequence) || damaged.contains(sequence);
          return !failed && visit(key, value);
        });
    return failed ? absl::DataLossError("damaged block") : status;
  }
  absl::Status ScanDamaged(Table table, const ScanRange& range,
                           Visitor visit) const override {
    return store_.Scan(
        table, range, [&](std::string_view key, std::string_view value) {
          return unreadable.contains(*format::ParseNumberKey(key)) ||
                 visit(key, value);
        });
  }
  absl::StatusOr<std::optional<std::string>> LastKey(
      Table table, std::string_view floor,
      std::string_view end) const override {
    return store_.LastKey(table, floor, end);
  }
  void DropBelow(Table, std::string_view) override {}
  uint64_t generation(Table) const override { return 0; }

  std::set<Sequence> unreadable;
  std::set<Sequence> damaged;
  // Scans find these only if they begin with them.
  std::set<Sequence> hidden;

 private:
  MemoryStore store_;
};

class StoredRecordsTest : public testing::Test {
 protected:
  // Ten batches of ten events: 1 to 10, 11 to 20, ...
  StoredRecordsTest() {
    format::RecordEncoder encoder(format::Codec::kLz4);
    WriteSet set;
    for (Sequence first = 1; first <= 91; first += 10) {
      format::RecordHeader header;
      header.first_sequence = first;
      header.begin_offset = offset_;
      EventBatchBuilder builder;
      for (int i = 0; i < 10; ++i) builder.Add(EventFields());
      std::string record;
      encoder.Append(header, *builder.Build(), &record);
      offset_ += record.size();
      set.Put(Table::kEvents, format::NumberKey(first), std::move(record));
    }
    record_bytes_ = offset_ / 10;
    EXPECT_TRUE(store_.Write(set, false).ok());
    range_.end = 101;
    range_.max_bytes = 1 << 20;
  }

  std::string Record(Sequence first) {
    return **store_.Get(Table::kEvents, format::NumberKey(first));
  }
  void PutRecord(Sequence first, std::string record) {
    WriteSet set;
    set.Put(Table::kEvents, format::NumberKey(first), std::move(record));
    ASSERT_TRUE(store_.Write(set, false).ok());
  }
  void Damage(Sequence first) {
    std::string record = Record(first);
    record[record.size() / 2] ^= 1;
    PutRecord(first, std::move(record));
  }
  void Remove(Sequence first) {
    WriteSet set;
    set.Delete(Table::kEvents, format::NumberKey(first));
    ASSERT_TRUE(store_.Write(set, false).ok());
  }

  // What is read: "1 11 lost 21-30 31 ...".
  std::string Read() {
    StoredEvents out;
    const absl::Status status = ReadStored(store_, range_, &out);
    EXPECT_TRUE(status.ok()) << status;
    lost_ = out.lost;
    std::map<Sequence, std::string> parts;
    for (const StoredBatch& batch : out.batches) {
      parts[batch.place.first] = std::to_string(batch.place.first);
      EXPECT_EQ(batch.events == nullptr, range_.places_only);
    }
    for (const LostRange& lost : out.lost) {
      parts[lost.first] = "lost " + std::to_string(lost.first) + "-" +
                          std::to_string(lost.last);
    }
    std::string text;
    for (const auto& [first, part] : parts) {
      text += (text.empty() ? "" : " ") + part;
    }
    return text;
  }

  DamagedStore store_;
  uint64_t offset_ = 0;
  uint64_t record_bytes_ = 0;
  StoredRange range_;
  std::vector<LostRange> lost_;
};

TEST_F(StoredRecordsTest, ReadsEverythingOrAsMuchAsAskedFor) {
  EXPECT_EQ(Read(), "1 11 21 31 41 51 61 71 81 91");
  range_.from = 35;
  range_.end = 60;
  EXPECT_EQ(Read(), "31 41 51");
  range_.max_bytes = 1;
  EXPECT_EQ(Read(), "31");
  range_.places_only = true;
  EXPECT_EQ(Read(), "31");
}

TEST_F(StoredRecordsTest, DoesNotLookBelowTheFloor) {
  range_.floor = 31;
  range_.from = 31;
  range_.end = 51;
  Remove(21);
  EXPECT_EQ(Read(), "31 41");
}

TEST_F(StoredRecordsTest, ADamagedRecordIsLostWithItsBytes) {
  Damage(31);
  EXPECT_EQ(Read(), "1 11 21 lost 31-40 41 51 61 71 81 91");
  EXPECT_EQ(lost_[0].bytes, record_bytes_);
  ASSERT_EQ(lost_[0].records.size(), 1u);
  EXPECT_EQ(lost_[0].records[0].first, 31u);
  EXPECT_EQ(lost_[0].records[0].second, Record(31));
}

TEST_F(StoredRecordsTest, NeighboursThatAreDamagedAreOneLoss) {
  Damage(31);
  Damage(41);
  EXPECT_EQ(Read(), "1 11 21 lost 31-50 51 61 71 81 91");
  EXPECT_EQ(lost_[0].records.size(), 2u);
  EXPECT_EQ(lost_[0].bytes, 2 * record_bytes_);
}

TEST_F(StoredRecordsTest, DamageAtTheEndsIsFound) {
  Damage(1);
  Damage(91);
  EXPECT_EQ(Read(), "lost 1-10 11 21 31 41 51 61 71 81 lost 91-100");
}

TEST_F(StoredRecordsTest, AReadFromWithinADamagedRecordLosesAllOfIt) {
  Damage(31);
  range_.from = 35;
  EXPECT_EQ(Read(), "lost 31-40 41 51 61 71 81 91");
}

TEST_F(StoredRecordsTest, ARecordUnderTheWrongKeyIsDamage) {
  PutRecord(31, Record(41));
  EXPECT_EQ(Read(), "1 11 21 lost 31-40 41 51 61 71 81 91");
}

TEST_F(StoredRecordsTest, ARecordThatIsNotThereIsLostWithItsBytes) {
  Remove(31);
  Remove(41);
  EXPECT_EQ(Read(), "1 11 21 lost 31-50 51 61 71 81 91");
  EXPECT_EQ(lost_[0].bytes, 2 * record_bytes_);
  range_.from = 45;
  EXPECT_EQ(Read(), "lost 45-50 51 61 71 81 91");
}

TEST_F(StoredRecordsTest, ARecordOfANewerVersionIsNotDamage) {
  std::string record = Record(31);
  record[0] = 2;
  PutRecord(31, record);
  StoredEvents out;
  // The checksum covers the version, so a flipped bit there is damage.
  EXPECT_TRUE(ReadStored(store_, range_, &out).ok());
  EXPECT_EQ(out.lost.size(), 1u);
}

TEST_F(StoredRecordsTest, LooksIntoDamagedBlocksForWholeRecords) {
  store_.damaged = {31, 41};
  EXPECT_EQ(Read(), "1 11 21 31 41 51 61 71 81 91");
}

TEST_F(StoredRecordsTest, GoesOnBehindUnreadableBlocks) {
  for (const auto& [unreadable, expected] :
       std::vector<std::pair<std::set<Sequence>, std::string>>{
           {{31}, "1 11 21 lost 31-40 41 51 61 71 81 91"},
           {{1}, "lost 1-10 11 21 31 41 51 61 71 81 91"},
           {{1, 11, 21}, "lost 1-30 31 41 51 61 71 81 91"},
           {{21, 41}, "1 11 lost 21-30 31 lost 41-50 51 61 71 81 91"},
           {{91}, "1 11 21 31 41 51 61 71 81 lost 91-100"},
           {{81, 91}, "1 11 21 31 41 51 61 71 lost 81-100"},
       }) {
    store_.unreadable = unreadable;
    EXPECT_EQ(Read(), expected);
  }
  store_.unreadable.clear();
  for (Sequence s = 1; s < 100; s += 10) store_.unreadable.insert(s);
  EXPECT_EQ(Read(), "lost 1-100");
}

TEST_F(StoredRecordsTest, AnUnreadableBlockBeforeDoesNotMatter) {
  store_.unreadable = {21};
  range_.from = 31;
  EXPECT_EQ(Read(), "31 41 51 61 71 81 91");
}

TEST_F(StoredRecordsTest, LooksForWhatAScanPassesOver) {
  store_.hidden = {41, 91};
  EXPECT_EQ(Read(), "1 11 21 31 41 51 61 71 81 91");
  store_.damaged = {41};
  EXPECT_EQ(Read(), "1 11 21 31 41 51 61 71 81 91");
  range_.from = 35;
  EXPECT_EQ(Read(), "31 41 51 61 71 81 91");
  store_.unreadable = {41};
  EXPECT_EQ(Read(), "31 lost 41-50 51 61 71 81 91");
}

}  // namespace
}  // namespace sluice
