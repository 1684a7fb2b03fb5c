// Logs and records as earlier releases wrote them can still be read.
#include "tests/golden/golden_log.h"

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/format/record.h"
#include "storage/log/log_check.h"
#include "storage/log/rocksdb_event_log.h"
#include "tests/contract/settable_clock.h"

namespace sluice {
namespace {

namespace fs = std::filesystem;

constexpr char kVersion1[] = "tests/golden/log_v1";

std::string ReadFile(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file.good()) << path;
  return std::string(std::istreambuf_iterator<char>(file), {});
}

void ExpectGoldenRecord(const std::string& record, format::Codec codec) {
  const auto header = format::ParseRecordHeader(record);
  ASSERT_TRUE(header.ok()) << header.status();
  EXPECT_EQ(header->codec, codec);
  EXPECT_EQ(header->first_sequence, 42u);
  EXPECT_EQ(header->begin_offset, 1000u);
  EXPECT_EQ(header->append_unix_nanos, 1'770'000'000'000'000'000);
  const auto batch = format::ParseRecordBody(*header, record);
  ASSERT_TRUE(batch.ok()) << batch.status();
  EXPECT_EQ((*batch)->wire(), GoldenBatch()->wire());
}

TEST(GoldenLogTest, RecordsOfVersion1AreRead) {
  ExpectGoldenRecord(ReadFile(fs::path(kVersion1) / "none.record"),
                     format::Codec::kNone);
  ExpectGoldenRecord(ReadFile(fs::path(kVersion1) / "lz4.record"),
                     format::Codec::kLz4);
}

// LZ4 may pack the same bytes in another way from one release to the next; what
// is not packed is the same for good.
TEST(GoldenLogTest, RecordsOfVersion1AreWrittenTheSame) {
  std::string record;
  format::RecordEncoder(format::Codec::kNone)
      .Append(ExampleHeader(), *GoldenBatch(), &record);
  EXPECT_EQ(record, ReadFile(fs::path(kVersion1) / "none.record"));
}

TEST(GoldenLogTest, ALogOfVersion1IsOpenedAndGoesOn) {
  const fs::path folder = fs::path(testing::TempDir()) / "log_v1";
  fs::remove_all(folder);
  fs::copy(fs::path(kVersion1) / "log", folder, fs::copy_options::recursive);
  for (const auto& entry : fs::directory_iterator(folder)) {
    fs::permissions(entry.path(), fs::perms::owner_write,
                    fs::perm_options::add);
  }
  SettableClock clock;
  auto opened = RocksDbEventLog::Open(folder, RocksDbLogOptions(), &clock);
  ASSERT_TRUE(opened.ok()) << opened.status();
  const std::unique_ptr<RocksDbEventLog> log = *std::move(opened);
  EXPECT_TRUE(log->damage().empty());

  // Events 1 to 50 are delivered, so the first two batches, of 40 and of 1, are
  // gone.
  EXPECT_EQ(log->stats().first_sequence, 42u);
  EXPECT_EQ(log->stats().next_sequence, 124u);
  const auto batches = log->Read(1, 1 << 20);
  ASSERT_TRUE(batches.ok());
  ASSERT_EQ(batches->size(), 4u);
  EXPECT_EQ(batches->at(0).events->wire(), GoldenBatch()->wire());
  EXPECT_EQ(batches->at(1).events->wire(), ExampleBatch()->wire());

  const auto cursors = log->Cursors();
  ASSERT_EQ(cursors.size(), 2u);
  EXPECT_EQ(cursors[0].name, "out");
  EXPECT_EQ(cursors[0].state.counters().delivered(), 50u);
  EXPECT_EQ(cursors[0].waiting, 123u - 50 - 1 - 11);
  EXPECT_TRUE(cursors[1].state.parked());
  EXPECT_EQ(cursors[1].state.counters().dropped(), 41u);

  ASSERT_EQ(log->Sources().size(), 1u);
  EXPECT_EQ(log->Sources()[0].state.checkpoint(), "checkpoint");
  EXPECT_EQ(log->Sources()[0].state.counters().received(), 3 * 43u);
  const auto letters = log->ListDeadLetters(0, 10);
  ASSERT_TRUE(letters.ok());
  ASSERT_EQ(letters->size(), 4u);
  EXPECT_EQ(letters->at(3).reason(), "rejected");
  int keys = 0;
  ASSERT_TRUE(log->ForEachDedupeKey([&keys](absl::Time, DedupeKey key) {
                   if (key.high == 0x0102030405060708) ++keys;
                 })
                  .ok());
  EXPECT_EQ(keys, 3);

  AppendRequest request;
  request.batches = {ExampleBatch()};
  EXPECT_EQ(
      log->Append(std::move(request), Durability::kDurable)->first_sequence,
      124u);
  const auto check = CheckLog(folder);
  ASSERT_TRUE(check.ok()) << check.status();
  EXPECT_TRUE(check->problems.empty()) << check->problems[0];
}

}  // namespace
}  // namespace sluice
