#include "plugins/feed/feed_batch.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "proto/event/v1/event.pb.h"

namespace sluice::feed {
namespace {

class FeedBatchTest : public ::testing::Test {
 protected:
  FeedBatchTest() {
    config_.set_feed("room:{{ subject }}");
    config_.set_actor("a");
    config_.set_verb("v");
    config_.set_object("o");
    config_.set_foreign_id("{{ id }}");
  }

  void Add(std::string_view subject, std::string_view id) {
    event::v1::Event event;
    event.set_id(std::string(id));
    event.set_subject(std::string(subject));
    event.set_time_unix_nanos(1'000);
    wires_.push_back(event.SerializeAsString());
  }

  std::vector<FeedBatch> Sort() {
    Delivery delivery;
    for (const std::string& wire : wires_) {
      delivery.items.push_back({.event = *EventView::Parse(wire)});
    }
    outcomes_.assign(wires_.size(), Outcome::NotTried());
    auto writer = ActivityWriter::Create(config_);
    EXPECT_TRUE(writer.ok()) << writer.status();
    return DeliverySorter(*std::move(writer)).Sort(delivery, &outcomes_);
  }

  v1::FeedSinkConfig config_;
  std::vector<std::string> wires_;
  std::vector<Outcome> outcomes_;
};

std::string Activity(std::string_view id) {
  return R"({"actor":"a","verb":"v","object":"o","foreign_id":")" +
         std::string(id) + R"(","time":"1970-01-01T00:00:00.000001"})";
}

TEST_F(FeedBatchTest, SortsByFeedInOrder) {
  Add("1", "a");
  Add("2", "b");
  Add("1", "c");
  const std::vector<FeedBatch> batches = Sort();
  ASSERT_EQ(batches.size(), 2u);
  EXPECT_EQ(batches[0].feed(), "room:1");
  EXPECT_EQ(batches[0].size(), 2u);
  EXPECT_EQ(batches[0].item(1), 2u);
  EXPECT_EQ(batches[0].Body({0, 2}),
            "{\"activities\":[" + Activity("a") + "," + Activity("c") + "]}");
  EXPECT_EQ(batches[0].Body({1, 2}),
            "{\"activities\":[" + Activity("c") + "]}");
  EXPECT_EQ(batches[1].Body({0, 1}),
            "{\"activities\":[" + Activity("b") + "]}");
}

TEST_F(FeedBatchTest, SortsManyFeeds) {
  for (int round = 0; round < 2; ++round) {
    for (int i = 0; i < 50; ++i) {
      Add(std::to_string(i), std::to_string(round));
    }
  }
  const std::vector<FeedBatch> batches = Sort();
  ASSERT_EQ(batches.size(), 50u);
  for (size_t i = 0; i < 50; ++i) {
    EXPECT_EQ(batches[i].feed(), "room:" + std::to_string(i));
    ASSERT_EQ(batches[i].size(), 2u);
    EXPECT_EQ(batches[i].item(0), i);
    EXPECT_EQ(batches[i].item(1), 50 + i);
  }
}

TEST_F(FeedBatchTest, RejectsEventsAndGoesOnWithTheOthers) {
  Add("1", "a");
  Add("1", "b,c");
  Add("no feed", "d");
  Add("1", "e");
  Add("2", "f,g");
  const std::vector<FeedBatch> batches = Sort();
  ASSERT_EQ(batches.size(), 1u);
  EXPECT_EQ(batches[0].Body({0, 2}),
            "{\"activities\":[" + Activity("a") + "," + Activity("e") + "]}");
  EXPECT_EQ(outcomes_[0].kind, Outcome::Kind::kNotTried);
  EXPECT_EQ(outcomes_[1].reason, "invalid_foreign_id");
  EXPECT_EQ(outcomes_[2].reason, "invalid_feed");
  EXPECT_EQ(outcomes_[4].reason, "invalid_foreign_id");
}

TEST_F(FeedBatchTest, CutsByCountAndBytes) {
  for (char id = 'a'; id < 'f'; ++id) Add("1", std::string(1, id));
  const std::vector<FeedBatch> batches = Sort();
  ASSERT_EQ(batches.size(), 1u);
  const auto sizes = [&](RequestLimits limits) {
    std::vector<size_t> sizes;
    for (const ActivityRange& range : batches[0].Cut(limits)) {
      sizes.push_back(range.size());
      EXPECT_TRUE(range.size() == 1 ||
                  batches[0].Body(range).size() <= limits.max_bytes);
    }
    return sizes;
  };
  using Sizes = std::vector<size_t>;
  EXPECT_EQ(sizes({}), (Sizes{5}));
  EXPECT_EQ(sizes({.max_activities = 2}), (Sizes{2, 2, 1}));
  const size_t two = batches[0].Body({0, 2}).size();
  EXPECT_EQ(sizes({.max_bytes = two}), (Sizes{2, 2, 1}));
  EXPECT_EQ(sizes({.max_bytes = two - 1}), (Sizes{1, 1, 1, 1, 1}));
  EXPECT_EQ(sizes({.max_bytes = 1}), (Sizes{1, 1, 1, 1, 1}));
}

TEST_F(FeedBatchTest, NeverPutsOneKeyTwiceIntoARequest) {
  for (const char* id : {"a", "b", "a", "c", "a"}) Add("1", id);
  const std::vector<FeedBatch> batches = Sort();
  ASSERT_EQ(batches.size(), 1u);
  const std::vector<ActivityRange> ranges = batches[0].Cut({});
  ASSERT_EQ(ranges.size(), 3u);
  EXPECT_EQ(ranges[0].size(), 2u);
  EXPECT_EQ(ranges[1].size(), 2u);
  EXPECT_EQ(ranges[2].size(), 1u);
}

}  // namespace
}  // namespace sluice::feed
