#include "tools/sandbox/disruptive/event_history.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

class EventHistoryTest : public ::testing::Test {
 protected:
  // Adds event `number`, as old as told, which arrived when it happened.
  void Add(int number, absl::Duration age,
           std::string_view type = "temperature") {
    AddArrived(number, age, age, type);
  }
  void AddArrived(int number, absl::Duration age, absl::Duration arrived_ago,
                  std::string_view type = "temperature") {
    history_.Add("d1", type, kNow - age, kNow - arrived_ago,
                 absl::StrCat(number));
  }

  std::vector<int64_t> Ask(HistoryQuery query) {
    int64_t count = 0;
    const auto page = history_.Page("d1", query, kNow, &count);
    EXPECT_TRUE(page.ok()) << page.status();
    const auto answer = boost::json::parse(page.value_or("{}"));
    std::vector<int64_t> numbers;
    for (const auto& event : answer.at("events").as_array()) {
      numbers.push_back(event.as_int64());
    }
    EXPECT_EQ(count, static_cast<int64_t>(numbers.size()));
    next_token_ = answer.at("nextPageToken").as_string();
    return numbers;
  }

  HistoryQuery LastDay() {
    HistoryQuery query;
    query.start = kNow - absl::Hours(24);
    query.end = kNow;
    return query;
  }

  EventHistory history_{EventHistoryOptions{}};
  std::string next_token_;
};

TEST_F(EventHistoryTest, GivesTheNewestFirstWithinInclusiveBounds) {
  for (int i = 1; i <= 5; ++i) Add(i, absl::Seconds(60 - i * 10));
  HistoryQuery query;
  query.start = kNow - absl::Seconds(40);
  query.end = kNow - absl::Seconds(20);
  EXPECT_THAT(Ask(query), ElementsAre(4, 3, 2));
  EXPECT_EQ(next_token_, "");
}

TEST_F(EventHistoryTest, PutsLateEventsWhereTheyBelong) {
  Add(1, absl::Minutes(3));
  Add(3, absl::Minutes(1));
  AddArrived(2, absl::Minutes(2), absl::Seconds(30));
  EXPECT_THAT(Ask(LastDay()), ElementsAre(3, 2, 1));
}

TEST_F(EventHistoryTest, HidesEventsUntilTheyAreIndexed) {
  Add(1, absl::Seconds(2));
  Add(2, absl::Seconds(1));
  EXPECT_THAT(Ask(LastDay()), ElementsAre(1));
  history_.set_indexing_delay(absl::ZeroDuration());
  EXPECT_THAT(Ask(LastDay()), ElementsAre(2, 1));
}

TEST_F(EventHistoryTest, FiltersByType) {
  Add(1, absl::Minutes(3), "temperature");
  Add(2, absl::Minutes(2), "touch");
  HistoryQuery query = LastDay();
  query.event_types = {"touch"};
  EXPECT_THAT(Ask(query), ElementsAre(2));
}

TEST_F(EventHistoryTest, PagesNeitherShiftNorDouble) {
  // All at the same moment: the place among equals counts.
  for (int i = 1; i <= 5; ++i) Add(i, absl::Minutes(1));
  HistoryQuery query = LastDay();
  query.page_size = 2;
  EXPECT_THAT(Ask(query), ElementsAre(5, 4));
  AddArrived(6, absl::Minutes(1), absl::Seconds(10));
  query.page_token = next_token_;
  EXPECT_THAT(Ask(query), ElementsAre(3, 2));
  query.page_token = next_token_;
  EXPECT_THAT(Ask(query), ElementsAre(1));
  EXPECT_EQ(next_token_, "");
}

TEST_F(EventHistoryTest, AFullLastPageHasNoToken) {
  Add(1, absl::Minutes(2));
  Add(2, absl::Minutes(1));
  HistoryQuery query = LastDay();
  query.page_size = 2;
  EXPECT_THAT(Ask(query), ElementsAre(2, 1));
  EXPECT_EQ(next_token_, "");
}

TEST_F(EventHistoryTest, RefusesAStrangePageToken) {
  for (const char* token : {"x", "h1", "h1-2-3", "ha-b", "1-2"}) {
    HistoryQuery query = LastDay();
    query.page_token = token;
    int64_t count = 0;
    EXPECT_FALSE(history_.Page("d1", query, kNow, &count).ok()) << token;
  }
}

TEST_F(EventHistoryTest, ForgetsWhatIsTooOldOrTooMuch) {
  Add(1, absl::Hours(24 * 31));
  Add(2, absl::Hours(24 * 29));
  HistoryQuery query = LastDay();
  query.start = absl::InfinitePast();
  EXPECT_THAT(Ask(query), ElementsAre(2));

  EventHistory small(EventHistoryOptions{.max_events_per_device = 2});
  for (int i = 1; i <= 3; ++i) {
    small.Add("d1", "touch", kNow - absl::Minutes(10 - i),
              kNow - absl::Minutes(10 - i), absl::StrCat(i));
  }
  int64_t count = 0;
  EXPECT_EQ(*small.Page("d1", LastDay(), kNow, &count),
            R"({"events":[3,2],"nextPageToken":""})");
}

TEST_F(EventHistoryTest, AnUnknownDeviceHasNoEvents) {
  EXPECT_THAT(Ask(LastDay()), IsEmpty());
}

}  // namespace
}  // namespace sluice::sandbox
