#include "pipeline/abi/host/library_sink.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/abi/abi_bytes.h"
#include "pipeline/abi/host/fake_plugin.h"

namespace sluice::abi {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class LibrarySinkTest : public testing::Test {
 protected:
  void MakeSink() {
    sink_ = std::make_unique<LibrarySink>(plugin_.Make(SLUICE_KIND_SINK));
  }
  void Start() {
    MakeSink();
    ASSERT_TRUE(sink_->Start(around_.context).ok());
  }

  // Delivers events "0", "1", ...; the answer goes to answers_.
  uint64_t Deliver(size_t events) {
    EventBatchBuilder builder;
    for (size_t i = 0; i < events; ++i) {
      builder.Add(EventFields{.id = std::to_string(i)});
    }
    Delivery delivery;
    delivery.batches.push_back(builder.Build());
    for (size_t i = 0; i < events; ++i) {
      delivery.items.push_back({100 + i, delivery.batches[0]->event(i), 2});
    }
    delivery.timeout = absl::Seconds(30);
    sink_->Deliver(std::move(delivery), [this](DeliveryResult result) {
      answers_.push_back(std::move(result));
    });
    return plugin_.deliveries.empty() ? 0 : plugin_.deliveries.back();
  }

  SluiceCode Complete(uint64_t delivery, const SluiceDeliveryResult* result) {
    return Host().complete(plugin_.component, delivery, result);
  }
  SluiceCode Complete(uint64_t delivery,
                      const std::vector<SluiceOutcome>& outcomes) {
    SluiceDeliveryResult result = {};
    result.struct_size = sizeof(result);
    result.outcomes = outcomes.data();
    result.outcome_count = outcomes.size();
    return Complete(delivery, &result);
  }
  static SluiceOutcome Delivered() {
    return {SLUICE_OUTCOME_DELIVERED, {}, {}};
  }

  std::vector<Outcome::Kind> KindsOf(const DeliveryResult& result) {
    std::vector<Outcome::Kind> kinds;
    for (const Outcome& outcome : result.outcomes) {
      kinds.push_back(outcome.kind);
    }
    return kinds;
  }

  // The one answer that there is says that nobody knows, and why.
  void ExpectUnknown(const std::string& why) {
    ASSERT_THAT(answers_, SizeIs(1));
    EXPECT_THAT(KindsOf(answers_[0]), ElementsAre(Outcome::Kind::kUnknown));
    EXPECT_THAT(answers_[0].outcomes[0].message,
                HasSubstr("plugin fake of fake.so " + why));
  }

