#include "pipeline/service/log_tap.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "storage/event/event_batch.h"
#include "storage/log/memory_event_log.h"
#include "tests/contract/settable_clock.h"

namespace sluice {
namespace {

class LogTapTest : public testing::Test {
 protected:
  void Append(int events, const std::string& data = "{}",
              std::vector<std::string> only = {}) {
    EventBatchBuilder builder;
    for (int i = 0; i < events; ++i) {
      const std::string id = absl::StrCat("e", ++made_);
      EventFields fields;
      fields.id = id;
      fields.type = made_ % 2 == 0 ? "even" : "odd";
      fields.data = data;
      builder.Add(fields);
    }
    AppendRequest request;
    request.batches.push_back(builder.Build());
    request.only_cursors = std::move(only);
    ASSERT_TRUE(log_.Append(request, Durability::kBuffered).ok());
  }

  // Ids of what a step tells.
  std::vector<std::string> Step(LogTap& tap) {
    answers_.clear();
    const auto next = tap.Step(log_, answers_);
    EXPECT_TRUE(next.ok()) << next.status();
    next_ = next.value_or(NextStep());
    std::vector<std::string> ids;
    for (const auto& answer : answers_) {
      for (const auto& event : answer.events())
        ids.push_back(event.event().id());
    }
    return ids;
  }

  using Ids = std::vector<std::string>;

  SettableClock clock_;
  MemoryEventLog log_{LogOptions(), &clock_};
  int made_ = 0;
  std::vector<admin::v1::TapEventsResponse> answers_;
  NextStep next_;
};

TEST_F(LogTapTest, TellsWhatComes) {
  Append(2);
  LogTap tap{admin::v1::TapEventsRequest()};
  EXPECT_EQ(Step(tap), Ids());
  EXPECT_TRUE(next_.more);
  EXPECT_GT(next_.delay, absl::ZeroDuration());
  Append(3);
  EXPECT_EQ(Step(tap), (Ids{"e3", "e4", "e5"}));
  EXPECT_EQ(answers_[0].events(0).sequence(), 3u);
  EXPECT_EQ(answers_[0].events(0).event().data(), "{}");
  EXPECT_EQ(answers_[0].events(0).appended().seconds(),
            absl::ToUnixSeconds(clock_.Now()));
  EXPECT_EQ(Step(tap), Ids());
}

TEST_F(LogTapTest, BeginsWhereItIsToldAndEndsAtItsLimit) {
  Append(6);
  admin::v1::TapEventsRequest request;
  request.mutable_from()->set_sequence(2);
  request.set_limit(3);
  request.set_without_data(true);
  LogTap tap(request);
  EXPECT_EQ(Step(tap), (Ids{"e2", "e3", "e4"}));
  EXPECT_FALSE(next_.more);
  EXPECT_EQ(answers_[0].events(0).event().data(), "");
}

TEST_F(LogTapTest, SelectsAndThinsOut) {
  admin::v1::TapEventsRequest request;
  request.mutable_from()->set_oldest(true);
  request.mutable_select()->add_types("even");
  request.set_every(2);
  LogTap tap(request);
  Append(9);
  EXPECT_EQ(Step(tap), (Ids{"e2", "e6"}));
}

TEST_F(LogTapTest, TellsForWhomEventsAre) {
  ASSERT_TRUE(log_.OpenCursor("a", true).ok());
  admin::v1::TapEventsRequest request;
  request.mutable_from()->set_oldest(true);
  LogTap tap(request);
  Append(1, "{}", {"a"});
  EXPECT_EQ(Step(tap), (Ids{"e1"}));
  ASSERT_EQ(answers_[0].events(0).only_sinks_size(), 1);
  EXPECT_EQ(answers_[0].events(0).only_sinks(0), "a");
}

TEST_F(LogTapTest, GoesOnAtTheEndWhenItCannotFollow) {
  LogTap live{admin::v1::TapEventsRequest()};
  admin::v1::TapEventsRequest from_oldest;
  from_oldest.mutable_from()->set_oldest(true);
  LogTap patient(from_oldest);
  EXPECT_EQ(Step(live), Ids());
  for (int i = 0; i < 11; ++i) Append(10'000, "");
  EXPECT_EQ(Step(live), Ids());
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_EQ(answers_[0].missed(), 110'000u);
  Append(1);
  EXPECT_EQ(Step(live), (Ids{"e110001"}));
  EXPECT_EQ(answers_[0].missed(), 0u);

  size_t told = 0;
  for (int i = 0; i < 1000 && told < 110'001; ++i) told += Step(patient).size();
  EXPECT_EQ(told, 110'001u) << "what was asked for is not missed";
}

TEST_F(LogTapTest, KeepsItsAnswersSmall) {
  admin::v1::TapEventsRequest request;
  request.mutable_from()->set_oldest(true);
  LogTap tap(request);
  Append(9, std::string(600 << 10, 'x'));
  EXPECT_EQ(Step(tap).size(), 9u);
  EXPECT_EQ(answers_.size(), 5u);
}

TEST_F(LogTapTest, RefusesAPlaceBehindTheEnd) {
  admin::v1::TapEventsRequest request;
  request.mutable_from()->set_sequence(7);
  LogTap tap(request);
  EXPECT_EQ(tap.Step(log_, answers_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice
