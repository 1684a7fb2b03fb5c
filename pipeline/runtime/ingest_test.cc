#include "pipeline/runtime/ingest.h"

#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "storage/base/clock.h"
#include "storage/log/memory_event_log.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

class RecordingHealth final : public HealthReporter {
 public:
  void Report(Health health) override { last = std::move(health); }
  Health last;
};

// A log that refuses writes when told to.
class FailingLog final : public MemoryEventLog {
 public:
  using MemoryEventLog::MemoryEventLog;
  absl::StatusOr<AppendResult> Append(const AppendRequest& request,
                                      Durability durability) override {
    if (!append_status.ok()) return append_status;
    last_durability = durability;
    ++appends;
    return MemoryEventLog::Append(request, durability);
  }
  absl::Status Flush(Durability durability) override {
    if (!flush_status.ok()) return flush_status;
    last_flush = durability;
    return MemoryEventLog::Flush(durability);
  }
  std::optional<Durability> last_flush;
  absl::Status append_status;
  absl::Status flush_status;
  Durability last_durability = Durability::kBuffered;
  int appends = 0;
};

using Ids = std::vector<std::string>;

class IngestTest : public testing::Test {
 protected:
  IngestTest() : bits_(random_) {
    sources_.push_back({"in", config::v1::DURABLE, true, &executor_});
  }
  ~IngestTest() override { ingest_.reset(); }

  void StartIngest(std::vector<std::unique_ptr<Transform>> transforms = {}) {
    log_ = std::make_unique<FailingLog>(log_options_, Clock::Real());
    queue_ = std::make_unique<EventQueue>(1 << 20, [this] { ingest_->Wake(); });
    for (size_t i = 0; i < sources_.size(); ++i) {
      producers_.push_back(queue_->AddProducer(
          i, &executor_, sources_[i].acknowledge == config::v1::RECEIVED));
    }
    Ingest::Parts parts;
    parts.executor = &executor_;
    parts.queue = queue_.get();
    parts.log = log_.get();
    parts.health = &health_;
    parts.random = &bits_;
    parts.transforms = std::make_unique<TransformChain>(std::move(transforms));
    parts.metrics = &metrics_;
    parts.pipeline = "office";
    parts.dedupe = dedupe_.get();
    ingest_ = std::make_unique<Ingest>(options_, sources_, std::move(parts));
  }

  Emission MakeEmission(const Ids& ids) const {
    EventBatchBuilder builder;
    for (const std::string& id : ids) builder.Add({.id = id, .data = data_});
    Emission emission;
    emission.events = builder.Build();
    return emission;
  }

  // A log that some hundred events fill.
  void MakeLogSmall() {
    log_options_.max_bytes = 1 << 20;
    options_.max_group_bytes = 100'000;
    data_.resize(3000);
    for (char& c : data_) c = static_cast<char>(random_());
  }

  // Emits, and notes the acknowledgement under the first id.
  void Emit(const Ids& ids, std::optional<std::string> checkpoint = {},
            size_t source = 0) {
    Emission emission = MakeEmission(ids);
    emission.checkpoint = std::move(checkpoint);
    emission.on_acknowledged = [this, id = ids.at(0)](absl::Status status) {
      acknowledged_.emplace(id, status);
    };
    ASSERT_TRUE(producers_[source]->TryEmit(emission));
  }

  Ids Stored() {
    Ids ids;
    const auto batches = log_->Read(1, 1 << 30);
    for (const LogBatch& batch : *batches) {
      for (size_t i = 0; i < batch.events->size(); ++i) {
        ids.emplace_back(batch.events->event(i).id());
      }
    }
    return ids;
  }

  storage::v1::SourceCounters Counters(size_t source = 0) {
    for (const SourceInfo& info : log_->Sources()) {
      if (info.name == sources_[source].name) return info.state.counters();
    }
    return {};
  }

