#include "tests/golden/golden_log.h"

#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "storage/log/rocksdb_event_log.h"
#include "tests/contract/settable_clock.h"

namespace sluice {
namespace {

storage::v1::DeadLetter Letter(const std::string& reason) {
  storage::v1::DeadLetter letter;
  letter.set_component("out");
  letter.set_reason(reason);
  letter.set_message("for the record");
  return letter;
}

AppendRequest Request() {
  AppendRequest request;
  request.batches = {GoldenBatch(), ExampleBatch()};
  SourceUpdate update;
  update.name = "in";
  update.checkpoint = "checkpoint";
  update.added.set_received(43);
  update.added.set_stored(41);
  update.added.set_duplicate(1);
  update.added.set_dead_lettered(1);
  request.sources.push_back(update);
  request.dead_letters = {Letter("malformed")};
  request.dedupe_keys = {{0x0102030405060708, 0x090a0b0c0d0e0f10}, {1, 2}};
  return request;
}

}  // namespace

format::RecordHeader ExampleHeader() {
  format::RecordHeader header;
  header.first_sequence = 42;
  header.begin_offset = 1000;
  header.append_unix_nanos = 1'770'000'000'000'000'000;
  return header;
}

EventBatchPtr ExampleBatch() {
  EventFields fields;
  fields.id = "e1";
  fields.type = "temperature";
  fields.data = R"({"t":21})";
  EventBatchBuilder builder;
  builder.Add(fields);
  return builder.Build();
}

EventBatchPtr GoldenBatch() {
  EventBatchBuilder builder;
  for (int i = 0; i < 40; ++i) {
    const std::string id = absl::StrCat("golden-", i);
    const LabelView label = {"room", "99"};
    EventFields fields;
    fields.id = id;
    fields.source = "//example.com/projects/p1";
    fields.type = "temperature";
    fields.subject = "device";
    fields.datacontenttype = "application/json";
    fields.data = R"({"temperature":{"value":21.5,"unit":"celsius"}})";
    fields.time_unix_nanos = 1'770'000'000'000'000'000 + i;
    fields.ingest_time_unix_nanos = 1'770'000'001'000'000'000;
    fields.labels = absl::MakeConstSpan(&label, 1);
    builder.Add(fields);
  }
  return builder.Build();
}

void MakeGoldenLog(const std::string& folder) {
  SettableClock clock;
  const auto open = [&folder, &clock] {
    auto log = RocksDbEventLog::Open(folder, RocksDbLogOptions(), &clock);
    CHECK(log.ok()) << log.status();
    return *std::move(log);
  };
  std::unique_ptr<RocksDbEventLog> log = open();
  CHECK(log->OpenCursor("out", true).ok());
  CHECK(log->OpenCursor("parked", true).ok());
  CHECK(log->ParkCursor("parked").ok());
  for (int i = 0; i < 2; ++i) {
    CHECK(log->Append(Request(), Durability::kDurable).ok());
  }
  // Opening moves what is in the write-ahead log to table files, so the log has
  // both.
  log.reset();
  log = open();
  CHECK(log->Append(Request(), Durability::kDurable).ok());
  CursorCommit commit;
  commit.cursor = "out";
  commit.completed = {{1, 50, Completion::kDelivered},
                      {60, 60, Completion::kDeadLettered},
                      {70, 80, Completion::kFiltered}};
  commit.dead_letters = {Letter("rejected")};
  CHECK(log->Commit(std::move(commit)).ok());
  CHECK(log->Flush(Durability::kDurable).ok());
}

}  // namespace sluice
