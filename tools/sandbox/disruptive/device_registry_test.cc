#include "tools/sandbox/disruptive/device_registry.h"

#include <string>
#include <vector>

#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class DeviceRegistryTest : public ::testing::Test {
 protected:
  DeviceRegistryTest() {
    AddDevice("d1", "temperature", {{"room", "99"}, {"name", "Freezer"}});
    AddDevice("d2", "touch", {{"room", "a=b"}, {"group", ""}});
    AddDevice("d3", "temperature", {{"name", "Attic"}});
    Find("d1")->reported["temperature"] = {absl::UnixEpoch(),
                                           R"({"value":-20.5})"};
    Find("d3")->reported["temperature"] = {absl::UnixEpoch(),
                                           R"({"value":31})"};
  }

  void AddDevice(const char* id, const char* type,
                 std::map<std::string, std::string> labels) {
    Device device;
    device.id = id;
    device.project = "p";
    device.type = type;
    device.product_number = type == std::string("touch") ? "7" : "";
    device.labels = std::move(labels);
    registry_.Add(std::move(device));
  }
  Device* Find(std::string_view id) { return registry_.Find("p", id); }

  std::vector<std::string> List(std::string_view query) {
    const auto page = registry_.List("p", DisruptiveQuery(query));
    EXPECT_TRUE(page.ok()) << page.status();
    const json::value answer = json::parse(page.value_or("{}"));
    std::vector<std::string> ids;
    for (const json::value& device : answer.at("devices").as_array()) {
      const std::string name(device.at("name").as_string());
      ids.push_back(name.substr(name.rfind('/') + 1));
    }
    next_token_ = answer.at("nextPageToken").as_string();
    return ids;
  }

  DeviceRegistry registry_;
  std::string next_token_;
};

TEST_F(DeviceRegistryTest, FindsByIdWithinAProject) {
  EXPECT_EQ(registry_.Find("p", "d1")->id, "d1");
  EXPECT_EQ(registry_.Find("-", "d1")->id, "d1");
  EXPECT_EQ(registry_.Find("other", "d1"), nullptr);
  EXPECT_EQ(registry_.Find("p", "d9"), nullptr);
}

TEST_F(DeviceRegistryTest, FiltersByEveryKind) {
  EXPECT_THAT(List(""), ElementsAre("d1", "d2", "d3"));
  EXPECT_THAT(List("device_ids=d1&device_ids=d2"), ElementsAre("d1", "d2"));
  EXPECT_THAT(List("device_types=temperature"), ElementsAre("d1", "d3"));
  EXPECT_THAT(List("product_numbers=7"), ElementsAre("d2"));
  EXPECT_THAT(List("query=fREEZ"), ElementsAre("d1"));
  EXPECT_THAT(List("projects=projects%2Fother"), IsEmpty());
  EXPECT_THAT(List("device_types=touch&device_ids=d1"), IsEmpty());
}

TEST_F(DeviceRegistryTest, FiltersByLabelsWithAndWithoutValue) {
  EXPECT_THAT(List("label_filters=room"), ElementsAre("d1", "d2"));
  EXPECT_THAT(List("label_filters=room%3D"), ElementsAre("d1", "d2"));
  EXPECT_THAT(List("label_filters=room%3D99"), ElementsAre("d1"));
  // Only the first '=' separates.
  EXPECT_THAT(List("label_filters=room%3Da%3Db"), ElementsAre("d2"));
  // The list wants all of them.
  EXPECT_THAT(List("label_filters=room&label_filters=group"),
              ElementsAre("d2"));
}

TEST_F(DeviceRegistryTest, AStreamIsContentWithOneOfTheLabels) {
  const DisruptiveQuery query("label_filters=room%3D99&label_filters=group");
  const DeviceFilter any = DeviceFilter::FromQuery(query, /*any_label=*/true);
  EXPECT_TRUE(any.Matches(*Find("d1")));
  EXPECT_TRUE(any.Matches(*Find("d2")));
  EXPECT_FALSE(any.Matches(*Find("d3")));
}

TEST_F(DeviceRegistryTest, PagesThroughTheList) {
  EXPECT_THAT(List("page_size=2"), ElementsAre("d1", "d2"));
  EXPECT_THAT(List("page_size=2&pageToken=" + next_token_), ElementsAre("d3"));
  EXPECT_EQ(next_token_, "");
  EXPECT_FALSE(registry_.List("p", DisruptiveQuery("page_token=x")).ok());
}

TEST_F(DeviceRegistryTest, SortsByAnyField) {
  EXPECT_THAT(List("order_by=reported.temperature.value"),
              ElementsAre("d1", "d3", "d2"));
  EXPECT_THAT(List("orderBy=-reported.temperature.value"),
              ElementsAre("d3", "d1", "d2"));
  EXPECT_THAT(List("order_by=labels.name"), ElementsAre("d3", "d1", "d2"));
}

TEST_F(DeviceRegistryTest, WritesADeviceAsTheServiceDoes) {
  const json::value device = json::parse(Find("d1")->ToJson());
  EXPECT_EQ(device.at("name"), "projects/p/devices/d1");
  EXPECT_EQ(device.at("type"), "temperature");
  EXPECT_EQ(device.at("labels").at("room"), "99");
  EXPECT_EQ(device.at("reported").at("temperature").at("value"), -20.5);
  EXPECT_TRUE(device.at("reported").at("batteryStatus").is_null());
}

TEST_F(DeviceRegistryTest, TellsWhatALabelChangeChanged) {
  const LabelChange change = ChangeLabels(
      *Find("d1"), {{"room", "100"}, {"new", "x"}, {"name", "Freezer"}},
      {"name", "absent"});
  EXPECT_EQ(change.ToJson(),
            R"({"added":{"new":"x"},"modified":{"room":"100"},)"
            R"("removed":["name"]})");
  EXPECT_TRUE(ChangeLabels(*Find("d1"), {{"new", "x"}}, {}).empty());
}

TEST_F(DeviceRegistryTest, ForgetsRemovedDevices) {
  EXPECT_TRUE(registry_.Remove("d1"));
  EXPECT_FALSE(registry_.Remove("d1"));
  EXPECT_THAT(List(""), ElementsAre("d2", "d3"));
}

}  // namespace
}  // namespace sluice::sandbox
