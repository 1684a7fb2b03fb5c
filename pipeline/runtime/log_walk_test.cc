#include "pipeline/runtime/log_walk.h"

#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/log/memory_event_log.h"
#include "tests/contract/settable_clock.h"

namespace sluice {
namespace {

class LogWalkTest : public testing::Test {
 protected:
  // `batches` of `events` each, a second apart; the first at second 1.
  void Append(int batches, int events) {
    for (int i = 0; i < batches; ++i) {
      clock_.Advance(absl::Seconds(1));
      EventBatchBuilder builder;
      for (int j = 0; j < events; ++j) {
        const std::string id = absl::StrCat("e", ++made_);
        EventFields fields;
        fields.id = id;
        builder.Add(fields);
      }
      AppendRequest request;
      request.batches.push_back(builder.Build());
      ASSERT_TRUE(log_->Append(request, Durability::kBuffered).ok());
    }
  }

  Sequence Find(absl::Duration since) {
    const auto found = FindAppended(*log_, begin_ + since);
    EXPECT_TRUE(found.ok()) << found.status();
    return found.value_or(0);
  }

  SettableClock clock_;
  const absl::Time begin_ = clock_.Now();
  std::unique_ptr<EventLog> log_ =
      std::make_unique<MemoryEventLog>(LogOptions(), &clock_);
  int made_ = 0;
};

TEST_F(LogWalkTest, FindsWhereAMomentLies) {
  EXPECT_EQ(Find(absl::ZeroDuration()), 1u);  // The log is empty.
  Append(/*batches=*/40, /*events=*/3);
  EXPECT_EQ(Find(-absl::Hours(1)), 1u);
  for (int second = 1; second <= 40; ++second) {
    EXPECT_EQ(Find(absl::Seconds(second)), Sequence(3 * (second - 1) + 1));
    EXPECT_EQ(Find(absl::Seconds(second) + absl::Milliseconds(1)),
              Sequence(3 * second + 1));
  }
  EXPECT_EQ(Find(absl::Hours(1)), 121u);
}

TEST_F(LogWalkTest, FindsItAlsoWhereTheBeginningIsGone) {
  Append(10, 3);
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  ASSERT_TRUE(log_->Commit({.cursor = "out", .completed = {{1, 15}}}).ok());
  ASSERT_TRUE(log_->Flush(Durability::kBuffered).ok());
  ASSERT_EQ(log_->stats().first_sequence, 16u);
  EXPECT_EQ(Find(absl::Seconds(2)), 16u);
  EXPECT_EQ(Find(absl::Seconds(8)), 22u);
}

TEST_F(LogWalkTest, VisitsEachEventOnceWithinItsBounds) {
  Append(10, 3);
  LogWalk walk(5, 27);
  std::vector<Sequence> seen;
  while (true) {
    const auto more = walk.Step(
        *log_, /*max_bytes=*/1,
        [&](Sequence sequence, const LogBatch&, const EventView& event) {
          EXPECT_EQ(event.id(), absl::StrCat("e", sequence));
          seen.push_back(sequence);
        });
    ASSERT_TRUE(more.ok());
    if (!*more) break;
  }
  ASSERT_EQ(seen.size(), 22u);
  EXPECT_EQ(seen.front(), 5u);
  EXPECT_EQ(seen.back(), 26u);
  EXPECT_EQ(walk.missed(), 0u);
}

TEST_F(LogWalkTest, CountsWhatWasGoneBeforeItWasVisited) {
  Append(10, 3);
  ASSERT_TRUE(log_->OpenCursor("out", true).ok());
  LogWalk walk(2, 100);
  ASSERT_TRUE(log_->Commit({.cursor = "out", .completed = {{1, 6}}}).ok());
  ASSERT_TRUE(log_->Flush(Durability::kBuffered).ok());
  int visited = 0;
  const auto count = [&](Sequence, const LogBatch&, const EventView&) {
    ++visited;
  };
  ASSERT_TRUE(*walk.Step(*log_, 1 << 20, count));
  EXPECT_EQ(walk.missed(), 5u);
  EXPECT_EQ(visited, 24);
  EXPECT_FALSE(*walk.Step(*log_, 1 << 20, count));
  // It goes on with what comes.
  Append(1, 3);
  EXPECT_TRUE(*walk.Step(*log_, 1 << 20, count));
  EXPECT_EQ(visited, 27);
}

}  // namespace
}  // namespace sluice
