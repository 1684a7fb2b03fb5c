#include "storage/kv/write_log_file.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "storage/base/coding.h"

namespace sluice {
namespace {

WriteLogRecord Record(uint64_t sequence, uint32_t changes, size_t bytes) {
  WriteLogRecord record;
  record.sequence = sequence;
  record.changes = changes;
  record.batch.assign(12 + bytes, static_cast<char>('a' + sequence % 26));
  StoreLittleEndian64(record.batch.data(), sequence);
  StoreLittleEndian32(record.batch.data() + 8, changes);
  return record;
}

// One of them spans blocks of 32 KiB.
std::vector<WriteLogRecord> Records() {
  return {Record(1, 2, 100), Record(3, 1, 70'000), Record(4, 5, 0),
          Record(9, 1, 3000)};
}

// The records' sequences, after checking that they are as they were written.
std::vector<uint64_t> Sequences(const WriteLogFile& file) {
  std::vector<uint64_t> sequences;
  for (const WriteLogRecord& found : file.records) {
    sequences.push_back(found.sequence);
    for (const WriteLogRecord& written : Records()) {
      if (written.sequence != found.sequence) continue;
      EXPECT_EQ(found.batch, written.batch);
      EXPECT_EQ(found.after(), written.sequence + written.changes);
    }
  }
  return sequences;
}

TEST(WriteLogFileTest, ReadsWhatItMade) {
  const WriteLogFile file = ParseWriteLogFile(MakeWriteLogFile(Records()));
  EXPECT_EQ(Sequences(file), (std::vector<uint64_t>{1, 3, 4, 9}));
  EXPECT_TRUE(file.gaps.empty());
  EXPECT_TRUE(ParseWriteLogFile("").records.empty());
}

TEST(WriteLogFileTest, AFlippedBitCostsOneRecord) {
  const std::string bytes = MakeWriteLogFile(Records());
  const WriteLogFile whole = ParseWriteLogFile(bytes);
  for (size_t damaged = 0; damaged < whole.records.size(); ++damaged) {
    const WriteLogRecord& record = whole.records[damaged];
    std::string changed = bytes;
    changed[record.begin + 7 + 5] ^= 1;  // Behind the header of a fragment.
    std::vector<uint64_t> rest = {1, 3, 4, 9};
    rest.erase(rest.begin() + static_cast<std::ptrdiff_t>(damaged));
    const WriteLogFile file = ParseWriteLogFile(changed);
    EXPECT_EQ(Sequences(file), rest) << damaged;
    ASSERT_EQ(file.gaps.size(), 1u) << damaged;
    EXPECT_EQ(file.gaps[0].records_before, damaged);
    EXPECT_LE(file.gaps[0].begin, record.begin + 7 + 5);
    EXPECT_GE(file.gaps[0].end, record.begin + 7 + 5);
  }
}

TEST(WriteLogFileTest, AFileThatEndsAnywhereKeepsItsWholeRecords) {
  const std::string bytes = MakeWriteLogFile(Records());
  const WriteLogFile whole = ParseWriteLogFile(bytes);
  for (size_t size = 0; size < bytes.size(); size += 97) {
    const WriteLogFile file = ParseWriteLogFile(bytes.substr(0, size));
    size_t ended = 0;
    while (whole.records[ended].end <= size) ++ended;
    EXPECT_EQ(Sequences(file).size(), ended) << size;
    for (const LogFileGap& gap : file.gaps) EXPECT_TRUE(gap.torn) << size;
  }
}

// What is damaged does not look like what was not written to its end.
TEST(WriteLogFileTest, DamageToTheLastRecordIsNoTornEnd) {
  const std::string bytes =
      MakeWriteLogFile({Record(1, 2, 100), Record(3, 1, 70'000)});
  const WriteLogRecord last = ParseWriteLogFile(bytes).records.back();
  // In each of its fragments.
  for (const size_t at :
       {last.begin + 100, last.begin + 40'000, last.end - 9}) {
    std::string changed = bytes;
    changed[at] ^= 1;
    const WriteLogFile file = ParseWriteLogFile(changed);
    ASSERT_EQ(file.gaps.size(), 1u) << at;
    EXPECT_FALSE(file.gaps[0].torn) << at;
    const WriteLogFile cut = ParseWriteLogFile(bytes.substr(0, at));
    ASSERT_EQ(cut.gaps.size(), 1u) << at;
    EXPECT_TRUE(cut.gaps[0].torn) << at;
  }
}

}  // namespace
}  // namespace sluice