  ManualExecutor executor_;
  std::mt19937_64 random_{7};
  absl::BitGenRef bits_;
  LogOptions log_options_;
  // Of every event.
  std::string data_ = std::string(100, 'x');
  IngestOptions options_;
  std::vector<IngestSource> sources_;
  RecordingHealth health_;
  std::unique_ptr<FailingLog> log_;
  std::unique_ptr<EventQueue> queue_;
  std::vector<EventQueue::Producer*> producers_;
  MetricRegistry metrics_;
  std::unique_ptr<DedupeIndex> dedupe_ =
      std::make_unique<DedupeIndex>(absl::Hours(1), 1000);
  std::unique_ptr<Ingest> ingest_;
  std::map<std::string, absl::Status> acknowledged_;
};

TEST_F(IngestTest, StoresALoneEventAtOnce) {
  StartIngest();
  Emit({"a"}, "checkpoint 1");
  EXPECT_TRUE(acknowledged_.empty());
  executor_.RunReady();
  EXPECT_EQ(Stored(), Ids{"a"});
  EXPECT_EQ(acknowledged_.at("a"), absl::OkStatus());
  EXPECT_EQ(log_->last_durability, Durability::kDurable);
  EXPECT_EQ(log_->Sources().at(0).state.checkpoint(), "checkpoint 1");
  EXPECT_EQ(queue_->used_bytes(), 0u);
}

TEST_F(IngestTest, StoresEverythingThatWaitsInOneWrite) {
  StartIngest();
  for (int i = 0; i < 50; ++i) Emit({std::to_string(i)});
  executor_.RunReady();
  EXPECT_EQ(log_->appends, 1);
  EXPECT_EQ(Stored().size(), 50u);
  EXPECT_EQ(acknowledged_.size(), 50u);
}

TEST_F(IngestTest, StampsEventsWithTheirIngestTime) {
  StartIngest();
  Emit({"a"});
  executor_.RunReady();
  const auto batches = log_->Read(1, 1);
  EXPECT_EQ(batches->at(0).events->event(0).ingest_time(), executor_.Now());
}

// Events of a kibibyte, with room for a time of ingest.
EventBatchPtr LargeBatch(const Ids& ids) {
  const std::string data(1024, 'y');
  EventBatchBuilder builder;
  builder.LeaveRoomForIngestTime();
  for (const std::string& id : ids) {
    builder.Add({.id = id, .data = data, .time_unix_nanos = 1});
  }
  return builder.Build();
}

Ids Numbers(int count) {
  Ids ids;
  for (int i = 0; i < count; ++i) ids.push_back(std::to_string(i));
  return ids;
}

class IngestWholeTest : public IngestTest {
 protected:
  void SetUp() override {
    sources_[0].may_repeat = false;
    StartIngest();
  }

  // Whether the batch is in the log as it lay in memory. All events are, in any
  // case.
  bool StoresAsItLies(EventBatchPtr batch) {
    const std::weak_ptr<const EventBatch> handed_over = batch;
    const size_t size = batch->size();
    const uint64_t before = Counters().stored();
    const Sequence next = log_->stats().next_sequence;
    Emission emission;
    emission.events = std::move(batch);
    EXPECT_TRUE(producers_[0]->TryEmit(emission));
    executor_.RunReady();
    EXPECT_EQ(Counters().stored() - before + Counters().dead_lettered(), size);
    const auto stored = log_->Read(next, 1 << 30);
    for (const LogBatch& one : *stored) {
      for (size_t i = 0; i < one.events->size(); ++i) {
        EXPECT_EQ(one.events->event(i).ingest_time(), executor_.Now());
      }
    }
    return stored->at(0).events == handed_over.lock();
  }
};

TEST_F(IngestWholeTest, ALargeBatchIsStoredAsItLies) {
  EXPECT_TRUE(StoresAsItLies(LargeBatch(Numbers(100))));
  EXPECT_EQ(Stored(), Numbers(100));
}

