#include "pipeline/runtime/delivery_stage.h"

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "pipeline/runtime/dead_letter.h"
#include "storage/base/clock.h"
#include "storage/log/memory_event_log.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

// A sink whose answers the test gives.
class ScriptedSink final : public Sink {
 public:
  struct Call {
    Delivery delivery;
    DeliverCallback done;
    std::vector<std::string> ids() const {
      std::vector<std::string> ids;
      for (const DeliveryItem& item : delivery.items) {
        ids.emplace_back(item.event.id());
      }
      return ids;
    }
  };

  SinkTraits traits() const override { return sink_traits; }
  absl::Status Start(const ComponentContext&) override {
    return absl::OkStatus();
  }
  void Deliver(Delivery delivery, DeliverCallback done) override {
    if (automatic) {
      done(automatic(delivery));
      return;
    }
    calls.push_back({std::move(delivery), std::move(done)});
  }
  void Stop(absl::AnyInvocable<void()> done) override {
    while (!calls.empty())
      Answer(DeliveryResult::All(Outcome::Unknown("stop")));
    done();
  }

  // Answers the oldest open call.
  void Answer(DeliveryResult result) {
    Call call = std::move(calls.front());
    calls.pop_front();
    call.done(std::move(result));
  }

  SinkTraits sink_traits;
  std::deque<Call> calls;
  std::function<DeliveryResult(const Delivery&)> automatic;
};

class RecordingHealth final : public HealthReporter {
 public:
  void Report(Health health) override { last = std::move(health); }
  Health last;
};

using Ids = std::vector<std::string>;

class DeliveryStageTest : public testing::Test {
 protected:
  DeliveryStageTest() : log_(LogOptions{}, Clock::Real()), bits_(random_) {
    sink_.sink_traits.max_in_flight = 1;
    sink_.sink_traits.max_batch_events = 10;
    options_.sink = "out";
  }

  ~DeliveryStageTest() override { stage_.reset(); }

  void StartStage() {
    const auto cursor = log_.OpenCursor("out", true);
    ASSERT_TRUE(cursor.ok());
    DeliveryStage::Parts parts;
    parts.executor = &executor_;
    parts.sink = &sink_;
    parts.log = &log_;
    parts.health = &health_;
    parts.metrics = &metrics_;
    parts.random = &bits_;
    parts.on_progress = [this] { ++progress_; };
    stage_ = std::make_unique<DeliveryStage>(options_, std::move(parts));
    stage_->Start(*cursor);
    executor_.RunReady();
  }

  // Appends one batch with these ids; "id@device" names the device.
  void Append(const Ids& ids) {
    EventBatchBuilder builder;
    for (const std::string& id : ids) {
      const size_t at = id.find('@');
      const std::string subject =
          at == std::string::npos ? "device" : id.substr(at + 1);
      builder.Add(
          {.id = id,
           .subject = subject,
           .time_unix_nanos = 7,
           .ingest_time_unix_nanos = absl::ToUnixNanos(executor_.Now())});
    }
    AppendRequest request;
    request.batches.push_back(builder.Build());
    ASSERT_TRUE(log_.Append(std::move(request), Durability::kDurable).ok());
    if (stage_ != nullptr) stage_->Wake();
    executor_.RunReady();
  }

  // Appends one batch with `count` events of 1 KiB of each subject, by turns.
  void AppendLarge(const std::vector<std::string>& subjects, int count) {
    const std::string data(1024, 'x');
    EventBatchBuilder builder;
    for (int i = 0; i < count; ++i) {
      for (const std::string& subject : subjects) {
        builder.Add({.id = "id", .subject = subject, .data = data});
      }
    }
    AppendRequest request;
    request.batches.push_back(builder.Build());
    ASSERT_TRUE(log_.Append(request, Durability::kDurable).ok());
  }

