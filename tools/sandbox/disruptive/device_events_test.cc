#include "tools/sandbox/disruptive/device_events.h"

#include <string>

#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
constexpr char kNowText[] = "2023-11-14T22:13:20.000000Z";

std::string Complete(std::string_view type, const char* given) {
  const auto data =
      CompleteEventData(type, json::parse(given).as_object(), kNow);
  return data.ok() ? json::serialize(*data)
                   : std::string(data.status().message());
}

TEST(DeviceEventsTest, FillsInTimeAndSamples) {
  EXPECT_EQ(Complete("touch", "{}"),
            R"({"updateTime":"2023-11-14T22:13:20.000000Z"})");
  EXPECT_EQ(
      Complete("temperature", R"({"value": 27})"),
      R"({"value":27,"updateTime":"2023-11-14T22:13:20.000000Z","samples":[)"
      R"({"value":27,"sampleTime":"2023-11-14T22:13:20.000000Z"}],)"
      R"("isBackfilled":false})");
  const auto humidity = json::parse(
      Complete("humidity", R"({"temperature": 20, "relativeHumidity": 55})"));
  EXPECT_EQ(humidity.at("samples").at(0).at("relativeHumidity"), 55);
  EXPECT_EQ(humidity.at("updateTime"), kNowText);
}

TEST(DeviceEventsTest, TakesTimesWithOffsets) {
  EXPECT_EQ(Complete("touch", R"({"updateTime": "2025-01-02T03:04:05+01:00"})"),
            R"({"updateTime":"2025-01-02T02:04:05.000000Z"})");
  EXPECT_THAT(Complete("touch", R"({"updateTime": "yesterday"})"),
              HasSubstr("touch.updateTime"));
}

TEST(DeviceEventsTest, CompletesANetworkStatusAsTheClientSendsIt) {
  const auto status = json::parse(
      Complete("networkStatus", R"({"signalStrength": 98, "rssi": -66,
      "cloud_connectors": [{"id": "c1", "signalStrength": 99}]})"));
  EXPECT_EQ(status.at("cloudConnectors").at(0).at("id"), "c1");
  EXPECT_EQ(status.at("cloudConnectors").at(0).at("signalStrength"), 99);
  EXPECT_EQ(status.at("cloudConnectors").at(0).at("rssi"), -66);
  EXPECT_EQ(status.at("transmissionMode"), "LOW_POWER_STANDARD_MODE");

  const auto empty = json::parse(Complete("networkStatus", "{}"));
  EXPECT_EQ(empty.at("rssi"), 0);
  EXPECT_EQ(empty.at("cloudConnectors").at(0).at("id"), "emulated-ccon");
}

TEST(DeviceEventsTest, CompletesEveryTypeFromItsLeastContents) {
  const std::pair<const char*, const char*> cases[] = {
      {"touch", "{}"},
      {"temperature", R"({"value": 22.5})"},
      {"objectPresent", R"({"state": "PRESENT"})"},
      {"humidity", R"({"temperature": 1.5, "relativeHumidity": 2})"},
      {"objectPresentCount", R"({"total": 3})"},
      {"touchCount", R"({"total": 3})"},
      {"waterPresent", R"({"state": "NOT_PRESENT"})"},
      {"networkStatus", "{}"},
      {"batteryStatus", R"({"percentage": 100})"},
      {"connectionStatus", R"({"connection": "OFFLINE"})"},
      {"ethernetStatus", R"({"macAddress": "m", "ipAddress": "i"})"},
      {"cellularStatus", R"({"signalStrength": 80})"},
      {"co2", R"({"ppm": 526})"},
      {"pressure", R"({"pascal": 99301})"},
      {"motion", R"({"state": "MOTION_DETECTED"})"},
      {"deskOccupancy", R"({"state": "OCCUPIED"})"},
      {"contact", R"({"state": "OPEN"})"},
      {"probeWireStatus", R"({"state": "FOUR_WIRE"})"},
  };
  for (const auto& [type, given] : cases) {
    EXPECT_TRUE(IsDeviceEventType(type));
    EXPECT_THAT(Complete(type, given), HasSubstr(kNowText)) << type;
  }
}

TEST(DeviceEventsTest, NamesWhatIsWrong) {
  EXPECT_THAT(Complete("temperature", "{}"), HasSubstr("temperature.value"));
  EXPECT_THAT(Complete("temperature", R"({"value": "warm"})"),
              HasSubstr("a number"));
  EXPECT_THAT(Complete("contact", R"({"state": "AJAR"})"),
              HasSubstr("OPEN, CLOSED"));
  EXPECT_THAT(Complete("batteryStatus", R"({"percentage": 101})"),
              HasSubstr("0 to 100"));
  EXPECT_THAT(Complete("ping", "{}"), HasSubstr("no event type"));
  EXPECT_FALSE(IsDeviceEventType("labelsChanged"));
}

TEST(DeviceEventsTest, WritesEnvelopesInTheOrderOfTheService) {
  EXPECT_EQ(EnvelopeText({.event_id = "c1",
                          .target = "projects/p/devices/d",
                          .event_type = "touch",
                          .data = R"({"updateTime":"t"})",
                          .timestamp = kNow}),
            R"({"eventId":"c1","targetName":"projects/p/devices/d",)"
            R"("eventType":"touch","data":{"touch":{"updateTime":"t"}},)"
            R"("timestamp":"2023-11-14T22:13:20.000000Z"})");
  EXPECT_EQ(EnvelopeText({.event_id = "c2",
                          .target = "projects/p",
                          .event_type = "ping",
                          .data = "null",
                          .timestamp = kNow,
                          .nested = false}),
            R"({"eventId":"c2","targetName":"projects/p","eventType":"ping",)"
            R"("data":null,"timestamp":"2023-11-14T22:13:20.000000Z"})");
}

TEST(DeviceEventsTest, KnowsWhatEachDeviceTypeSends) {
  EXPECT_THAT(FindDeviceType("co2")->event_types,
              ::testing::Contains("pressure"));
  EXPECT_THAT(FindDeviceType("ccon")->event_types,
              ::testing::Not(::testing::Contains("temperature")));
  EXPECT_EQ(FindDeviceType("toaster"), nullptr);
}

}  // namespace
}  // namespace sluice::sandbox