TEST_F(IngestWholeTest, ALargeBatchKeepsItsPlaceAmongOthers) {
  Emission large;
  large.events = LargeBatch(Numbers(100));
  Emit({"before"});
  ASSERT_TRUE(producers_[0]->TryEmit(large));
  Emit({"behind"});
  executor_.RunReady();
  EXPECT_EQ(log_->appends, 1);
  Ids expected = Numbers(100);
  expected.insert(expected.begin(), "before");
  expected.push_back("behind");
  EXPECT_EQ(Stored(), expected);
  EXPECT_EQ(acknowledged_.size(), 2u);
}

TEST_F(IngestWholeTest, ASmallBatchIsGathered) {
  EXPECT_FALSE(StoresAsItLies(LargeBatch(Numbers(10))));
}

TEST_F(IngestWholeTest, ABatchLargerThanARecordIsDivided) {
  EXPECT_FALSE(StoresAsItLies(LargeBatch(Numbers(600))));
  EXPECT_EQ(Stored(), Numbers(600));
}

TEST_F(IngestWholeTest, ABatchThatSomebodyElseHoldsIsCopied) {
  const EventBatchPtr batch = LargeBatch(Numbers(100));
  EXPECT_FALSE(StoresAsItLies(batch));
  EXPECT_EQ(batch->event(0).ingest_time_unix_nanos(), 0);
}

TEST_F(IngestWholeTest, ABatchWithARefusedEventIsCopied) {
  Ids ids = Numbers(100);
  ids[50] = "";
  EXPECT_FALSE(StoresAsItLies(LargeBatch(ids)));
  EXPECT_EQ(Counters().dead_lettered(), 1u);
  EXPECT_EQ(Stored().size(), 99u);
}