  // Of two lanes.
  static std::string SubjectOfAnotherLane(const std::string& subject) {
    EventBatchBuilder builder;
    builder.Add({.id = "id", .subject = subject});
    for (int i = 0; i < 100; ++i) {
      builder.Add({.id = "id", .subject = absl::StrCat("other", i)});
    }
    const EventBatchPtr events = builder.Build();
    size_t at = 1;
    while (events->subject_hash(at) % 2 == events->subject_hash(0) % 2) ++at;
    return std::string(events->event(at).subject());
  }

  // Puts an event back into the log for `sinks`, as a dead letter's.
  void Redrive(const storage::v1::DeadLetter& letter, const Ids& sinks) {
    const auto event = ReviveEvent(letter, sinks, executor_.Now());
    ASSERT_TRUE(event.ok()) << event.status();
    EventBatchBuilder builder;
    builder.AddWire(*event);
    AppendRequest request;
    request.batches.push_back(builder.Build());
    request.only_cursors = sinks;
    request.redriven_dead_letters = {letter.id()};
    const absl::Status status =
        log_.Append(request, Durability::kDurable).status();
    ASSERT_TRUE(status.ok()) << status;
    stage_->Wake();
    executor_.RunReady();
  }

  storage::v1::CursorState Cursor() { return log_.Cursors().at(0).state; }
  uint64_t Waiting() { return log_.Cursors().at(0).waiting; }
  std::vector<storage::v1::DeadLetter> DeadLetters() {
    // Dead letters are written with the next flush.
    EXPECT_TRUE(log_.Flush(Durability::kBuffered).ok());
    return *log_.ListDeadLetters(0, 1000);
  }

  ManualExecutor executor_;
  MemoryEventLog log_;
  ScriptedSink sink_;
  RecordingHealth health_;
  MetricRegistry metrics_;
  std::mt19937_64 random_{7};
  absl::BitGenRef bits_;
  DeliveryOptions options_;
  int progress_ = 0;
  std::unique_ptr<DeliveryStage> stage_;
};

TEST_F(DeliveryStageTest, DeliversWhatIsThereAndWhatComes) {
  Append({"a", "b"});
  StartStage();
  ASSERT_EQ(sink_.calls.size(), 1u);
  EXPECT_EQ(sink_.calls[0].ids(), (Ids{"a", "b"}));
  sink_.Answer(DeliveryResult::All(Outcome::Delivered()));
  EXPECT_EQ(Cursor().next_sequence(), 3u);
  EXPECT_EQ(Cursor().counters().delivered(), 2u);
  EXPECT_GT(progress_, 0);
  Append({"c"});
  ASSERT_EQ(sink_.calls.size(), 1u);
  EXPECT_EQ(sink_.calls[0].ids(), Ids{"c"});
}

TEST_F(DeliveryStageTest, RetriesInOrderAfterAWaitAndCountsAttempts) {
  Append({"a", "b", "c"});
  StartStage();
  DeliveryResult result;
  result.outcomes = {Outcome::Delivered(), Outcome::Retry("503"),
                     Outcome::Delivered()};
  sink_.Answer(std::move(result));
  EXPECT_EQ(Waiting(), 1u);
  EXPECT_EQ(health_.last.state, HealthState::kDegraded);
  EXPECT_TRUE(sink_.calls.empty()) << "waits before the retry";
  executor_.Advance(absl::Seconds(1));
  ASSERT_EQ(sink_.calls.size(), 1u);
  EXPECT_EQ(sink_.calls[0].ids(), Ids{"b"});
  EXPECT_EQ(sink_.calls[0].delivery.items[0].attempt, 2u);
  sink_.Answer(DeliveryResult::All(Outcome::Delivered()));
  EXPECT_EQ(Waiting(), 0u);
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
}

