#include "pipeline/queue/event_queue.h"

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

Emission MakeEmission(const std::string& id, size_t payload = 10) {
  EventBatchBuilder builder;
  const std::string data(payload, 'x');
  builder.Add(EventFields{.id = id, .subject = "device", .data = data});
  Emission emission;
  emission.events = builder.Build();
  return emission;
}

std::string IdOf(const QueuedEmission& queued) {
  return std::string(queued.emission.events->event(0).id());
}

TEST(EventQueueTest, HandsOverInOrderAndWakesForEachPush) {
  ManualExecutor executor;
  int wakes = 0;
  EventQueue queue(1 << 20, [&] { ++wakes; });
  auto* producer = queue.AddProducer(7, &executor, false);
  for (const char* id : {"a", "b", "c"}) {
    Emission emission = MakeEmission(id);
    ASSERT_TRUE(producer->TryEmit(emission));
  }
  EXPECT_EQ(wakes, 3);
  std::vector<QueuedEmission> out;
  EXPECT_FALSE(queue.Drain(1 << 20, &out));
  ASSERT_EQ(out.size(), 3u);
  EXPECT_EQ(IdOf(out[0]), "a");
  EXPECT_EQ(IdOf(out[2]), "c");
  EXPECT_EQ(out[1].source, 7u);
}

TEST(EventQueueTest, RefusesAndLeavesTheEmissionWhenFull) {
  ManualExecutor executor;
  EventQueue queue(4000, [] {});
  auto* producer = queue.AddProducer(0, &executor, false);
  Emission first = MakeEmission("a", 3000);
  ASSERT_TRUE(producer->TryEmit(first));
  Emission second = MakeEmission("b", 3000);
  EXPECT_FALSE(producer->TryEmit(second));
  ASSERT_NE(second.events, nullptr);
  EXPECT_EQ(second.events->event(0).id(), "b");
}

TEST(EventQueueTest, TakesOneOversizedEmissionAlone) {
  ManualExecutor executor;
  EventQueue queue(100, [] {});
  auto* producer = queue.AddProducer(0, &executor, false);
  Emission large = MakeEmission("a", 5000);
  EXPECT_TRUE(producer->TryEmit(large));
  Emission next = MakeEmission("b", 1);
  EXPECT_FALSE(producer->TryEmit(next));
}

TEST(EventQueueTest, TellsAWaitingSourceOnceThereIsRoom) {
  ManualExecutor executor;
  EventQueue queue(4000, [] {});
  auto* producer = queue.AddProducer(0, &executor, false);
  Emission first = MakeEmission("a", 3000);
  ASSERT_TRUE(producer->TryEmit(first));
  Emission second = MakeEmission("b", 3000);
  ASSERT_FALSE(producer->TryEmit(second));
  int ready = 0;
  producer->NotifyWhenReady([&] { ++ready; });
  executor.RunReady();
  EXPECT_EQ(ready, 0);

  std::vector<QueuedEmission> out;
  queue.Drain(1 << 20, &out);
  executor.RunReady();
  EXPECT_EQ(ready, 0) << "drained is not yet stored";
  queue.Release(out[0].bytes);
  executor.RunReady();
  EXPECT_EQ(ready, 1);
  EXPECT_TRUE(producer->TryEmit(second));
}

TEST(EventQueueTest, DoesNotCallForAnEmissionThatStillDoesNotFit) {
  ManualExecutor executor;
  EventQueue queue(4000, [] {});
  auto* producer = queue.AddProducer(0, &executor, false);
  Emission small = MakeEmission("a", 1000);
  ASSERT_TRUE(producer->TryEmit(small));
  ASSERT_LT(queue.used_bytes(), queue.capacity_bytes() / 2);
  Emission large = MakeEmission("b", 3000);
  ASSERT_FALSE(producer->TryEmit(large));
  int ready = 0;
  producer->NotifyWhenReady([&] { ++ready; });
  EXPECT_EQ(executor.RunReady(), 0);
  std::vector<QueuedEmission> out;
  queue.Drain(1 << 20, &out);
  queue.Release(out[0].bytes);
  executor.RunReady();
  EXPECT_EQ(ready, 1);
  EXPECT_TRUE(producer->TryEmit(large));
}

TEST(EventQueueTest, TellsAtOnceWhenRoomCameBeforeTheWait) {
  ManualExecutor executor;
  EventQueue queue(4000, [] {});
  auto* producer = queue.AddProducer(0, &executor, false);
  int ready = 0;
  producer->NotifyWhenReady([&] { ++ready; });
  executor.RunReady();
  EXPECT_EQ(ready, 1);
}

TEST(EventQueueTest, CancelledWaitIsNeverCalled) {
  ManualExecutor executor;
  EventQueue queue(4000, [] {});
  auto* producer = queue.AddProducer(0, &executor, false);
  int ready = 0;
  producer->NotifyWhenReady([&] { ++ready; });
  producer->CancelNotify();
  executor.RunReady();
  EXPECT_EQ(ready, 0);
}

TEST(EventQueueTest, AcknowledgesOnReceiptWhenAsked) {
  ManualExecutor executor;
  EventQueue queue(1 << 20, [] {});
  auto* producer = queue.AddProducer(0, &executor, true);
  Emission emission = MakeEmission("a");
  absl::Status acknowledged = absl::UnknownError("not called");
  emission.on_acknowledged = [&](absl::Status status) {
    acknowledged = status;
  };
  ASSERT_TRUE(producer->TryEmit(emission));
  executor.RunReady();
  EXPECT_TRUE(acknowledged.ok());
}

// The consumer sees every push that a wake-up announced, across threads: the
// hand-over this class adds to the queue.
TEST(EventQueueTest, LosesNothingBetweenThreads) {
  constexpr int kEach = 20000;
  ManualExecutor executor;
  std::atomic<int> wakes{0};
  EventQueue queue(size_t{1} << 40, [&] { wakes.fetch_add(1); });
  auto* first = queue.AddProducer(0, &executor, false);
  auto* second = queue.AddProducer(1, &executor, false);
  auto produce = [](EventQueue::Producer* producer) {
    for (int i = 0; i < kEach; ++i) {
      Emission emission = MakeEmission(std::to_string(i), 1);
      ASSERT_TRUE(producer->TryEmit(emission));
    }
  };
  std::thread a(produce, first);
  std::thread b(produce, second);
  int next[2] = {0, 0};
  int seen = 0;
  std::vector<QueuedEmission> out;
  while (seen < 2 * kEach) {
    out.clear();
    queue.Drain(1 << 16, &out);
    for (const QueuedEmission& queued : out) {
      EXPECT_EQ(IdOf(queued), std::to_string(next[queued.source]++));
      queue.Release(queued.bytes);
      ++seen;
    }
  }
  a.join();
  b.join();
  EXPECT_EQ(wakes.load(), 2 * kEach);
  EXPECT_EQ(queue.used_bytes(), 0u);
}

}  // namespace
}  // namespace sluice
