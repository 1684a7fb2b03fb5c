#include "plugins/disruptive/device_listing.h"

#include <vector>

#include "gmock/gmock.h"
#include "plugins/disruptive/api_fixture.h"

namespace sluice::disruptive {
namespace {

using ::testing::ElementsAre;

class DeviceListingTest : public ApiFixture {
 protected:
  void List() {
    listing_ = std::make_unique<DeviceListing>(
        &settings_, &api_, &executor_,
        [this](std::vector<ListedDevice> devices) {
          for (const ListedDevice& device : devices) ids_.push_back(device.id);
        },
        [this](absl::Status status) { results_.push_back(status.code()); });
    executor_.Advance(absl::ZeroDuration());
  }
  static std::string Page(const std::string& device, const std::string& next) {
    return R"({"devices":[{"name":"projects/p/devices/)" + device +
           R"("}],"nextPageToken":")" + next + R"("})";
  }

  std::unique_ptr<DeviceListing> listing_;
  std::vector<std::string> ids_;
  std::vector<absl::StatusCode> results_;
};

TEST_F(DeviceListingTest, ListsPageByPage) {
  settings_.device_ids = {"d1"};
  settings_.device_types = {"touch"};
  List();
  EXPECT_EQ(OpenUrl(),
            "http://api/v2/projects/p/devices?device_ids=d1&"
            "device_types=touch&page_size=100");
  Answer(200, Page("d1", "more"));
  Answer(200, Page("d2", ""));
  EXPECT_THAT(ids_, ElementsAre("d1", "d2"));
  EXPECT_THAT(results_, ElementsAre(absl::StatusCode::kOk));
}

TEST_F(DeviceListingTest, AsksOnceForEachLabelFilter) {
  settings_.label_filters = {{"group", std::nullopt}, {"room", "99"}};
  List();
  EXPECT_THAT(OpenUrl(), ::testing::EndsWith("label_filters=group%3D"));
  Answer(200, Page("d1", ""));
  EXPECT_THAT(OpenUrl(), ::testing::EndsWith("label_filters=room%3D99"));
  Answer(200, Page("d2", ""));
  EXPECT_THAT(ids_, ElementsAre("d1", "d2"));
  EXPECT_THAT(results_, ElementsAre(absl::StatusCode::kOk));
}

TEST_F(DeviceListingTest, PassesARefusalOn) {
  List();
  Answer(404, "{}");
  EXPECT_THAT(results_, ElementsAre(absl::StatusCode::kNotFound));
}

}  // namespace
}  // namespace sluice::disruptive