TEST_F(DeliveryStageTest, MeasuresAnswersAndTheAgeOfWhatIsDelivered) {
  Append({"a", "b", "c"});
  StartStage();
  executor_.Advance(absl::Seconds(2));
  DeliveryResult result;
  result.outcomes = {Outcome::Delivered(), Outcome::Retry("503"),
                     Outcome::Delivered()};
  sink_.Answer(std::move(result));
  const auto seconds = [this](const char* name) {
    return metrics_.histogram(name, {})->snapshot().seconds;
  };
  EXPECT_DOUBLE_EQ(seconds("sink_answer_seconds"), 2);
  EXPECT_DOUBLE_EQ(seconds("sink_event_latency_seconds"), 4);
  executor_.Advance(absl::Seconds(3));
  sink_.Answer(DeliveryResult::All(Outcome::Delivered()));
  EXPECT_DOUBLE_EQ(seconds("sink_event_latency_seconds"), 9);
}

TEST_F(DeliveryStageTest, CountsDeadLettersByReason) {
  Append({"a"});
  StartStage();
  sink_.Answer(DeliveryResult::All(Outcome::Rejected("too_large", "no")));
  EXPECT_EQ(
      metrics_.counter("sink_dead_letters_total", {{"reason", "too_large"}})
          ->value(),
      1u);
}

TEST_F(DeliveryStageTest, ObeysTheWaitThatTheDestinationAsksFor) {
  Append({"a"});
  StartStage();
  DeliveryResult result = DeliveryResult::All(Outcome::Retry("429"));
  result.retry_after = absl::Minutes(10);
  sink_.Answer(std::move(result));
  Append({"b"});
  executor_.Advance(absl::Minutes(10) - absl::Seconds(1));
  EXPECT_TRUE(sink_.calls.empty());
  executor_.Advance(absl::Seconds(2));
  ASSERT_EQ(sink_.calls.size(), 1u);
  EXPECT_EQ(sink_.calls[0].ids(), (Ids{"a", "b"}));
}

TEST_F(DeliveryStageTest, ARetryHoldsUpItsOwnLaneOnly) {
  sink_.sink_traits.max_in_flight = 8;
  sink_.sink_traits.max_batch_events = 1;
  options_.retry.initial = absl::Hours(100);
  options_.retry.max = absl::Hours(100);
  std::map<std::string, Ids> delivered;
  sink_.automatic = [&](const Delivery& delivery) {
    const std::string subject(delivery.items[0].event.subject());
    if (subject == "d0") return DeliveryResult::All(Outcome::Retry("stuck"));
    delivered[subject].emplace_back(delivery.items[0].event.id());
    return DeliveryResult::All(Outcome::Delivered());
  };
  Ids ids;
  for (int i = 0; i < 20; ++i) {
    for (int d = 0; d < 16; ++d) {
      ids.push_back(std::to_string(i) + "@d" + std::to_string(d));
    }
  }
  Append(ids);
  StartStage();
  executor_.Advance(absl::Seconds(1));
  // Devices in other lanes than d0's are through, each in order.
  EXPECT_GE(delivered.size(), 8u);
  for (const auto& [subject, got] : delivered) {
    ASSERT_EQ(got.size(), 20u) << subject;
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(got[i], std::to_string(i) + "@" + subject);
    }
  }
}

