#include "pipeline/runtime/log_replay.h"

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/log/memory_event_log.h"
#include "tests/contract/settable_clock.h"

namespace sluice {
namespace {

class LogReplayTest : public testing::Test {
 protected:
  void Open(const LogOptions& options = {}) {
    log_ = std::make_unique<MemoryEventLog>(options, &clock_);
    ASSERT_TRUE(log_->OpenCursor("a", true).ok());
    ASSERT_TRUE(log_->OpenCursor("b", true).ok());
  }

  void Append(int events, const std::string& type = "t",
              std::vector<std::string> only = {}) {
    EventBatchBuilder builder;
    for (int i = 0; i < events; ++i) {
      const std::string id = absl::StrCat("e", ++made_);
      EventFields fields;
      fields.id = id;
      fields.type = type;
      builder.Add(fields);
    }
    AppendRequest request;
    request.batches.push_back(builder.Build());
    request.only_cursors = std::move(only);
    ASSERT_TRUE(log_->Append(request, Durability::kBuffered).ok());
  }

  void Finish(LogReplay& replay) {
    for (int i = 0; i < 1000 && !replay.done(); ++i) {
      const absl::Status status = replay.Step(*log_);
      ASSERT_TRUE(status.ok()) << status;
      waited_ += replay.delay();
    }
    ASSERT_TRUE(replay.done());
  }

  // Ids of the events from `from` on.
  std::vector<std::string> IdsFrom(Sequence from) {
    std::vector<std::string> ids;
    LogWalk walk(from, log_->stats().next_sequence);
    while (*walk.Step(
        *log_, 1 << 20,
        [&](Sequence, const LogBatch& batch, const EventView& event) {
          EXPECT_TRUE(batch.IsFor("a"));
          EXPECT_FALSE(batch.IsFor("b"));
          ids.emplace_back(event.id());
        })) {
    }
    return ids;
  }

  SettableClock clock_;
  std::unique_ptr<EventLog> log_;
  int made_ = 0;
  absl::Duration waited_ = absl::ZeroDuration();
};

TEST_F(LogReplayTest, CopiesWhatIsSelectedForOneSinkOnly) {
  Open();
  Append(3, "t");
  Append(2, "other");
  Append(2, "t");
  LogReplay replay({.sink = "a", .select = {.types = {"t"}}}, 2, 8);
  Finish(replay);
  EXPECT_EQ(replay.replayed(), 4u);
  EXPECT_EQ(replay.seen(), 6u);
  EXPECT_EQ(replay.missed(), 0u);
  EXPECT_EQ(IdsFrom(8), (std::vector<std::string>{"e2", "e3", "e6", "e7"}));
}

TEST_F(LogReplayTest, LeavesOutWhatWasForOthersOnly) {
  Open();
  Append(2);
  Append(2, "t", {"b"});
  LogReplay replay({.sink = "a"}, 1, 5);
  Finish(replay);
  EXPECT_EQ(IdsFrom(5), (std::vector<std::string>{"e1", "e2"}));
}

TEST_F(LogReplayTest, ADryRunOnlyCounts) {
  Open();
  Append(5);
  LogReplay replay({.sink = "a", .dry_run = true}, 1, 6);
  Finish(replay);
  EXPECT_EQ(replay.replayed(), 5u);
  EXPECT_EQ(log_->stats().next_sequence, 6u);
}

TEST_F(LogReplayTest, KeepsToItsRate) {
  Open();
  Append(100);
  LogReplay replay({.sink = "a", .events_per_second = 20}, 1, 101);
  ASSERT_TRUE(replay.Step(*log_).ok());
  EXPECT_EQ(replay.replayed(), 4u);
  waited_ = replay.delay();
  Finish(replay);
  EXPECT_EQ(replay.replayed(), 100u);
  EXPECT_EQ(waited_, absl::Seconds(5));
  EXPECT_EQ(IdsFrom(101).size(), 100u);
}

TEST_F(LogReplayTest, CountsWhatWasGone) {
  Open();
  Append(4);
  Append(4);
  ASSERT_TRUE(log_->Commit({.cursor = "a", .completed = {{1, 4}}}).ok());
  ASSERT_TRUE(log_->Commit({.cursor = "b", .completed = {{1, 4}}}).ok());
  ASSERT_TRUE(log_->Flush(Durability::kBuffered).ok());
  LogReplay replay({.sink = "a"}, 1, 9);
  Finish(replay);
  EXPECT_EQ(replay.missed(), 4u);
  EXPECT_EQ(replay.replayed(), 4u);
}

TEST_F(LogReplayTest, WaitsForRoomInAFullLog) {
  LogOptions options;
  options.max_bytes = uint64_t{1} << 20;
  Open(options);
  std::mt19937_64 random(7);
  std::string noise(600 << 10, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  EventBatchBuilder builder;
  EventFields fields;
  fields.id = "large";
  fields.data = noise;
  builder.Add(fields);
  AppendRequest request;
  request.batches.push_back(builder.Build());
  ASSERT_TRUE(log_->Append(request, Durability::kBuffered).ok());
  LogReplay replay({.sink = "a"}, 1, 2);
  ASSERT_TRUE(replay.Step(*log_).ok());
  EXPECT_TRUE(replay.waiting_for_room());
  EXPECT_FALSE(replay.done());
  EXPECT_GT(replay.delay(), absl::ZeroDuration());
  for (const char* cursor : {"a", "b"}) {
    ASSERT_TRUE(log_->Commit({.cursor = cursor, .completed = {{1, 1}}}).ok());
  }
  Finish(replay);
  EXPECT_FALSE(replay.waiting_for_room());
  EXPECT_EQ(replay.replayed(), 1u);
}

TEST_F(LogReplayTest, FailsWithoutTheCursor) {
  Open();
  Append(1);
  LogReplay replay({.sink = "c"}, 1, 2);
  EXPECT_EQ(replay.Step(*log_).code(), absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace sluice
