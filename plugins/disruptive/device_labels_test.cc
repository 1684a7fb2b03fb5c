#include "plugins/disruptive/device_labels.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/disruptive/api_fixture.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string DeviceJson(const std::string& id, const std::string& room) {
  return absl::StrCat(R"({"name":"projects/p/devices/)", id,
                      R"(","labels":{"room":")", room, "\"}}");
}

std::string Page(const std::string& devices, const std::string& next = "") {
  return absl::StrCat(R"({"devices":[)", devices, R"(],"nextPageToken":")",
                      next, "\"}");
}

class DeviceLabelsTest : public ApiFixture {
 protected:
  // An event on its way out; its labels, or "waits".
  std::string Live(const std::string& device, std::string_view type = "touch",
                   std::string_view data = "{}") {
    EventFields event;
    event.id = "e";
    event.subject = device;
    event.type = type;
    event.data = data;
    if (!labels_.MayPass(event, covered_)) return "waits";
    return Finished(event);
  }

  std::string Finished(EventFields event) {
    if (!labels_.Finish(&event)) return "stays";
    std::string text;
    for (const LabelView& label : event.labels) {
      text.append(label.key).append("=").append(label.value);
    }
    return text;
  }

  absl::Time covered_ = absl::FromUnixSeconds(1000);
  std::vector<std::string> released_;
  DeviceLabels labels_{&settings_,
                       &executor_,
                       &api_,
                       {},
                       [this](const EventFields& event) {
                         released_.push_back(absl::StrCat(
                             std::string(event.subject), ":", Finished(event)));
                       },
                       [] {}};
};

TEST_F(DeviceLabelsTest, EventsWaitForTheFirstList) {
  labels_.Refresh();
  EXPECT_EQ(Live("d1"), "waits");
  EXPECT_EQ(Live("d2"), "waits");
  EXPECT_EQ(labels_.held_since(), covered_);
  executor_.Advance(absl::ZeroDuration());
  Answer(200, Page(DeviceJson("d1", "9"), "more"));
  EXPECT_THAT(released_, ElementsAre("d1:room=9"));
  EXPECT_EQ(labels_.held_since(), covered_);
  EXPECT_EQ(Live("d1"), "room=9");
  Answer(200, Page(DeviceJson("d2", "10")));
  EXPECT_THAT(released_, ElementsAre("d1:room=9", "d2:room=10"));
  EXPECT_EQ(labels_.held_since(), std::nullopt);
  EXPECT_EQ(http_.open(), nullptr);
}

TEST_F(DeviceLabelsTest, AsksForADeviceThatIsNotInTheList) {
  labels_.Refresh();
  EXPECT_EQ(Live("new"), "waits");
  executor_.Advance(absl::ZeroDuration());
  Answer(200, Page(""));
  EXPECT_THAT(OpenUrl(), HasSubstr("/projects/p/devices/new"));
  EXPECT_EQ(Live("new"), "waits");
  Answer(200, DeviceJson("new", "9"));
  EXPECT_THAT(released_, ElementsAre("new:room=9", "new:room=9"));
  EXPECT_EQ(Live("new"), "room=9");
}

TEST_F(DeviceLabelsTest, ADeviceThatIsGoneHasNoLabels) {
  EXPECT_EQ(Live("gone"), "waits");
  executor_.Advance(absl::ZeroDuration());
  Answer(404, "{}");
  EXPECT_THAT(released_, ElementsAre("gone:"));
  EXPECT_EQ(Live("gone"), "");
}

TEST_F(DeviceLabelsTest, WaitsOnlySoLong) {
  labels_.Refresh();
  EXPECT_EQ(Live("d1"), "waits");
  executor_.Advance(absl::Seconds(31));
  EXPECT_THAT(released_, ElementsAre("d1:"));
  EXPECT_EQ(labels_.held_since(), std::nullopt);
  // The next ones do not wait again, until the labels are there.
  EXPECT_EQ(Live("d1"), "");
  Answer(200, Page(DeviceJson("d1", "9")));
  EXPECT_EQ(Live("d1"), "room=9");
}

TEST_F(DeviceLabelsTest, HoldsOnlySoMuch) {
  settings_.hold_bytes = 300;
  labels_.Refresh();
  EXPECT_EQ(Live("d1", "touch", std::string(100, 'x')), "waits");
  EXPECT_EQ(Live("d2", "touch", std::string(100, 'x')), "waits");
  EXPECT_THAT(released_, IsEmpty());
  Live("d3", "touch", std::string(100, 'x'));
  EXPECT_THAT(released_, ElementsAre("d1:", "d2:", "d3:"));
}

TEST_F(DeviceLabelsTest, FollowsChangesInTheirPlace) {
  labels_.OnListed({{.id = "d1", .labels = {{"room", "9"}}}});
  const char* change = R"({"added":{},"modified":{"room":"10"},"removed":[]})";
  EXPECT_EQ(Live("d1"), "room=9");
  EXPECT_EQ(Live("d1", "labelsChanged", change), "room=10");
  EXPECT_EQ(Live("d1"), "room=10");
  settings_.event_types = {"touch"};
  EXPECT_EQ(Live("d1", "labelsChanged", change), "stays");
}

TEST_F(DeviceLabelsTest, ReadsTheListAgainNowAndThen) {
  labels_.Refresh();
  executor_.Advance(absl::ZeroDuration());
  Answer(200, Page(DeviceJson("d1", "9")));
  executor_.Advance(absl::Hours(1));
  EXPECT_THAT(OpenUrl(), HasSubstr("/projects/p/devices?"));
  Answer(200, Page(DeviceJson("d1", "10")));
  EXPECT_EQ(Live("d1"), "room=10");
}

TEST_F(DeviceLabelsTest, AListThatIsRefusedLeavesTheDevicesToThemselves) {
  labels_.Refresh();
  EXPECT_EQ(Live("d1"), "waits");
  executor_.Advance(absl::ZeroDuration());
  Answer(403, "{}");
  Answer(200, DeviceJson("d1", "9"));
  EXPECT_THAT(released_, ElementsAre("d1:room=9"));
}

TEST_F(DeviceLabelsTest, LeavesEventsAloneThatHaveLabelsOrNoDevice) {
  EXPECT_EQ(Live(""), "");
  const LabelView own[] = {{"a", "b"}};
  EventFields event;
  event.subject = "d1";
  event.labels = own;
  EXPECT_TRUE(labels_.MayPass(event, covered_));
  EXPECT_EQ(Finished(event), "a=b");
}

TEST_F(DeviceLabelsTest, CanBeOff) {
  settings_.labels = false;
  labels_.Refresh();
  EXPECT_EQ(Live("d1"), "");
  executor_.Advance(absl::ZeroDuration());
  EXPECT_EQ(http_.open(), nullptr);
}

}  // namespace
}  // namespace sluice::disruptive