TEST_F(DeliveryStageTest, LanesDoNotDriftApartUnlessOneIsStuck) {
  sink_.sink_traits.max_in_flight = 2;
  const std::string slow = "d0";
  const std::string fast = SubjectOfAnotherLane(slow);
  constexpr size_t kBatches = 100;
  for (size_t i = 0; i < kBatches; ++i) AppendLarge({slow, fast}, 10);
  StartStage();
  const auto deliver_fast = [&] {
    size_t delivered = 0;
    for (size_t i = 0; i < sink_.calls.size();) {
      ScriptedSink::Call& call = sink_.calls[i];
      if (call.delivery.items[0].event.subject() == slow) {
        ++i;
        continue;
      }
      Sink::DeliverCallback done = std::move(call.done);
      delivered += call.delivery.items.size();
      sink_.calls.erase(sink_.calls.begin() + static_cast<ptrdiff_t>(i));
      done(DeliveryResult::All(Outcome::Delivered()));
      executor_.RunReady();
      i = 0;
    }
    return delivered;
  };
  // What was read at once, which is a mebibyte.
  const size_t at_first = deliver_fast();
  EXPECT_GT(at_first, 0u);
  EXPECT_LT(at_first, kBatches * 10 * 2 / 3);
  executor_.Advance(absl::Milliseconds(900));
  EXPECT_EQ(deliver_fast(), 0u);
  // No answer for so long: it is stuck, and the others go on.
  executor_.Advance(absl::Milliseconds(200));
  EXPECT_EQ(at_first + deliver_fast(), kBatches * 10);
}

TEST_F(DeliveryStageTest, BuriesARejectedEventAndDeliversTheOthers) {
  Append({"a", "b", "c"});
  StartStage();
  DeliveryResult result;
  result.outcomes = {Outcome::Delivered(),
                     Outcome::Rejected("too_large", "12 KB, 10 allowed"),
                     Outcome::Delivered()};
  sink_.Answer(std::move(result));
  EXPECT_EQ(Waiting(), 0u);
  EXPECT_EQ(Cursor().counters().delivered(), 2u);
  EXPECT_EQ(Cursor().counters().dead_lettered(), 1u);
  const auto letters = DeadLetters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].component(), "out");
  EXPECT_EQ(letters[0].reason(), "too_large");
  EXPECT_EQ(letters[0].sequence(), 2u);
  EXPECT_EQ(letters[0].attempts(), 1u);
  EXPECT_EQ(letters[0].last_error(), "12 KB, 10 allowed");
  EXPECT_EQ(EventView::Parse(letters[0].event())->id(), "b");
}

TEST_F(DeliveryStageTest, ADeadLetterSaysWhatWasTriedAndWhen) {
  options_.retry.max_attempts = 2;
  Append({"a"});
  StartStage();
  const absl::Time first = executor_.Now();
  sink_.Answer(DeliveryResult::All(Outcome::Retry("503 at first")));
  executor_.Advance(absl::Minutes(1));
  const absl::Time last = executor_.Now();
  sink_.Answer(DeliveryResult::All(Outcome::Retry("504 at last")));
  const auto letters = DeadLetters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].attempts(), 2u);
  EXPECT_EQ(letters[0].first_error(), "503 at first");
  EXPECT_EQ(letters[0].last_error(), "504 at last");
  EXPECT_EQ(letters[0].first_attempt_unix_nanos(), absl::ToUnixNanos(first));
  EXPECT_EQ(letters[0].last_attempt_unix_nanos(), absl::ToUnixNanos(last));
  EXPECT_EQ(letters[0].dead_unix_nanos(), absl::ToUnixNanos(last));
}

TEST_F(DeliveryStageTest, ARedrivenEventThatDiesAgainKeepsItsPast) {
  Append({"a"});
  StartStage();
  sink_.Answer(DeliveryResult::All(Outcome::Rejected("invalid", "first")));
  const auto before = DeadLetters();
  ASSERT_EQ(before.size(), 1u);
  Redrive(before[0], {"out"});
  ASSERT_EQ(sink_.calls.size(), 1u);
  EXPECT_EQ(sink_.calls[0].ids(), Ids({"a"})) << "the same id again";
  sink_.Answer(DeliveryResult::All(Outcome::Rejected("invalid", "second")));
  const auto after = DeadLetters();
  ASSERT_EQ(after.size(), 1u);
  EXPECT_EQ(after[0].message(), "second");
  EXPECT_EQ(after[0].sequence(), 2u);
  ASSERT_EQ(after[0].past_size(), 2);
  EXPECT_EQ(after[0].past(0).died().message(), "first");
  EXPECT_EQ(after[0].past(1).redriven().sinks(0), "out");
  EXPECT_EQ(after[0].event(), before[0].event());
  EXPECT_EQ(Cursor().counters().dead_lettered(), 2u);
  EXPECT_EQ(Waiting(), 0u);
}

