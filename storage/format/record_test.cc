#include "storage/format/record.h"

#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/base/coding.h"
#include "storage/base/crc32c.h"

namespace sluice::format {
namespace {

EventBatchPtr Repetitive(int events) {
  EventBatchBuilder builder;
  for (int i = 0; i < events; ++i) {
    const std::string id = absl::StrCat("event-", i);
    EventFields fields;
    fields.id = id;
    fields.data = R"({"temperature":{"value":21.5,"unit":"celsius"}})";
    builder.Add(fields);
  }
  return builder.Build();
}

EventBatchPtr Random(size_t bytes) {
  std::mt19937_64 random(7);
  std::string data(bytes, '\0');
  for (char& c : data) c = static_cast<char>(random());
  EventFields fields;
  fields.data = data;
  EventBatchBuilder builder;
  builder.Add(fields);
  return builder.Build();
}

RecordHeader Place() {
  RecordHeader header;
  header.first_sequence = 0x0102030405060708;
  header.begin_offset = 4711;
  header.append_unix_nanos = -5;
  return header;
}

std::string Encode(const EventBatch& batch, Codec codec = Codec::kLz4) {
  RecordEncoder encoder(codec);
  std::string record;
  encoder.Append(Place(), batch, &record);
  return record;
}

// Gives `record` a checksum that fits, so that the next check is reached.
void FixChecksum(std::string& record) {
  const std::string_view bytes = record;
  StoreLittleEndian32(record.data() + 4,
                      Crc32c(bytes.substr(8), Crc32c(bytes.substr(0, 4))));
}

absl::Status ParseAll(std::string_view record) {
  const auto header = ParseRecordHeader(record);
  if (!header.ok()) return header.status();
  return ParseRecordBody(*header, record).status();
}

TEST(RecordTest, GivesBackWhatWasPutIn) {
  for (Codec codec : {Codec::kNone, Codec::kLz4}) {
    const EventBatchPtr batch = Repetitive(100);
    const std::string record = Encode(*batch, codec);
    const auto header = ParseRecordHeader(record);
    ASSERT_TRUE(header.ok()) << header.status();
    EXPECT_EQ(header->codec, codec);
    EXPECT_EQ(header->first_sequence, 0x0102030405060708u);
    EXPECT_EQ(header->end_sequence(), 0x0102030405060708u + 100);
    EXPECT_EQ(header->begin_offset, 4711u);
    EXPECT_EQ(header->append_unix_nanos, -5);
    EXPECT_EQ(header->event_count, 100u);
    EXPECT_EQ(header->body_bytes, batch->wire().size());
    const auto events = ParseRecordBody(*header, record);
    ASSERT_TRUE(events.ok()) << events.status();
    EXPECT_EQ((*events)->wire(), batch->wire());
    EXPECT_EQ((*events)->size(), 100u);
  }
}

TEST(RecordTest, PacksOnlyWhatGetsSmaller) {
  const EventBatchPtr repetitive = Repetitive(100);
  EXPECT_LT(Encode(*repetitive).size(), repetitive->wire().size() / 2);
  const EventBatchPtr random = Random(1000);
  EXPECT_EQ(Encode(*random).size(), kRecordHeaderBytes + random->wire().size());
  EXPECT_TRUE(ParseAll(Encode(*random)).ok());
}

TEST(RecordTest, BodiesOfManyPiecesComeBackWhole) {
  for (int events : {800, 1000, 1500, 5000}) {
    const EventBatchPtr batch = Repetitive(events);
    const std::string record = Encode(*batch);
    EXPECT_LT(record.size(), batch->wire().size() / 2);
    const auto header = ParseRecordHeader(record);
    ASSERT_TRUE(header.ok());
    const auto read = ParseRecordBody(*header, record);
    ASSERT_TRUE(read.ok()) << read.status();
    EXPECT_EQ((*read)->wire(), batch->wire());
  }
}

TEST(RecordTest, PiecesThatDoNotAddUpAreDamage) {
  const std::string good = Encode(*Repetitive(2000));
  ASSERT_TRUE(ParseAll(good).ok());
  std::string longer = good + "more";
  FixChecksum(longer);
  EXPECT_EQ(ParseAll(longer).code(), absl::StatusCode::kDataLoss);
  std::string shorter = good.substr(0, good.size() - 1);
  FixChecksum(shorter);
  EXPECT_EQ(ParseAll(shorter).code(), absl::StatusCode::kDataLoss);
  std::string size = good;
  StoreLittleEndian32(size.data() + kRecordHeaderBytes, 0xffffffff);
  FixChecksum(size);
  EXPECT_EQ(ParseAll(size).code(), absl::StatusCode::kDataLoss);
}

// Found by record_fuzz: a few bytes made room for gigabytes.
TEST(RecordTest, AnnouncingMoreThanCanBePackedIsDamage) {
  RecordHeader header;
  header.codec = Codec::kLz4;
  header.event_count = 1;
  header.body_bytes = uint32_t{2'000'000'000};
  const std::string record(kRecordHeaderBytes + 100, '\0');
  const auto body = ParseRecordBody(header, record);
  ASSERT_EQ(body.status().code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(body.status().message()),
              testing::HasSubstr("cannot be packed into 100"));
}

TEST(RecordTest, AppendsBehindWhatIsThere) {
  RecordEncoder encoder(Codec::kLz4);
  std::string records = "before";
  encoder.Append(Place(), *Repetitive(50), &records);
  const size_t middle = records.size();
  encoder.Append(Place(), *Repetitive(2), &records);
  const std::string_view all = records;
  EXPECT_TRUE(ParseAll(all.substr(6, middle - 6)).ok());
  EXPECT_TRUE(ParseAll(all.substr(middle)).ok());
}

TEST(RecordTest, EveryFlippedBitIsFound) {
  for (Codec codec : {Codec::kNone, Codec::kLz4}) {
    std::string record = Encode(*Repetitive(3), codec);
    for (size_t bit = 0; bit < record.size() * 8; ++bit) {
      record[bit / 8] ^= static_cast<char>(1 << (bit % 8));
      EXPECT_EQ(ParseAll(record).code(), absl::StatusCode::kDataLoss) << bit;
      record[bit / 8] ^= static_cast<char>(1 << (bit % 8));
    }
  }
}

TEST(RecordTest, EveryTruncationIsFound) {
  const std::string record = Encode(*Repetitive(3));
  for (size_t size = 0; size < record.size(); ++size) {
    EXPECT_EQ(ParseAll(record.substr(0, size)).code(),
              absl::StatusCode::kDataLoss);
  }
}

TEST(RecordTest, ANewerVersionCodecOrFlagNeedsANewerProgram) {
  for (size_t at : {0, 1, 2, 3}) {
    std::string record = Encode(*Repetitive(3));
    record[at] = 2;
    FixChecksum(record);
    EXPECT_EQ(ParseAll(record).code(), absl::StatusCode::kUnimplemented);
  }
}

TEST(RecordTest, CountsThatDoNotFitTheBodyAreDamage) {
  for (Codec codec : {Codec::kNone, Codec::kLz4}) {
    for (size_t at : {32, 36, 39}) {
      for (int delta : {-1, 1, 127}) {
        std::string record = Encode(*Repetitive(3), codec);
        record[at] = static_cast<char>(record[at] + delta);
        FixChecksum(record);
        EXPECT_EQ(ParseAll(record).code(), absl::StatusCode::kDataLoss)
            << at << " " << delta;
      }
    }
    std::string garbage = Encode(*Repetitive(50), codec);
    for (size_t at = 60; at < garbage.size(); ++at) garbage[at] = '\xff';
    FixChecksum(garbage);
    EXPECT_EQ(ParseAll(garbage).code(), absl::StatusCode::kDataLoss);
  }
}

}  // namespace
}  // namespace sluice::format