TEST_F(IngestWholeTest, ABatchWithoutTimesOrRoomIsCopied) {
  for (bool room : {false, true}) {
    EventBatchBuilder builder;
    if (room) builder.LeaveRoomForIngestTime();
    const std::string data(100'000, 'y');
    builder.Add({.id = "a", .data = data, .time_unix_nanos = room ? 0 : 1});
    EXPECT_FALSE(StoresAsItLies(builder.Build()));
  }
}

TEST_F(IngestTest, SyncsOnlyForLevelsThatNeedIt) {
  sources_[0].acknowledge = config::v1::BUFFERED;
  StartIngest();
  Emit({"a"});
  executor_.RunReady();
  EXPECT_EQ(log_->last_durability, Durability::kBuffered);
  EXPECT_EQ(acknowledged_.at("a"), absl::OkStatus());
}

TEST_F(IngestTest, AcknowledgesReceivedEventsBeforeTheyAreStored) {
  sources_[0].acknowledge = config::v1::RECEIVED;
  StartIngest();
  log_->append_status = absl::UnavailableError("disk");
  Emit({"a"});
  executor_.RunReady();
  EXPECT_EQ(acknowledged_.at("a"), absl::OkStatus());
}

TEST_F(IngestTest, AcknowledgesDeliveredEventsWhenEverySinkIsDone) {
  sources_[0].acknowledge = config::v1::DELIVERED;
  StartIngest();
  ASSERT_TRUE(log_->OpenCursor("one", true).ok());
  ASSERT_TRUE(log_->OpenCursor("two", true).ok());
  Emit({"a"});
  Emit({"b"});
  executor_.RunReady();
  EXPECT_TRUE(acknowledged_.empty());
  auto deliver = [&](const char* sink, Sequence last) {
    ASSERT_TRUE(
        log_->Commit({sink, {{1, last, Completion::kDelivered}}, {}}).ok());
    ingest_->NotifyProgress();
    executor_.RunReady();
  };
  deliver("one", 2);
  EXPECT_TRUE(acknowledged_.empty());
  deliver("two", 1);
  EXPECT_EQ(acknowledged_.count("a"), 1u);
  EXPECT_EQ(acknowledged_.count("b"), 0u);
  deliver("two", 2);
  EXPECT_EQ(acknowledged_.count("b"), 1u);
}

TEST_F(IngestTest, WhatCameWhileTheDiskRefusedNeedsNoFurtherPush) {
  StartIngest();
  log_->append_status = absl::UnavailableError("disk full");
  Emit({"a"});
  executor_.RunReady();
  Emit({"b"});
  executor_.RunReady();
  log_->append_status = absl::OkStatus();
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(Stored(), (Ids{"a", "b"}));
  EXPECT_EQ(acknowledged_.size(), 2u);
}

TEST_F(IngestTest, ARepeatCountsAsDeliveredOnlyOnceItsFirstIs) {
  sources_[0].acknowledge = config::v1::DELIVERED;
  StartIngest();
  ASSERT_TRUE(log_->OpenCursor("one", true).ok());
  Emit({"a"});
  executor_.RunReady();
  // The sender has heard nothing and sends it again.
  Emission repeat = MakeEmission({"a"});
  bool acknowledged = false;
  repeat.on_acknowledged = [&](absl::Status) { acknowledged = true; };
  ASSERT_TRUE(producers_[0]->TryEmit(repeat));
  executor_.RunReady();
  EXPECT_FALSE(acknowledged);
  ASSERT_TRUE(log_->Commit({"one", {{1, 1, Completion::kDelivered}}, {}}).ok());
  ingest_->NotifyProgress();
  executor_.RunReady();
  EXPECT_TRUE(acknowledged);
}

TEST_F(IngestTest, DropsRepeatsByIdAndCountsThem) {
  StartIngest();
  Emit({"a", "b", "a"});
  Emit({"b", "c"});
  executor_.RunReady();
  EXPECT_EQ(Stored(), (Ids{"a", "b", "c"}));
  EXPECT_EQ(Counters().received(), 5u);
  EXPECT_EQ(Counters().stored(), 3u);
  EXPECT_EQ(Counters().duplicate(), 2u);
}

TEST_F(IngestTest, KeepsRepeatsOfASourceThatNeverRepeats) {
  sources_[0].may_repeat = false;
  StartIngest();
  Emit({"a", "a"});
  executor_.RunReady();
  EXPECT_EQ(Stored(), (Ids{"a", "a"}));
}

TEST_F(IngestTest, KeepsBadInputAsDeadLettersAndGoesOn) {
  StartIngest();
  Emission emission = MakeEmission({"a", "", "c"});
  emission.malformed.push_back({"{oops", "malformed_json", "no brace"});
  ASSERT_TRUE(producers_[0]->TryEmit(emission));
  executor_.RunReady();
  EXPECT_EQ(Stored(), (Ids{"a", "c"}));
  const auto letters = log_->ListDeadLetters(0, 10);
  ASSERT_EQ(letters->size(), 2u);
  EXPECT_EQ((*letters)[0].reason(), "malformed_json");
  EXPECT_EQ((*letters)[1].reason(), "no_id");
  EXPECT_EQ(Counters().received(), 4u);
  EXPECT_EQ(Counters().dead_lettered(), 2u);
}

TEST_F(IngestTest, CountsFilteredAndAddedEvents) {
  class Odd final : public Transform {
   public:
    absl::Status Apply(const EventView& event,
                       TransformOutput& output) override {
      if (event.id() == "twice") output.Pass(event);
      if (event.id() == "fail") return absl::InvalidArgumentError("no value");
      if (event.id() != "none") output.Pass(event);
      return absl::OkStatus();
    }
  };
  std::vector<std::unique_ptr<Transform>> transforms;
  transforms.push_back(std::make_unique<Odd>());
  StartIngest(std::move(transforms));
  Emit({"once", "twice", "none", "fail"});
  executor_.RunReady();
  EXPECT_EQ(Stored(), (Ids{"once", "twice", "twice"}));
  EXPECT_EQ(Counters().received(), 4u);
  EXPECT_EQ(Counters().stored(), 3u);
  EXPECT_EQ(Counters().added(), 1u);
  EXPECT_EQ(Counters().filtered(), 1u);
  EXPECT_EQ(Counters().dead_lettered(), 1u);
  EXPECT_EQ(log_->ListDeadLetters(0, 10)->at(0).message(), "no value");
}

TEST_F(IngestTest, SplitsAGroupIntoRecordsOfBoundedSize) {
  options_.max_batch_events = 4;
  StartIngest();
  Emit({"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"});
  executor_.RunReady();
  const auto batches = log_->Read(1, 1 << 30);
  ASSERT_EQ(batches->size(), 3u);
  EXPECT_EQ((*batches)[0].events->size(), 4u);
  EXPECT_EQ((*batches)[2].events->size(), 2u);
}

TEST_F(IngestTest, KeepsTryingWhenTheDiskRefusesAndAcknowledgesOnlyThen) {
  StartIngest();
  log_->append_status = absl::UnavailableError("no space left on device");
  Emit({"a"});
  executor_.Advance(absl::Minutes(1));
  EXPECT_TRUE(acknowledged_.empty());
  EXPECT_EQ(health_.last.state, HealthState::kDegraded);
  EXPECT_GT(queue_->used_bytes(), 0u) << "still charged, so sources stop";
  log_->append_status = absl::OkStatus();
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(acknowledged_.at("a"), absl::OkStatus());
  EXPECT_EQ(Stored(), Ids{"a"});
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
}

TEST_F(IngestTest, TellsWhetherTheDiskTakesWrites) {
  StartIngest();
  Gauge* const writable =
      metrics_.gauge("log_writable", {{"pipeline", "office"}});
  EXPECT_EQ(writable->value(), 1);
  log_->append_status = absl::UnavailableError("no space left on device");
  Emit({"a"});
  executor_.RunReady();
  EXPECT_EQ(writable->value(), 0);
  log_->append_status = absl::OkStatus();
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(writable->value(), 1);
}

TEST_F(IngestTest, RecoversWithTheFirstWriteThatGoesThrough) {
  StartIngest();
  log_->flush_status = absl::UnavailableError("no space left on device");
  ingest_->NotifyProgress();
  executor_.RunReady();
  EXPECT_EQ(health_.last.state, HealthState::kDegraded);
  // No event comes; only the progress of a sink waits to be written.
  log_->flush_status = absl::OkStatus();
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
}

TEST_F(IngestTest, CountsDeadLettersByReasonOnceTheyAreStored) {
  StartIngest();
  Counter* const malformed = metrics_.counter("source_dead_letters_total",
                                              {{"component", "in"},
                                               {"pipeline", "office"},
                                               {"reason", "malformed_json"}});
  log_->append_status = absl::UnavailableError("no space left on device");
  Emission emission = MakeEmission({"a"});
  emission.malformed.push_back({"{oops", "malformed_json", "no brace"});
  ASSERT_TRUE(producers_[0]->TryEmit(emission));
  executor_.Advance(absl::Minutes(1));
  EXPECT_EQ(malformed->value(), 0u);
  log_->append_status = absl::OkStatus();
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(malformed->value(), 1u);
}

TEST_F(IngestTest, ADrainWaitsForWhatTheDiskRefuses) {
  StartIngest();
  log_->append_status = absl::UnavailableError("no space left on device");
  Emit({"a"});
  std::optional<absl::Status> drained;
  ingest_->Drain([&](absl::Status status) { drained = status; });
  executor_.Advance(absl::Minutes(1));
  EXPECT_FALSE(drained.has_value());
  log_->append_status = absl::OkStatus();
  executor_.Advance(absl::Seconds(10));
  EXPECT_EQ(drained, absl::OkStatus());
  EXPECT_EQ(Stored(), Ids{"a"});
}

TEST_F(IngestTest, WaitsForRoomWhenTheLogIsFull) {
  MakeLogSmall();
  StartIngest();
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  int emitted = 0;
  for (; health_.last.state != HealthState::kDegraded; ++emitted) {
    ASSERT_LT(emitted, 1'000);
    Emit({std::to_string(emitted)});
    executor_.RunReady();
  }
  EXPECT_EQ(acknowledged_.size(), static_cast<size_t>(emitted - 1));
  // The sink takes everything: there is room, and the event that waited goes
  // in.
  const Sequence last = log_->stats().next_sequence - 1;
  ASSERT_TRUE(
      log_->Commit({"out", {{1, last, Completion::kDelivered}}, {}}).ok());
  ingest_->NotifyProgress();
  executor_.RunReady();
  EXPECT_EQ(acknowledged_.size(), static_cast<size_t>(emitted));
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
}

TEST_F(IngestTest, DropsTheNewestWhenToldToAndCountsThem) {
  MakeLogSmall();
  options_.overflow = config::v1::DROP_NEWEST;
  StartIngest();
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  constexpr uint64_t kCount = 1'000;
  for (uint64_t i = 0; i < kCount; ++i) {
    Emit({std::to_string(i)});
    executor_.RunReady();
  }
  EXPECT_EQ(Counters().received(), kCount);
  EXPECT_GT(Counters().dropped(), 0u);
  EXPECT_EQ(Counters().stored() + Counters().dropped(), kCount);
  EXPECT_EQ(Stored().size(), Counters().stored());
  EXPECT_EQ(Stored().at(0), "0");
}

TEST_F(IngestTest, DropsTheOldestWhenToldToAndCountsThemForTheSink) {
  MakeLogSmall();
  options_.overflow = config::v1::DROP_OLDEST;
  StartIngest();
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  constexpr uint64_t kCount = 1'000;
  for (uint64_t i = 0; i < kCount; ++i) {
    Emit({std::to_string(i)});
    executor_.RunReady();
  }
  EXPECT_EQ(Counters().stored(), kCount);
  const CursorInfo cursor = log_->Cursors().at(0);
  EXPECT_GT(cursor.state.counters().dropped(), 0u);
  EXPECT_EQ(cursor.state.counters().dropped() + cursor.waiting, kCount);
  EXPECT_EQ(Stored().back(), std::to_string(kCount - 1));
}

TEST_F(IngestTest, DrainStoresEverythingThenReports) {
  StartIngest();
  for (int i = 0; i < 10; ++i) Emit({std::to_string(i)});
  absl::Status drained = absl::UnknownError("not yet");
  ingest_->Drain([&](absl::Status status) { drained = status; });
  executor_.RunReady();
  EXPECT_EQ(drained, absl::OkStatus());
  EXPECT_EQ(Stored().size(), 10u);
  EXPECT_EQ(log_->last_flush, Durability::kDurable);
}

TEST_F(IngestTest, AbandonAnswersEveryWaitingAcknowledgement) {
  StartIngest();
  log_->append_status = absl::UnavailableError("disk");
  Emit({"a"});
  executor_.RunReady();
  Emit({"b"});
  absl::Status drained;
  ingest_->Drain([&](absl::Status status) { drained = status; });
  ingest_->Abandon();
  executor_.RunReady();
  EXPECT_FALSE(acknowledged_.at("a").ok());
  EXPECT_FALSE(acknowledged_.at("b").ok());
  EXPECT_TRUE(absl::IsDeadlineExceeded(drained));
}

// The index outlives an ingest: what was never stored is no repeat.
TEST_F(IngestTest, WhatWasGivenUpIsStoredWhenItComesAgain) {
  for (const bool abandons : {true, false}) {
    StartIngest();
    Emit({"before"});
    executor_.RunReady();
    log_->append_status = absl::UnavailableError("disk");
    Emit({"a", "b"}, "behind a and b");
    executor_.RunReady();
    if (abandons) ingest_->Abandon();
    ingest_.reset();
    executor_.RunReady();
    log_->append_status = absl::OkStatus();
    producers_.clear();
    StartIngest();
    Emit({"before", "a", "b"}, "behind a and b");
    executor_.RunReady();
    EXPECT_EQ(Stored(), (Ids{"a", "b"})) << "in a log of its own";
    EXPECT_EQ(Counters().duplicate(), 1u);
    ingest_.reset();
    dedupe_ = std::make_unique<DedupeIndex>(absl::Hours(1), 1000);
    producers_.clear();
  }
}

}  // namespace
}  // namespace sluice