TEST_F(DeliveryStageTest, LeavesAloneWhatIsRedrivenToAnother) {
  ASSERT_TRUE(log_.OpenCursor("z-other", true).ok());
  Append({"a"});
  StartStage();
  sink_.Answer(DeliveryResult::All(Outcome::Rejected("invalid", "no")));
  Redrive(DeadLetters().at(0), {"z-other"});
  EXPECT_TRUE(sink_.calls.empty());
  EXPECT_EQ(Cursor().counters().filtered(), 1u);
  EXPECT_EQ(Waiting(), 0u);
  Append({"b"});
  ASSERT_EQ(sink_.calls.size(), 1u);
  EXPECT_EQ(sink_.calls[0].ids(), Ids({"b"}));
}

TEST_F(DeliveryStageTest, ARedrivenEventHasItsWholeTimeAgain) {
  options_.retry.max_age = absl::Hours(1);
  Append({"a"});
  executor_.Advance(absl::Hours(2));
  StartStage();
  const auto letters = DeadLetters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].reason(), "expired");
  EXPECT_NE(letters[0].first_error(), "");
  EXPECT_NE(letters[0].first_attempt_unix_nanos(), 0);
  Redrive(letters[0], {"out"});
  ASSERT_EQ(sink_.calls.size(), 1u);
  sink_.Answer(DeliveryResult::All(Outcome::Delivered()));
  EXPECT_EQ(Cursor().counters().delivered(), 1u);
}

TEST_F(DeliveryStageTest, SplitsARefusedBatchUntilThePoisonIsAlone) {
  Ids delivered;
  sink_.automatic = [&](const Delivery& delivery) {
    for (const DeliveryItem& item : delivery.items) {
      if (item.event.id() == "poison") {
        return DeliveryResult::All(Outcome::Rejected("invalid", "400"));
      }
    }
    for (const DeliveryItem& item : delivery.items) {
      delivered.emplace_back(item.event.id());
    }
    return DeliveryResult::All(Outcome::Delivered());
  };
  Append({"a", "b", "c", "d", "poison", "e", "f"});
  StartStage();
  EXPECT_EQ(delivered, (Ids{"a", "b", "c", "d", "e", "f"}));
  EXPECT_EQ(Cursor().counters().dead_lettered(), 1u);
  EXPECT_EQ(Waiting(), 0u);
}

TEST_F(DeliveryStageTest, SendsAnUnknownEventAgainByDefault) {
  Append({"a"});
  StartStage();
  sink_.Answer(DeliveryResult::All(Outcome::Unknown("answer lost")));
  executor_.Advance(absl::Seconds(1));
  ASSERT_EQ(sink_.calls.size(), 1u);
  EXPECT_EQ(sink_.calls[0].delivery.items[0].attempt, 2u);
}

TEST_F(DeliveryStageTest, BuriesAnUnknownEventWhenToldTo) {
  options_.on_unknown = config::v1::DEAD_LETTER;
  Append({"a"});
  StartStage();
  sink_.Answer(DeliveryResult::All(Outcome::Unknown("answer lost")));
  EXPECT_EQ(Cursor().counters().dead_lettered(), 1u);
  EXPECT_EQ(DeadLetters().at(0).reason(), "unknown");
}

TEST_F(DeliveryStageTest, AnIdempotentSinkNeverBuriesUnknownEvents) {
  options_.on_unknown = config::v1::DEAD_LETTER;
  sink_.sink_traits.idempotent = true;
  Append({"a"});
  StartStage();
  sink_.Answer(DeliveryResult::All(Outcome::Unknown("answer lost")));
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(sink_.calls.size(), 1u);
}

