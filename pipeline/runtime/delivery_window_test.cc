#include "pipeline/runtime/delivery_window.h"

#include <memory>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "storage/event/event_batch.h"

namespace sluice {
namespace {

using Ranges = std::vector<std::pair<Sequence, Sequence>>;

class DeliveryWindowTest : public testing::Test {
 protected:
  // A batch whose events all wait, charged with 10 bytes.
  WindowBatch* Add(Sequence first, size_t events) {
    EventBatchBuilder builder;
    for (size_t i = 0; i < events; ++i) builder.Add({.id = "e"});
    auto batch = std::make_unique<WindowBatch>();
    batch->events = builder.Build();
    batch->first_sequence = first;
    batch->open = events;
    batch->bytes = 10;
    WindowBatch* const added = batch.get();
    window_.Add(std::move(batch));
    return added;
  }

  Ranges Take(absl::Duration now, bool everything = false) {
    std::vector<CompletedRange> taken;
    window_.TakeDelivered(now, everything, &taken);
    Ranges ranges;
    for (const CompletedRange& range : taken) {
      EXPECT_EQ(range.completion, Completion::kDelivered);
      ranges.emplace_back(range.first, range.last);
    }
    return ranges;
  }

  // Every second event of a batch of `events`, which is many ranges.
  void DeliverEverySecond(WindowBatch* batch, uint32_t events) {
    for (uint32_t i = 0; i < events; i += 2) window_.NoteDelivered(batch, i);
  }

  DeliveryWindow window_;
};

TEST_F(DeliveryWindowTest, GivesFewRangesAtOnce) {
  WindowBatch* const batch = Add(1001, 200);
  for (const uint32_t index : {0, 1, 2, 62, 63, 64, 127, 128, 199}) {
    window_.NoteDelivered(batch, index);
  }
  EXPECT_EQ(Take(absl::ZeroDuration()),
            (Ranges{{1001, 1003}, {1063, 1065}, {1128, 1129}, {1200, 1200}}));
  EXPECT_EQ(Take(absl::ZeroDuration()), Ranges{}) << "told twice";
  EXPECT_EQ(window_.due(), absl::InfiniteDuration());
}

TEST_F(DeliveryWindowTest, HoldsBackManyRangesUntilTheBatchIsDone) {
  WindowBatch* const batch = Add(1, 128);
  DeliverEverySecond(batch, 128);
  EXPECT_EQ(Take(absl::ZeroDuration()), Ranges{});
  EXPECT_EQ(window_.due(), DeliveryWindow::kLongestHold);
  for (uint32_t i = 1; i < 128; i += 2) window_.NoteDelivered(batch, i);
  EXPECT_EQ(window_.used_bytes(), 0u);
  EXPECT_EQ(Take(absl::Milliseconds(1)), (Ranges{{1, 128}}));
  EXPECT_EQ(window_.due(), absl::InfiniteDuration());
}

TEST_F(DeliveryWindowTest, HoldsNothingBackForLong) {
  WindowBatch* const slow = Add(1, 20);
  DeliverEverySecond(slow, 20);
  EXPECT_EQ(Take(absl::Milliseconds(5)), Ranges{});
  // What comes later does not make the first wait longer.
  window_.NoteDelivered(slow, 19);
  const absl::Duration due = absl::Milliseconds(5) + window_.kLongestHold;
  EXPECT_EQ(Take(due - absl::Milliseconds(1)), Ranges{});
  EXPECT_EQ(window_.due(), due);
  EXPECT_EQ(Take(due).size(), 10u);
  // The next one has its own time.
  for (const uint32_t index : {1, 5, 9, 13, 17}) {
    window_.NoteDelivered(slow, index);
  }
  EXPECT_EQ(Take(due).size(), 5u);
}

TEST_F(DeliveryWindowTest, GivesEverythingWhenAsked) {
  DeliverEverySecond(Add(1, 40), 40);
  DeliverEverySecond(Add(41, 40), 40);
  EXPECT_EQ(Take(absl::ZeroDuration(), /*everything=*/true).size(), 40u);
}

TEST_F(DeliveryWindowTest, KnowsTheOldestThatIsOpen) {
  WindowBatch* const first = Add(1, 1);
  WindowBatch* const second = Add(2, 20);
  WindowBatch* const third = Add(22, 1);
  EXPECT_EQ(window_.used_bytes(), 30u);
  EXPECT_EQ(window_.oldest(), first);
  window_.NoteDelivered(first, 0);  // Done, not taken.
  EXPECT_EQ(window_.oldest(), second);
  EXPECT_EQ(window_.used_bytes(), 20u);
  for (int i = 0; i < 20; ++i) window_.NoteDone(second);
  EXPECT_EQ(window_.oldest(), third);
  EXPECT_EQ(Take(absl::ZeroDuration()), (Ranges{{1, 1}}));
  window_.NoteDone(third);
  EXPECT_EQ(window_.oldest(), nullptr);
}

}  // namespace
}  // namespace sluice
