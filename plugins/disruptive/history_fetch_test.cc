#include "plugins/disruptive/history_fetch.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "gmock/gmock.h"
#include "plugins/disruptive/api_fixture.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

class HistoryFetchTest : public ApiFixture {
 protected:
  // From second 0 to second 64.
  void Fetch(size_t max_bytes = 1 << 20) {
    fetch_ = std::make_unique<HistoryFetch>(
        &settings_, &api_, &executor_, "d", absl::FromUnixSeconds(0),
        absl::FromUnixSeconds(64), max_bytes,
        [this](HistoryWindow window) {
          std::vector<std::string> ids;
          for (const EventView& event : window.events) {
            ids.emplace_back(event.id());
          }
          windows_.push_back(absl::StrJoin(ids, " ") +
                             (window.last ? "." : ""));
          if (drop_) fetch_.reset();
        },
        [this](absl::Status status) { results_.push_back(status.code()); });
    executor_.Advance(absl::ZeroDuration());
  }

  static std::string Page(
      const std::vector<std::pair<std::string, int>>& events,
      const std::string& next) {
    std::vector<std::string> items;
    for (const auto& [id, second] : events) {
      items.push_back(absl::StrCat(
          R"({"eventId":")", id,
          R"(","targetName":"projects/p/devices/d","eventType":"touch",)",
          R"("data":{},"timestamp":"1970-01-01T00:00:)", second, R"(Z"})"));
    }
    return absl::StrCat(R"({"events":[)", absl::StrJoin(items, ","),
                        R"(],"nextPageToken":")", next, R"("})");
  }

  std::unique_ptr<HistoryFetch> fetch_;
  bool drop_ = false;
  std::vector<std::string> windows_;
  std::vector<absl::StatusCode> results_;
};

TEST_F(HistoryFetchTest, GivesOldestFirst) {
  settings_.event_types = {"touch", "labelsChanged"};
  Fetch();
  EXPECT_EQ(OpenUrl(),
            "http://api/v2/projects/p/devices/d/events?eventTypes=touch&"
            "startTime=1970-01-01T00%3A00%3A00.000000Z&"
            "endTime=1970-01-01T00%3A01%3A04.000001Z&page_size=1000");
  Answer(200, Page({{"e", 50}, {"d", 40}}, "t"));
  EXPECT_THAT(OpenUrl(), HasSubstr("pageToken=t"));
  Answer(200, Page({{"c", 30}, {"b", 30}, {"a", 10}}, ""));
  EXPECT_THAT(windows_, ElementsAre("a b c d e."));
  EXPECT_THAT(results_, ElementsAre(absl::StatusCode::kOk));
}

TEST_F(HistoryFetchTest, HalvesAStretchThatIsTooLarge) {
  Fetch(/*max_bytes=*/10);
  Answer(200, Page({{"b", 40}}, "t"));
  EXPECT_THAT(OpenUrl(), HasSubstr("endTime=1970-01-01T00%3A00%3A32.000001Z"));
  EXPECT_THAT(OpenUrl(), Not(HasSubstr("pageToken")));
  Answer(200, Page({{"a", 20}}, ""));
  EXPECT_THAT(OpenUrl(), HasSubstr("startTime=1970-01-01T00%3A00%3A32"));
  EXPECT_THAT(OpenUrl(), HasSubstr("endTime=1970-01-01T00%3A01%3A04"));
  Answer(200, Page({{"b", 40}}, ""));
  EXPECT_THAT(windows_, ElementsAre("a", "b."));
  EXPECT_THAT(results_, ElementsAre(absl::StatusCode::kOk));
}

TEST_F(HistoryFetchTest, PassesARefusalOn) {
  Fetch();
  Answer(404, "{}");
  EXPECT_THAT(results_, ElementsAre(absl::StatusCode::kNotFound));
}

TEST_F(HistoryFetchTest, MayBeDestroyedInsideOfItsCallbacks) {
  drop_ = true;
  Fetch();
  Answer(200, Page({{"a", 10}}, ""));
  EXPECT_THAT(windows_, ElementsAre("a."));
  EXPECT_TRUE(results_.empty());
}

TEST(HasHistoryTest, KnowsThatLabelChangesHaveNone) {
  Settings settings;
  EXPECT_TRUE(HasHistory(settings));
  settings.event_types = {"labelsChanged"};
  EXPECT_FALSE(HasHistory(settings));
  settings.event_types = {"labelsChanged", "touch"};
  EXPECT_TRUE(HasHistory(settings));
}

}  // namespace
}  // namespace sluice::disruptive