TEST_F(DeliveryStageTest, EventsNotTriedComeAgainAtOnceWithoutAnAttempt) {
  Append({"a", "b"});
  StartStage();
  DeliveryResult result;
  result.outcomes = {Outcome::Delivered(), Outcome::NotTried()};
  sink_.Answer(std::move(result));
  ASSERT_EQ(sink_.calls.size(), 1u);
  EXPECT_EQ(sink_.calls[0].ids(), Ids{"b"});
  EXPECT_EQ(sink_.calls[0].delivery.items[0].attempt, 1u);
}

TEST_F(DeliveryStageTest, PausesAMisconfiguredSinkAndBlamesNoEvent) {
  options_.retry.max_attempts = 1;
  Append({"a"});
  StartStage();
  for (int i = 0; i < 5; ++i) {
    ASSERT_EQ(sink_.calls.size(), 1u);
    DeliveryResult result;
    result.misconfigured = absl::PermissionDeniedError("api_secret is wrong");
    sink_.Answer(std::move(result));
    EXPECT_EQ(health_.last.state, HealthState::kPaused);
    EXPECT_EQ(health_.last.message, "api_secret is wrong");
    EXPECT_TRUE(sink_.calls.empty()) << "no hot loop";
    executor_.Advance(absl::Seconds(4));
    EXPECT_TRUE(sink_.calls.empty()) << "no hot loop";
    EXPECT_TRUE(executor_.RunUntil([&] { return !sink_.calls.empty(); },
                                   absl::Minutes(6)));
  }
  EXPECT_EQ(Waiting(), 1u);
  sink_.Answer(DeliveryResult::All(Outcome::Delivered()));
  EXPECT_EQ(health_.last.state, HealthState::kHealthy);
  EXPECT_EQ(Cursor().counters().delivered(), 1u);
}

TEST_F(DeliveryStageTest, GivesUpAfterMaxAttempts) {
  options_.retry.max_attempts = 3;
  Append({"a"});
  StartStage();
  for (int i = 0; i < 3; ++i) {
    ASSERT_EQ(sink_.calls.size(), 1u);
    sink_.Answer(
        DeliveryResult::All(Outcome::Retry("try " + std::to_string(i))));
    executor_.Advance(absl::Minutes(1));
  }
  EXPECT_TRUE(sink_.calls.empty());
  const auto letters = DeadLetters();
  ASSERT_EQ(letters.size(), 1u);
  EXPECT_EQ(letters[0].reason(), "attempts_exhausted");
  EXPECT_EQ(letters[0].attempts(), 3u);
  EXPECT_EQ(letters[0].first_error(), "try 0");
  EXPECT_EQ(letters[0].last_error(), "try 2");
}

TEST_F(DeliveryStageTest, GivesUpAfterMaxAge) {
  options_.retry.max_age = absl::Minutes(5);
  Append({"a"});
  StartStage();
  ASSERT_EQ(sink_.calls.size(), 1u);
  DeliveryResult result = DeliveryResult::All(Outcome::Retry("down"));
  result.retry_after = absl::Minutes(6);
  sink_.Answer(std::move(result));
  executor_.Advance(absl::Minutes(7));
  EXPECT_TRUE(sink_.calls.empty());
  EXPECT_EQ(DeadLetters().at(0).reason(), "expired");
}

TEST_F(DeliveryStageTest, TakesASilentSinkAsUnknownAndIgnoresItsLateAnswer) {
  sink_.sink_traits.timeout = absl::Seconds(10);
  Append({"a"});
  StartStage();
  ASSERT_EQ(sink_.calls.size(), 1u);
  executor_.Advance(absl::Seconds(25));
  ASSERT_EQ(sink_.calls.size(), 2u);
  sink_.Answer(DeliveryResult::All(Outcome::Delivered()));
  EXPECT_EQ(Waiting(), 1u) << "the late answer is ignored";
  sink_.Answer(DeliveryResult::All(Outcome::Delivered()));
  EXPECT_EQ(Waiting(), 0u);
}