  FakePlugin plugin_;
  FakeSurroundings around_;
  std::vector<DeliveryResult> answers_;
  std::unique_ptr<LibrarySink> sink_;
};

TEST_F(LibrarySinkTest, HandsEventsOverAndTheirOutcomesBack) {
  Start();
  plugin_.on_deliver = [](const SluiceDelivery& delivery) {
    EXPECT_EQ(delivery.struct_size, sizeof(delivery));
    EXPECT_EQ(delivery.timeout_nanos, 30'000'000'000);
    ASSERT_EQ(delivery.item_count, 5u);
    EXPECT_EQ(delivery.items[4].sequence, 104u);
    EXPECT_EQ(delivery.items[4].attempt, 2u);
    const auto event = EventView::Parse(ToView(delivery.items[4].event));
    ASSERT_TRUE(event.ok());
    EXPECT_EQ(event->id(), "4");
  };
  const uint64_t id = Deliver(5);
  EXPECT_EQ(Complete(id, {Delivered(),
                          {SLUICE_OUTCOME_RETRY, ToBytes("busy"), {}},
                          {SLUICE_OUTCOME_REJECTED, ToBytes("too big"),
                           ToBytes("too_large")},
                          {SLUICE_OUTCOME_UNKNOWN, ToBytes("no answer"), {}},
                          {SLUICE_OUTCOME_NOT_TRIED, {}, {}}}),
            SLUICE_OK);
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_THAT(KindsOf(answers_[0]),
              ElementsAre(Outcome::Kind::kDelivered, Outcome::Kind::kRetry,
                          Outcome::Kind::kRejected, Outcome::Kind::kUnknown,
                          Outcome::Kind::kNotTried));
  EXPECT_EQ(answers_[0].outcomes[1].message, "busy");
  EXPECT_EQ(answers_[0].outcomes[2].reason, "too_large");
  EXPECT_FALSE(answers_[0].retry_after.has_value());
  EXPECT_TRUE(answers_[0].misconfigured.ok());
  EXPECT_EQ(around_.faults(), 0u);
}

TEST_F(LibrarySinkTest, TakesOneOutcomeForAllInsideTheCall) {
  Start();
  plugin_.on_deliver = [this](const SluiceDelivery& delivery) {
    EXPECT_EQ(Complete(delivery.delivery, {Delivered()}), SLUICE_OK);
  };
  Deliver(3);
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_THAT(answers_[0].outcomes, SizeIs(1));
}

TEST_F(LibrarySinkTest, PassesOnRetryAfterAndMisconfigured) {
  Start();
  const int64_t retry_after = 5'000'000'000;
  SluiceDeliveryResult result = {};
  result.struct_size = sizeof(result);
  result.retry_after_nanos = &retry_after;
  result.misconfigured = SLUICE_FAILED_PRECONDITION;
  result.misconfigured_message = ToBytes("api_key is refused");
  EXPECT_EQ(Complete(Deliver(3), &result), SLUICE_OK);
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_THAT(answers_[0].outcomes, SizeIs(0));
  EXPECT_EQ(answers_[0].retry_after, absl::Seconds(5));
  EXPECT_EQ(answers_[0].misconfigured.message(), "api_key is refused");
}

TEST_F(LibrarySinkTest, TakesTheWrongNumberOfOutcomesAsUnknown) {
  Start();
  const uint64_t id = Deliver(3);
  EXPECT_EQ(Complete(id, {Delivered(), Delivered()}), SLUICE_INVALID_ARGUMENT);
  ExpectUnknown("answered 2 outcomes for 3 events");
  EXPECT_EQ(around_.faults(), 1u);
}

TEST_F(LibrarySinkTest, TakesNoOutcomeAtAllAsUnknown) {
  Start();
  EXPECT_EQ(Complete(Deliver(3), nullptr), SLUICE_INVALID_ARGUMENT);
  ExpectUnknown("answered 0 outcomes for 3 events");
}

TEST_F(LibrarySinkTest, TakesOutcomesThatAreNowhereAsUnknown) {
  Start();
  SluiceDeliveryResult result = {};
  result.struct_size = sizeof(result);
  result.outcome_count = 3;
  EXPECT_EQ(Complete(Deliver(3), &result), SLUICE_INVALID_ARGUMENT);
  ExpectUnknown("answered outcomes that are nowhere");
}

TEST_F(LibrarySinkTest, TakesAnOutcomeThatThereIsNotAsUnknown) {
  Start();
  EXPECT_EQ(Complete(Deliver(1), {{77, {}, {}}}), SLUICE_INVALID_ARGUMENT);
  ExpectUnknown("answered an outcome that there is not, of kind 77");
}

TEST_F(LibrarySinkTest, IgnoresASecondAnswer) {
  Start();
  const uint64_t id = Deliver(1);
  EXPECT_EQ(Complete(id, {Delivered()}), SLUICE_OK);
  EXPECT_EQ(Complete(id, {Delivered()}), SLUICE_FAILED_PRECONDITION);
  EXPECT_EQ(Complete(99, {Delivered()}), SLUICE_FAILED_PRECONDITION);
  EXPECT_THAT(answers_, SizeIs(1));
  EXPECT_EQ(around_.faults(), 2u);
}

TEST_F(LibrarySinkTest, BoundsWhatASinkThatDoesNotAnswerHolds) {
  Start();
  const size_t open = 2 * sink_->traits().max_in_flight;
  for (size_t i = 0; i < open; ++i) Deliver(1);
  EXPECT_THAT(answers_, SizeIs(0));
  Deliver(1);
  ASSERT_THAT(answers_, SizeIs(1));
  EXPECT_THAT(KindsOf(answers_[0]), ElementsAre(Outcome::Kind::kRetry));
  EXPECT_THAT(answers_[0].outcomes[0].message,
              HasSubstr("has not answered 8 deliveries"));
  EXPECT_THAT(plugin_.deliveries, SizeIs(open));
  Host().complete(plugin_.component, plugin_.deliveries[0], nullptr);
  Deliver(1);
  EXPECT_THAT(plugin_.deliveries, SizeIs(open + 1));
}

TEST_F(LibrarySinkTest, AnswersWhatAStoppedSinkLeftOpen) {
  Start();
  Deliver(2);
  bool stopped = false;
  sink_->Stop([&] { stopped = true; });
  EXPECT_TRUE(stopped);
  ExpectUnknown("stopped without an answer");
  sink_ = nullptr;
  EXPECT_EQ(plugin_.destroyed, 1);
}

TEST_F(LibrarySinkTest, LeavesASinkThatDoesNotStopToItself) {
  Start();
  const uint64_t id = Deliver(2);
  plugin_.stops_at_once = false;
  sink_->Stop([] {});
  sink_ = nullptr;
  EXPECT_EQ(plugin_.destroyed, 0);
  EXPECT_EQ(around_.faults(), 1u);
  EXPECT_EQ(Complete(id, {Delivered()}), SLUICE_FAILED_PRECONDITION);
  EXPECT_THAT(answers_, SizeIs(0));
}

TEST_F(LibrarySinkTest, EndsTheWaitForASinkThatDoesNotStop) {
  Start();
  const uint64_t id = Deliver(2);
  plugin_.stops_at_once = false;
  bool stopped = false;
  sink_->Stop([&] { stopped = true; });
  around_.executor.Advance(absl::Seconds(9));
  EXPECT_FALSE(stopped);
  around_.executor.Advance(absl::Seconds(1));
  EXPECT_TRUE(stopped);
  ExpectUnknown("neither answers nor stops");
  EXPECT_EQ(Complete(id, {Delivered()}), SLUICE_FAILED_PRECONDITION);
  Host().stopped(plugin_.component);
  EXPECT_THAT(answers_, SizeIs(1));
  sink_ = nullptr;
  EXPECT_EQ(plugin_.destroyed, 0);
}

TEST_F(LibrarySinkTest, BringsTraitsIntoTheirRange) {
  plugin_.sink.traits = [](void*, SluiceSinkTraits* traits) {
    EXPECT_EQ(traits->max_batch_events, SinkTraits().max_batch_events);
    EXPECT_EQ(traits->timeout_nanos, 30'000'000'000);
    traits->max_batch_events = 0;
    traits->max_batch_bytes = ~uint64_t{0};
    traits->max_in_flight = 7;
    traits->timeout_nanos = -1;
    traits->idempotent = 1;
  };
  MakeSink();
  const SinkTraits traits = sink_->traits();
  EXPECT_EQ(traits.max_batch_events, 1u);
  EXPECT_EQ(traits.max_batch_bytes, size_t{1} << 30);
  EXPECT_EQ(traits.max_in_flight, 7u);
  EXPECT_EQ(traits.timeout, absl::Milliseconds(1));
  EXPECT_TRUE(traits.idempotent);
}

TEST_F(LibrarySinkTest, HasDefaultTraitsIfItSaysNothing) {
  MakeSink();
  EXPECT_EQ(sink_->traits().max_batch_events, SinkTraits().max_batch_events);
  EXPECT_FALSE(sink_->traits().idempotent);
}

TEST_F(LibrarySinkTest, PassesOnWhyItDoesNotStart) {
  plugin_.start_code = SLUICE_UNAVAILABLE;
  MakeSink();
  EXPECT_EQ(sink_->Start(around_.context),
            absl::UnavailableError("cannot start"));
}

}  // namespace
}  // namespace sluice::abi
