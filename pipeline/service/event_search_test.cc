#include "pipeline/service/event_search.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "storage/event/event_batch.h"
#include "storage/log/memory_event_log.h"
#include "tests/contract/settable_clock.h"

namespace sluice {
namespace {

namespace v1 = admin::v1;

class EventSearchTest : public testing::Test {
 protected:
  EventSearchTest() {
    for (const char* sink : {"a", "b"}) {
      EXPECT_TRUE(log_.OpenCursor(sink, true).ok());
    }
  }

  void Append(const std::vector<std::string>& ids,
              std::vector<std::string> only = {},
              const std::string& source = "devices") {
    EventBatchBuilder builder;
    for (const std::string& id : ids) {
      EventFields fields;
      fields.id = id;
      fields.source = source;
      builder.Add(fields);
    }
    AppendRequest request;
    request.batches.push_back(builder.Build());
    request.only_cursors = std::move(only);
    ASSERT_TRUE(log_.Append(request, Durability::kBuffered).ok());
  }

  v1::ExplainEventResponse Explain(const std::string& id,
                                   const std::string& source = "") {
    v1::ExplainEventRequest request;
    request.set_id(id);
    request.set_source(source);
    EventSearch search(request, [this](Sequence sequence) {
      return sequence == pending_sequence_ ? pending_
                                           : Pipeline::PendingDeliveries();
    });
    std::vector<v1::ExplainEventResponse> answers;
    for (int i = 0; i < 1000; ++i) {
      const auto next = search.Step(log_, answers);
      EXPECT_TRUE(next.ok()) << next.status();
      if (!next.ok() || !next->more) break;
    }
    EXPECT_TRUE(answers.back().done());
    EXPECT_EQ(answers.back().seen(), answers.back().total());
    return answers.back();
  }

  static std::string Of(const v1::EventStory& story, const std::string& sink) {
    for (const auto& delivery : story.deliveries()) {
      if (delivery.sink() == sink) {
        return v1::DeliveryState_Name(delivery.state());
      }
    }
    return "none";
  }

  SettableClock clock_;
  MemoryEventLog log_{LogOptions(), &clock_};
  Sequence pending_sequence_ = 0;
  Pipeline::PendingDeliveries pending_;
};

TEST_F(EventSearchTest, TellsWhereAnEventIsAndWhatBecameOfIt) {
  Append({"e1", "e2"});
  Append({"e3", "e4"});
  ASSERT_TRUE(log_.Commit({.cursor = "a", .completed = {{1, 3}}}).ok());
  const v1::ExplainEventResponse answer = Explain("e3");
  ASSERT_EQ(answer.stories_size(), 1);
  const v1::EventStory& story = answer.stories(0);
  EXPECT_EQ(story.event().sequence(), 3u);
  EXPECT_EQ(story.event().event().id(), "e3");
  EXPECT_EQ(Of(story, "a"), "DELIVERY_DONE");
  EXPECT_EQ(Of(story, "b"), "DELIVERY_WAITING");
  EXPECT_EQ(story.deliveries(1).waiting_before(), 2u);
  EXPECT_EQ(answer.log_begins().seconds(), absl::ToUnixSeconds(clock_.Now()));
}

TEST_F(EventSearchTest, TellsOfTriesSoFar) {
  Append({"e1", "e2"});
  pending_sequence_ = 1;
  pending_["b"] = {.in_flight = false,
                   .attempts = 3,
                   .first_error = "503",
                   .last_error = "429",
                   .last_attempt = absl::FromUnixSeconds(5)};
  pending_["a"] = {.in_flight = true};
  const v1::EventStory story = Explain("e1").stories(0);
  EXPECT_EQ(Of(story, "a"), "DELIVERY_IN_FLIGHT");
  EXPECT_EQ(Of(story, "b"), "DELIVERY_PENDING");
  EXPECT_EQ(story.deliveries(1).attempts(), 3u);
  EXPECT_EQ(story.deliveries(1).last_error(), "429");
  EXPECT_EQ(story.deliveries(1).last_attempt().seconds(), 5);
}

TEST_F(EventSearchTest, TellsOfDeadLettersAndOfWhatCameBack) {
  Append({"e1"});
  storage::v1::DeadLetter letter;
  letter.set_component("a");
  letter.set_sequence(1);
  EventBatchBuilder builder;
  EventFields fields;
  fields.id = "e1";
  fields.source = "devices";
  builder.Add(fields);
  letter.set_event(std::string(builder.Build()->event_wire(0)));
  ASSERT_TRUE(log_.Commit({.cursor = "a",
                           .completed = {{1, 1, Completion::kDeadLettered}},
                           .dead_letters = {letter}})
                  .ok());
  Append({"e1"}, {"a"});
  const v1::ExplainEventResponse answer = Explain("e1");
  ASSERT_EQ(answer.stories_size(), 2);
  EXPECT_EQ(Of(answer.stories(0), "a"), "DELIVERY_DEAD_LETTERED");
  EXPECT_EQ(answer.stories(0).deliveries(0).dead_letter(), 1u);
  EXPECT_EQ(Of(answer.stories(0), "b"), "DELIVERY_WAITING");
  EXPECT_EQ(Of(answer.stories(1), "a"), "DELIVERY_WAITING");
  EXPECT_EQ(Of(answer.stories(1), "b"), "DELIVERY_NOT_FOR_IT");
  ASSERT_EQ(answer.dead_letters_size(), 1);
  EXPECT_EQ(answer.dead_letters(0), 1u);
}

TEST_F(EventSearchTest, IdsCountForEachSource) {
  Append({"e1"});
  Append({"e1"}, {}, "others");
  EXPECT_EQ(Explain("e1").stories_size(), 2);
  const v1::ExplainEventResponse one = Explain("e1", "others");
  ASSERT_EQ(one.stories_size(), 1);
  EXPECT_EQ(one.stories(0).event().sequence(), 2u);
}

TEST_F(EventSearchTest, SaysThatNothingIsKnown) {
  EXPECT_EQ(Explain("e9").stories_size(), 0);
  Append({"e1"});
  const v1::ExplainEventResponse answer = Explain("e9");
  EXPECT_EQ(answer.stories_size(), 0);
  EXPECT_EQ(answer.total(), 1u);
}

}  // namespace
}  // namespace sluice