TEST_F(DeliveryStageTest, TakesAWrongNumberOfOutcomesAsUnknown) {
  Append({"a", "b", "c"});
  StartStage();
  DeliveryResult result;
  result.outcomes = {Outcome::Delivered(), Outcome::Delivered()};
  sink_.Answer(std::move(result));
  EXPECT_EQ(Waiting(), 3u);
}

TEST_F(DeliveryStageTest, GoesOnBehindWhatWasDoneBefore) {
  Append({"a", "b", "c", "d"});
  ASSERT_TRUE(log_.OpenCursor("out", true).ok());
  CursorCommit commit;
  commit.cursor = "out";
  commit.completed = {{1, 1, Completion::kDelivered},
                      {3, 3, Completion::kDelivered}};
  ASSERT_TRUE(log_.Commit(std::move(commit)).ok());
  StartStage();
  ASSERT_EQ(sink_.calls.size(), 1u);
  EXPECT_EQ(sink_.calls[0].ids(), (Ids{"b", "d"}));
}

TEST_F(DeliveryStageTest, StopWaitsForAnswersAndCommitsThem) {
  Append({"a"});
  StartStage();
  bool stopped = false;
  stage_->Stop(absl::Seconds(5), [&] { stopped = true; });
  executor_.RunReady();
  EXPECT_FALSE(stopped);
  sink_.Answer(DeliveryResult::All(Outcome::Delivered()));
  EXPECT_TRUE(stopped);
  EXPECT_EQ(Cursor().counters().delivered(), 1u);
}

TEST_F(DeliveryStageTest, StopGivesUpAfterTheGraceAndBuriesNothing) {
  options_.on_unknown = config::v1::DEAD_LETTER;
  Append({"a"});
  StartStage();
  bool stopped = false;
  stage_->Stop(absl::Seconds(5), [&] { stopped = true; });
  executor_.Advance(absl::Seconds(6));
  EXPECT_TRUE(stopped);
  EXPECT_EQ(Waiting(), 1u);
  EXPECT_TRUE(DeadLetters().empty()) << "a shutdown is never an outcome";
}

TEST_F(DeliveryStageTest, AnAttemptThatAShutdownCutsShortIsNotTheLast) {
  options_.retry.max_attempts = 1;
  options_.on_unknown = config::v1::DEAD_LETTER;
  for (const Outcome& cut : {Outcome::Retry("the sink is stopped"),
                             Outcome::Unknown("no answer any more")}) {
    Append({"a"});
    StartStage();
    bool stopped = false;
    stage_->Stop(absl::Seconds(5), [&] { stopped = true; });
    sink_.Answer(DeliveryResult::All(cut));
    executor_.RunReady();
    EXPECT_TRUE(stopped);
    EXPECT_TRUE(DeadLetters().empty()) << cut.message;
    stage_.reset();
  }
  EXPECT_EQ(Waiting(), 2u);
}

TEST_F(DeliveryStageTest, ReadsNoFurtherAheadThanItsWindow) {
  options_.window_bytes = 100;
  Append({"a", "b"});
  Append({"c"});
  Append({"d"});
  StartStage();
  ASSERT_EQ(sink_.calls.size(), 1u);
  EXPECT_LT(sink_.calls[0].ids().size(), 4u);
  Ids seen;
  while (!sink_.calls.empty()) {
    for (const std::string& id : sink_.calls[0].ids()) seen.push_back(id);
    sink_.Answer(DeliveryResult::All(Outcome::Delivered()));
    executor_.RunReady();
  }
  EXPECT_EQ(seen, (Ids{"a", "b", "c", "d"}));
}

}  // namespace
}  // namespace sluice
