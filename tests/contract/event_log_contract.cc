#include "tests/contract/event_log_contract.h"

#include <atomic>
#include <random>
#include <thread>
#include <utility>

#include "absl/strings/str_cat.h"

namespace sluice {

EventBatchPtr EventLogContract::Batch(const Ids& ids) {
  EventBatchBuilder builder;
  for (const std::string& id : ids) {
    EventFields fields;
    fields.id = id;
    fields.data = R"({"temperature":{"value":21.5,"unit":"celsius"}})";
    builder.Add(fields);
  }
  return builder.Build();
}

EventBatchPtr EventLogContract::Noise(size_t bytes, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::string data(bytes, '\0');
  for (char& c : data) c = static_cast<char>(random());
  EventFields fields;
  fields.data = data;
  EventBatchBuilder builder;
  builder.Add(fields);
  return builder.Build();
}

absl::Status EventLogContract::AppendBatch(EventBatchPtr batch) {
  AppendRequest request;
  request.batches.push_back(std::move(batch));
  return log_->Append(std::move(request), Durability::kBuffered).status();
}

Sequence EventLogContract::Append(const Ids& ids) {
  AppendRequest request;
  request.batches.push_back(Batch(ids));
  const auto result = log_->Append(std::move(request), Durability::kBuffered);
  EXPECT_TRUE(result.ok()) << result.status();
  return result.ok() ? result->first_sequence : 0;
}

void EventLogContract::AppendSingles(int count) {
  for (int i = 0; i < count; ++i) {
    Append({absl::StrCat(log_->stats().next_sequence)});
  }
}

void EventLogContract::OpenCursor(std::string_view name, bool from_start) {
  const auto info = log_->OpenCursor(name, from_start);
  ASSERT_TRUE(info.ok()) << info.status();
}

void EventLogContract::Commit(std::string_view cursor, Sequence first,
                              Sequence last, Completion completion) {
  CursorCommit commit;
  commit.cursor = std::string(cursor);
  commit.completed.push_back({first, last, completion});
  const absl::Status status = log_->Commit(std::move(commit));
  EXPECT_TRUE(status.ok()) << status;
}

void EventLogContract::Flush() {
  const absl::Status status = log_->Flush(Durability::kBuffered);
  EXPECT_TRUE(status.ok()) << status;
}

EventLogContract::Ids EventLogContract::Read(Sequence from) {
  Ids ids;
  for (;;) {
    const auto batches = log_->Read(from, 1000);
    EXPECT_TRUE(batches.ok()) << batches.status();
    if (!batches.ok() || batches->empty()) return ids;
    for (const LogBatch& batch : *batches) {
      const Sequence end = batch.first_sequence + batch.events->size();
      EXPECT_GT(end, from);
      for (size_t i = 0; i < batch.events->size(); ++i) {
        if (batch.first_sequence + i < from) continue;
        ids.emplace_back(batch.events->event(i).id());
      }
      from = end;
    }
  }
}

CursorInfo EventLogContract::Cursor(std::string_view name) {
  for (CursorInfo& info : log_->Cursors()) {
    if (info.name == name) return info;
  }
  ADD_FAILURE() << "no cursor " << name;
  return {};
}

std::vector<uint64_t> EventLogContract::DeadLetterIds() {
  const auto letters = log_->ListDeadLetters(0, 1000);
  EXPECT_TRUE(letters.ok()) << letters.status();
  std::vector<uint64_t> ids;
  if (!letters.ok()) return ids;
  for (const auto& letter : *letters) ids.push_back(letter.id());
  return ids;
}

storage::v1::DeadLetter EventLogContract::DeadLetter(
    const std::string& message) {
  storage::v1::DeadLetter letter;
  letter.set_component("test");
  letter.set_message(message);
  return letter;
}

void EventLogContract::ExpectConservation() {
  const Sequence next = log_->stats().next_sequence;
  for (const CursorInfo& info : log_->Cursors()) {
    EXPECT_EQ(next - info.state.start_sequence(),
              DoneEvents(info.state.counters()) + info.waiting)
        << info.name << ": " << info.state.ShortDebugString();
  }
}

namespace {

constexpr auto kNoLimit = size_t{1} << 30;

// ---- Append and read ----

TEST_P(EventLogContract, ANewLogIsEmpty) {
  Open();
  const LogStats stats = log_->stats();
  EXPECT_EQ(stats.first_sequence, 1u);
  EXPECT_EQ(stats.next_sequence, 1u);
  EXPECT_EQ(stats.stored_bytes, 0u);
  EXPECT_TRUE(Read().empty());
  EXPECT_TRUE(log_->Cursors().empty());
  EXPECT_TRUE(log_->Sources().empty());
  EXPECT_TRUE(DeadLetterIds().empty());
}

TEST_P(EventLogContract, EventsComeBackInOrderWithConsecutiveSequences) {
  Open();
  EXPECT_EQ(Append({"a", "b"}), 1u);
  EXPECT_EQ(Append({"c"}), 3u);
  AppendRequest request;
  request.batches = {Batch({"d", "e", "f"}), Batch({"g"})};
  EXPECT_EQ(
      log_->Append(std::move(request), Durability::kDurable)->first_sequence,
      4u);
  EXPECT_EQ(Read(), Ids({"a", "b", "c", "d", "e", "f", "g"}));
  EXPECT_EQ(log_->stats().next_sequence, 8u);
}

TEST_P(EventLogContract, ReadBeginsWithTheBatchThatHoldsTheSequence) {
  for (size_t tail_bytes : {size_t{0}, kNoLimit}) {
    options_.tail_bytes = tail_bytes;
    Open();
    const Sequence first = Append({"a", "b", "c"});
    Append({"d", "e"});
    for (Sequence offset = 0; offset < 3; ++offset) {
      const auto batches = log_->Read(first + offset, kNoLimit);
      ASSERT_TRUE(batches.ok());
      ASSERT_EQ(batches->size(), 2u);
      EXPECT_EQ(batches->at(0).first_sequence, first);
      EXPECT_EQ(batches->at(1).first_sequence, first + 3);
    }
    EXPECT_EQ(log_->Read(first + 4, kNoLimit)->size(), 1u);
    EXPECT_TRUE(log_->Read(first + 5, kNoLimit)->empty());
    EXPECT_TRUE(log_->Read(first + 1000, kNoLimit)->empty());
  }
}

TEST_P(EventLogContract, ReadStopsAtTheBytesAskedForButGivesOneBatch) {
  for (size_t tail_bytes : {size_t{0}, kNoLimit}) {
    options_.tail_bytes = tail_bytes;
    Open();
    const Sequence first = log_->stats().next_sequence;
    for (uint64_t i = 0; i < 6; ++i) {
      ASSERT_TRUE(AppendBatch(Noise(1000, i)).ok());
    }
    EXPECT_EQ(log_->Read(first, 0)->size(), 1u);
    EXPECT_EQ(log_->Read(first, 1)->size(), 1u);
    EXPECT_EQ(log_->Read(first, 2500)->size(), 3u);
    EXPECT_EQ(log_->Read(first, kNoLimit)->size(), 6u);
  }
}

TEST_P(EventLogContract, RecentBatchesAreSharedAndOldOnesReadBackTheSame) {
  options_.tail_bytes = 3000;
  Open();
  std::vector<EventBatchPtr> appended;
  for (uint64_t i = 0; i < 6; ++i) {
    appended.push_back(Noise(1000, i));
    ASSERT_TRUE(AppendBatch(appended.back()).ok());
  }
  const auto read = log_->Read(1, kNoLimit);
  ASSERT_TRUE(read.ok());
  ASSERT_EQ(read->size(), 6u);
  for (size_t i = 0; i < 6; ++i) {
    EXPECT_EQ(read->at(i).events->wire(), appended[i]->wire());
  }
  EXPECT_NE(read->at(0).events, appended[0]);
  EXPECT_EQ(read->at(5).events, appended[5]);
  EXPECT_LE(log_->stats().tail_bytes, 3000u);
}

TEST_P(EventLogContract, StoredBytesGrowWithEventsAndSyncsAreCounted) {
  Open();
  ASSERT_TRUE(AppendBatch(Noise(5000, 1)).ok());
  const uint64_t one = log_->stats().stored_bytes;
  EXPECT_GE(one, 5000u);
  EXPECT_LE(one, 5200u);
  ASSERT_TRUE(AppendBatch(Noise(5000, 2)).ok());
  EXPECT_EQ(log_->stats().stored_bytes, 2 * one);
  const uint64_t syncs = log_->stats().syncs;
  ASSERT_TRUE(log_->Flush(Durability::kDurable).ok());
  EXPECT_EQ(log_->stats().syncs, syncs + 1);
  ASSERT_TRUE(log_->Flush(Durability::kDurable).ok());
  EXPECT_EQ(log_->stats().syncs, syncs + 1) << "there was nothing to sync";
}

TEST_P(EventLogContract, ABatchTellsWhenItWasAppended) {
  Open();
  clock_.Advance(absl::Seconds(5));
  const int64_t first = absl::ToUnixNanos(clock_.Now());
  Append({"a"});
  clock_.Advance(absl::Seconds(5));
  Append({"b"});
  const auto batches = log_->Read(1, kNoLimit);
  ASSERT_TRUE(batches.ok());
  ASSERT_EQ(batches->size(), 2u);
  EXPECT_EQ((*batches)[0].append_unix_nanos, first);
  EXPECT_EQ((*batches)[1].append_unix_nanos, first + 5'000'000'000);
}

// ---- Sources and dedupe ----

TEST_P(EventLogContract, AnAppendWithoutEventsRecordsTheRest) {
  Open();
  Append({"a"});
  AppendRequest request;
  SourceUpdate update;
  update.name = "in";
  update.checkpoint = "here";
  update.added.set_received(2);
  update.added.set_dead_lettered(2);
  request.sources.push_back(update);
  request.dead_letters = {DeadLetter("bad"), DeadLetter("worse")};
  const auto result = log_->Append(std::move(request), Durability::kDurable);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->first_sequence, 2u);
  EXPECT_EQ(log_->stats().next_sequence, 2u);
  EXPECT_EQ(log_->Sources().at(0).state.checkpoint(), "here");
  EXPECT_EQ(log_->stats().dead_letters, 2u);
  EXPECT_EQ(DeadLetterIds(), std::vector<uint64_t>({1, 2}));
}

TEST_P(EventLogContract, SourcesKeepTheirCheckpointAndAddUpCounters) {
  Open();
  AppendRequest request;
  SourceUpdate update;
  update.name = "in";
  update.checkpoint = "1";
  update.added.set_received(3);
  update.added.set_stored(2);
  update.added.set_duplicate(1);
  request.sources.push_back(update);
  update.checkpoint = std::nullopt;
  request.sources.push_back(update);
  update.name = "other";
  request.sources.push_back(update);
  ASSERT_TRUE(log_->Append(request, Durability::kBuffered).ok());
  ASSERT_TRUE(log_->Append(request, Durability::kBuffered).ok());
  const auto sources = log_->Sources();
  ASSERT_EQ(sources.size(), 2u);
  EXPECT_EQ(sources[0].name, "in");
  EXPECT_EQ(sources[0].state.checkpoint(), "1");
  EXPECT_EQ(sources[0].state.counters().received(), 12u);
  EXPECT_EQ(sources[0].state.counters().stored(), 8u);
  EXPECT_EQ(sources[0].state.counters().duplicate(), 4u);
  EXPECT_FALSE(sources[1].state.has_checkpoint());
}

TEST_P(EventLogContract, DedupeKeysComeBackOldestFirstUntilTheyExpire) {
  options_.dedupe_window = absl::Hours(1);
  Open();
  const auto append = [this](std::vector<DedupeKey> keys) {
    AppendRequest request;
    request.dedupe_keys = std::move(keys);
    ASSERT_TRUE(log_->Append(std::move(request), Durability::kBuffered).ok());
  };
  const auto keys = [this] {
    std::vector<uint64_t> low;
    absl::Time last = absl::InfinitePast();
    EXPECT_TRUE(log_->ForEachDedupeKey([&](absl::Time time, DedupeKey key) {
                      EXPECT_GE(time, last);
                      EXPECT_EQ(key.high, key.low + 1);
                      last = time;
                      low.push_back(key.low);
                    })
                    .ok());
    return low;
  };
  append({{11, 10}, {21, 20}});
  append({{6, 5}});
  clock_.Advance(absl::Minutes(40));
  append({{2, 1}});
  EXPECT_EQ(keys(), std::vector<uint64_t>({10, 20, 5, 1}));
  clock_.Advance(absl::Minutes(40));
  EXPECT_EQ(keys(), std::vector<uint64_t>({1}));
  append({});
  EXPECT_EQ(keys(), std::vector<uint64_t>({1}));
  clock_.Advance(absl::Minutes(40));
  EXPECT_TRUE(keys().empty());
}

// ---- Dead letters ----

TEST_P(EventLogContract, DeadLettersAreListedByIdAndDeleted) {
  Open();
  OpenCursor("out");
  Append({"a", "b"});
  AppendRequest request;
  request.dead_letters = {DeadLetter("1"), DeadLetter("2")};
  ASSERT_TRUE(log_->Append(std::move(request), Durability::kBuffered).ok());
  CursorCommit commit;
  commit.cursor = "out";
  commit.completed = {{1, 2, Completion::kDeadLettered}};
  commit.dead_letters = {DeadLetter("3"), DeadLetter("4")};
  ASSERT_TRUE(log_->Commit(commit).ok());
  EXPECT_EQ(DeadLetterIds(), std::vector<uint64_t>({1, 2, 3, 4}));
  Flush();
  EXPECT_EQ(DeadLetterIds(), std::vector<uint64_t>({1, 2, 3, 4}));
  EXPECT_EQ(log_->stats().dead_letters, 4u);
  const auto some = log_->ListDeadLetters(2, 2);
  ASSERT_TRUE(some.ok());
  ASSERT_EQ(some->size(), 2u);
  EXPECT_EQ(some->at(0).message(), "2");
  EXPECT_EQ(some->at(1).message(), "3");
  ASSERT_TRUE(log_->DeleteDeadLetters({2, 4, 4, 17}).ok());
  EXPECT_EQ(DeadLetterIds(), std::vector<uint64_t>({1, 3}));
  EXPECT_EQ(log_->stats().dead_letters, 2u);
  ASSERT_TRUE(log_->DeleteDeadLetters({1, 3}).ok());
  EXPECT_EQ(log_->stats().dead_letters, 0u);
  EXPECT_EQ(log_->stats().dead_letter_bytes, 0u);
}

TEST_P(EventLogContract, ADeadLetterCanBeDeletedBeforeItIsWritten) {
  Open();
  OpenCursor("out");
  CursorCommit commit;
  commit.cursor = "out";
  commit.dead_letters = {DeadLetter("1"), DeadLetter("2")};
  ASSERT_TRUE(log_->Commit(commit).ok());
  ASSERT_TRUE(log_->DeleteDeadLetters({1}).ok());
  EXPECT_EQ(DeadLetterIds(), std::vector<uint64_t>({2}));
  EXPECT_EQ(log_->stats().dead_letters, 1u);
}

TEST_P(EventLogContract, DeadLetterIdsAreNeverUsedAgain) {
  Open();
  AppendRequest request;
  request.dead_letters = {DeadLetter("1"), DeadLetter("2")};
  ASSERT_TRUE(log_->Append(request, Durability::kBuffered).ok());
  ASSERT_TRUE(log_->DeleteDeadLetters({1, 2}).ok());
  if (harness_->persists()) Open();
  ASSERT_TRUE(log_->Append(request, Durability::kBuffered).ok());
  EXPECT_EQ(DeadLetterIds(), std::vector<uint64_t>({3, 4}));
}

// ---- Listeners ----

TEST_P(EventLogContract, AppendListenersHearTheNewEndUntilRemoved) {
  Open();
  std::vector<Sequence> first;
  std::vector<Sequence> second;
  const uint64_t id = log_->AddAppendListener(
      [&first](Sequence next) { first.push_back(next); });
  log_->AddAppendListener([&second](Sequence next) { second.push_back(next); });
  Append({"a", "b"});
  ASSERT_TRUE(log_->Append(AppendRequest(), Durability::kBuffered).ok());
  log_->RemoveAppendListener(id);
  Append({"c"});
  EXPECT_EQ(first, std::vector<Sequence>({3}));
  EXPECT_EQ(second, std::vector<Sequence>({3, 4}));
}

TEST_P(EventLogContract, TheSpaceListenerHearsOfFreedSpaceUntilRemoved) {
  options_.max_bytes = 1 << 20;
  Open();
  OpenCursor("out");
  int calls = 0;
  log_->SetSpaceListener([&calls] { ++calls; });
  Append({"a", "b"});
  Commit("out", 1, 1);
  EXPECT_EQ(calls, 0) << "half a batch frees nothing";
  Commit("out", 2, 2);
  Flush();
  EXPECT_GE(calls, 1);
  calls = 0;
  Append({"c"});
  ASSERT_TRUE(log_->TrimOldest(uint64_t{2} << 20).ok());
  EXPECT_GE(calls, 1);
  log_->SetSpaceListener(nullptr);
  calls = 0;
  Append({"d"});
  ASSERT_TRUE(log_->TrimOldest(uint64_t{2} << 20).ok());
  EXPECT_EQ(calls, 0);
}

// ---- Opening again ----

TEST_P(EventLogContract, EverythingWrittenIsThereAgain) {
  if (!harness_->persists()) GTEST_SKIP();
  Open();
  OpenCursor("out");
  OpenCursor("parked");
  ASSERT_TRUE(log_->ParkCursor("parked").ok());
  Append({"a", "b"});
  AppendRequest request;
  request.batches = {Batch({"c"}), Batch({"d", "e"})};
  SourceUpdate update;
  update.name = "in";
  update.checkpoint = "there";
  update.added.set_received(3);
  request.sources.push_back(update);
  request.dedupe_keys = {{1, 2}, {3, 4}};
  request.dead_letters = {DeadLetter("x")};
  ASSERT_TRUE(log_->Append(std::move(request), Durability::kBuffered).ok());
  Commit("out", 1, 2);
  Commit("out", 4, 4);
  Flush();
  const CursorInfo cursor = Cursor("out");
  const LogStats stats = log_->stats();
  Open();
  EXPECT_EQ(Read(), Ids({"c", "d", "e"}));
  EXPECT_EQ(Cursor("out").state.SerializeAsString(),
            cursor.state.SerializeAsString());
  EXPECT_EQ(Cursor("out").waiting, 2u);
  EXPECT_TRUE(Cursor("parked").state.parked());
  EXPECT_EQ(log_->Sources().at(0).state.checkpoint(), "there");
  EXPECT_EQ(log_->Sources().at(0).state.counters().received(), 3u);
  EXPECT_EQ(log_->stats().first_sequence, stats.first_sequence);
  EXPECT_EQ(log_->stats().next_sequence, stats.next_sequence);
  EXPECT_EQ(log_->stats().stored_bytes, stats.stored_bytes);
  EXPECT_EQ(log_->stats().dead_letters, 1u);
  EXPECT_EQ(log_->stats().dead_letter_bytes, stats.dead_letter_bytes);
  int keys = 0;
  ASSERT_TRUE(
      log_->ForEachDedupeKey([&keys](absl::Time, DedupeKey) { ++keys; }).ok());
  EXPECT_EQ(keys, 2);
  EXPECT_EQ(Append({"f"}), 6u);
  Commit("out", 3, 3);
  Commit("out", 5, 6);
  Flush();
  EXPECT_EQ(log_->stats().stored_bytes, 0u);
  ExpectConservation();
}

TEST_P(EventLogContract, ProgressIsWrittenWithTheNextWriteAndNotBefore) {
  if (!harness_->persists()) GTEST_SKIP();
  Open();
  OpenCursor("out");
  Append({"a", "b", "c"});
  Commit("out", 1, 1);
  CrashAndOpen();
  EXPECT_EQ(Cursor("out").waiting, 3u);
  CursorCommit commit;
  commit.cursor = "out";
  commit.completed = {{1, 2, Completion::kDeadLettered}};
  commit.dead_letters = {DeadLetter("1"), DeadLetter("2")};
  ASSERT_TRUE(log_->Commit(commit).ok());
  Append({"d"});
  CrashAndOpen();
  EXPECT_EQ(Cursor("out").waiting, 2u);
  EXPECT_EQ(Cursor("out").state.counters().dead_lettered(), 2u);
  EXPECT_EQ(log_->stats().dead_letters, 2u);
  Commit("out", 3, 3);
  Flush();
  CrashAndOpen();
  EXPECT_EQ(Cursor("out").waiting, 1u);
  ExpectConservation();
}

TEST_P(EventLogContract, BufferedEventsSurviveACrashOfTheProcess) {
  if (!harness_->persists()) GTEST_SKIP();
  Open();
  AppendSingles(50);
  CrashAndOpen();
  EXPECT_EQ(Read().size(), 50u);
}

TEST_P(EventLogContract, AnOldBacklogIsReclaimedAfterOpening) {
  if (!harness_->persists()) GTEST_SKIP();
  Open();
  OpenCursor("out");
  for (int i = 0; i < 20; ++i) Append({"a", "b", "c"});
  Open();
  Commit("out", 1, 31);
  Flush();
  EXPECT_EQ(log_->stats().first_sequence, 31u);
  EXPECT_EQ(Read().size(), 30u);
  EXPECT_EQ(*log_->TrimOldest(uint64_t{1} << 40), 30u);
  EXPECT_EQ(log_->stats().stored_bytes, 0u);
  Open();
  EXPECT_TRUE(Read().empty());
  EXPECT_EQ(Append({"next"}), 61u);
  ExpectConservation();
}

// ---- Threads ----

TEST_P(EventLogContract, OneWriterManyReadersAndCommitters) {
  options_.tail_bytes = 10'000;
  Open();
  constexpr int kSinks = 3;
  constexpr Sequence kEvents = 3000;
  for (int i = 0; i < kSinks; ++i) OpenCursor(absl::StrCat("sink", i));
  std::atomic<bool> failed = false;
  std::vector<std::thread> sinks;
  for (int i = 0; i < kSinks; ++i) {
    sinks.emplace_back([this, i, &failed] {
      const std::string name = absl::StrCat("sink", i);
      for (Sequence from = 1; from <= kEvents && !failed;) {
        const auto batches = log_->Read(from, 4000);
        if (!batches.ok()) {
          failed = true;
          break;
        }
        for (const LogBatch& batch : *batches) {
          const Sequence last = batch.first_sequence + batch.events->size() - 1;
          if (batch.first_sequence != from ||
              batch.events->event(0).id() != absl::StrCat(from)) {
            failed = true;
          }
          CursorCommit commit;
          commit.cursor = name;
          commit.completed = {{from, last, Completion::kDelivered}};
          if (!log_->Commit(std::move(commit)).ok()) failed = true;
          from = last + 1;
        }
      }
    });
  }
  for (Sequence next = 1; next <= kEvents && !failed;) {
    Ids ids;
    for (; ids.size() < 1 + next % 7 && next <= kEvents; ++next) {
      ids.push_back(absl::StrCat(next));
    }
    Append(ids);
  }
  for (std::thread& sink : sinks) sink.join();
  EXPECT_FALSE(failed);
  Flush();
  EXPECT_EQ(log_->stats().stored_bytes, 0u);
  for (int i = 0; i < kSinks; ++i) {
    EXPECT_EQ(Cursor(absl::StrCat("sink", i)).state.counters().delivered(),
              kEvents);
  }
  EXPECT_EQ(log_->stats().corrupt_events, 0u);
  ExpectConservation();
}

}  // namespace
}  // namespace sluice
