#include "plugins/disruptive/typed_event.h"

#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/disruptive/typed_json.h"
#include "plugins/disruptive/vocabulary.h"
#include "proto/disruptive/v1/device.pb.h"
#include "storage/base/to_absl.h"
#include "storage/event/event_batch.h"

namespace sluice::disruptive {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kTime[] = "2019-05-16T08:15:18.318751Z";

// Data of each type as the service sends it; its members in the order of our
// fields, so that the text comes back as it was.
std::map<std::string, std::string> DataByType() {
  const std::string update = absl::StrCat(R"("updateTime":")", kTime, R"("})");
  const auto state = [&](const char* word) {
    return absl::StrCat(R"({"state":")", word, R"(",)", update);
  };
  return {
      {"touch", "{" + update},
      {"temperature",
       absl::StrCat(R"({"value":24.9,"updateTime":")", kTime,
                    R"(","samples":[{"value":24.9,"sampleTime":")", kTime,
                    R"("},{"value":-27,"sampleTime":")", kTime,
                    R"("}],"isBackfilled":false})")},
      {"objectPresent", state("NOT_PRESENT")},
      {"humidity",
       absl::StrCat(
           R"({"temperature":22.45,"relativeHumidity":17,"samples":[{"temperature":22.45,"relativeHumidity":17,"sampleTime":")",
           kTime, R"("}],"isBackfilled":true,)", update)},
      {"objectPresentCount", R"({"total":4176,)" + update},
      {"touchCount", R"({"total":0,)" + update},
      {"waterPresent", state("PRESENT")},
      {"networkStatus",
       absl::StrCat(
           R"({"signalStrength":45,"rssi":-83,"updateTime":")", kTime,
           R"(","cloudConnectors":[{"id":"bdkjbo2v0000uk377c4g","signalStrength":45,"rssi":-83}],"transmissionMode":"LOW_POWER_STANDARD_MODE"})")},
      {"batteryStatus", R"({"percentage":100,)" + update},
      {"labelsChanged",
       R"({"added":{"label-key":"label-value"},"modified":{"name":"new name"},"removed":["remove-key1","remove-key2"]})"},
      {"connectionStatus",
       R"({"connection":"ETHERNET","available":["CELLULAR","ETHERNET"],)" +
           update},
      {"ethernetStatus",
       R"({"macAddress":"f0:b5:b7:00:0a:08","ipAddress":"10.0.0.1","errors":[{"code":"1","message":"no link"}],)" +
           update},
      {"cellularStatus", R"({"signalStrength":80,"errors":[],)" + update},
      {"co2", R"({"ppm":526,)" + update},
      {"pressure", R"({"pascal":99301,)" + update},
      {"motion", state("NO_MOTION_DETECTED")},
      {"deskOccupancy", absl::StrCat(R"({"state":"OCCUPIED","updateTime":")",
                                     kTime, R"(","remarks":["x"]})")},
      {"contact", state("OPEN")},
      {"probeWireStatus", state("INVALID_COEFFICIENT_CONFIGURATION")},
  };
}

std::string Envelope(std::string_view type, const std::string& data) {
  return absl::StrCat(
      R"({"eventId":"bjeho5nlafj3bdrehgsg","targetName":"projects/p/devices/d","eventType":")",
      ToAbsl(type), R"(","data":)", data, R"(,"timestamp":")", kTime, R"("})");
}

std::string EnvelopeOfType(const std::string& type) {
  const std::string data = DataByType().at(type);
  return Envelope(type, type == "labelsChanged"
                            ? data
                            : absl::StrCat("{\"", type, "\":", data, "}"));
}

v1::Event Read(const std::string& json) {
  absl::StatusOr<v1::Event> event = EventFromJson(json);
  EXPECT_TRUE(event.ok()) << event.status();
  return event.ok() ? *std::move(event) : v1::Event();
}

TEST(TypedEventTest, EveryTypeComesBackAsItWas) {
  for (const std::string_view type : EventTypes()) {
    const std::string json = EnvelopeOfType(std::string(type));
    const v1::Event event = Read(json);
    EXPECT_EQ(EventToJson(event), json);
    EXPECT_NE(event.data_case(), v1::Event::DATA_NOT_SET) << type;
    EXPECT_THAT(event.other_data(), IsEmpty()) << type;
    EXPECT_THAT(event.DebugString(), ::testing::Not(HasSubstr("other")))
        << type;
    EXPECT_EQ(Read(EventToJson(event)).SerializeAsString(),
              event.SerializeAsString());
  }
}

TEST(TypedEventTest, ReadsValuesIntoTheirFields) {
  EXPECT_EQ(Read(EnvelopeOfType("temperature")).temperature().value(), 24.9);
  EXPECT_EQ(
      Read(EnvelopeOfType("temperature")).temperature().samples(1).value(),
      -27);
  EXPECT_EQ(Read(EnvelopeOfType("humidity")).humidity().relative_humidity(),
            17);
  EXPECT_TRUE(Read(EnvelopeOfType("humidity")).humidity().is_backfilled());
  EXPECT_EQ(Read(EnvelopeOfType("touchCount")).touch_count().total(), 0);
  EXPECT_TRUE(Read(EnvelopeOfType("touchCount")).touch_count().has_total());
  const v1::Event network = Read(EnvelopeOfType("networkStatus"));
  EXPECT_EQ(network.network_status().cloud_connectors(0).rssi(), -83);
  EXPECT_EQ(network.network_status().transmission_mode(),
            v1::NetworkStatus::LOW_POWER_STANDARD_MODE);
  const v1::Event labels = Read(EnvelopeOfType("labelsChanged"));
  EXPECT_EQ(labels.labels_changed().modified().at("name"), "new name");
  EXPECT_EQ(labels.timestamp().seconds(), 1557994518);
  EXPECT_EQ(labels.timestamp().nanos(), 318751000);
}

TEST(TypedEventTest, KeepsWhatIsNewerThanTheMessages) {
  const std::string json = Envelope(
      "motion",
      absl::StrCat(
          R"({"motion":{"updateTime":")", kTime,
          R"(","state":"RUNNING","speed":{"kmh":[1.50,null]}},"x":7})"));
  const v1::Event event = Read(json);
  EXPECT_EQ(event.motion().state(), v1::Motion::STATE_UNSPECIFIED);
  ASSERT_EQ(event.motion().other_size(), 2);
  EXPECT_EQ(event.motion().other(0).json(), "\"RUNNING\"");
  EXPECT_EQ(event.motion().other(1).json(), R"({"kmh":[1.50,null]})");
  EXPECT_EQ(EventToJson(event), json);
}

TEST(TypedEventTest, KeepsValuesThatDoNotFitTheirField) {
  const std::string json = Envelope(
      "deskOccupancy",
      R"({"deskOccupancy":{"state":null,"remarks":["a",1],"updateTime":"noon"}})");
  const v1::Event event = Read(json);
  EXPECT_EQ(event.desk_occupancy().other_size(), 3);
  EXPECT_THAT(event.desk_occupancy().remarks(), IsEmpty());
  EXPECT_EQ(EventToJson(event), json);
}

TEST(TypedEventTest, PassesUnknownTypesAndPingsThrough) {
  const std::string radiation =
      Envelope("radiation", R"({"radiation":{"sievert":0.1}})");
  EXPECT_EQ(Read(radiation).data_case(), v1::Event::DATA_NOT_SET);
  EXPECT_EQ(EventToJson(Read(radiation)), radiation);
  const std::string ping = Envelope("ping", "null");
  EXPECT_EQ(Read(ping).plain_data(), "null");
  EXPECT_EQ(EventToJson(Read(ping)), ping);
  const std::string list = Envelope("touch", "[1]");
  EXPECT_EQ(EventToJson(Read(list)), list);
  // The name of a field that is no type of event.
  const std::string odd = Envelope("eventId", R"({"eventId":{"a":1}})");
  EXPECT_EQ(EventToJson(Read(odd)), odd);
}

TEST(TypedEventTest, KeepsMomentsAndNumbersInValue) {
  const v1::Event event = Read(absl::StrReplaceAll(
      Envelope(
          "touchCount",
          R"({"touchCount":{"total":9007199254740993,"updateTime":"2019-05-16T10:15:18+02:00"}})"),
      {{kTime, "2019-05-16T08:15:18.123456789Z"}}));
  EXPECT_EQ(event.touch_count().total(), 9007199254740993);
  const std::string json = EventToJson(event);
  EXPECT_THAT(json, HasSubstr(R"("updateTime":"2019-05-16T08:15:18.000000Z")"));
  EXPECT_THAT(json,
              HasSubstr(R"("timestamp":"2019-05-16T08:15:18.123456789Z")"));
  EXPECT_THAT(json, HasSubstr("9007199254740993"));
}

TEST(TypedEventTest, LeavesOutSamplesThatWereNotThere) {
  const std::string json = Envelope(
      "temperature", absl::StrCat(R"({"temperature":{"value":1,"updateTime":")",
                                  kTime, R"("}})"));
  EXPECT_EQ(EventToJson(Read(json)), json);
}

TEST(TypedEventTest, RefusesWhatIsNoObject) {
  for (const char* json : {"", "[]", "null", "{", "{\"a\":\xff}", "{} {}"}) {
    EXPECT_EQ(EventFromJson(json).status().code(),
              absl::StatusCode::kInvalidArgument)
        << json;
  }
}

// Found by the fuzzer: only what a field took was looked at, and the rest was
// handed on as it stood.
TEST(TypedEventTest, RefusesWhatIsBrokenInsideAValueThatItKeeps) {
  for (const char* json :
       {R"({"eventId":"a","unknown":{1e3}})", R"({"unknown":[{"v"x:1}]})",
        R"({"eventType":"new","data":{"new":{"a":tru}}})",
        R"({"eventType":"touch","data":{"touch":{},"more":[1 2]}})"}) {
    EXPECT_EQ(EventFromJson(json).status().code(),
              absl::StatusCode::kInvalidArgument)
        << json;
  }
}

TEST(TypedEventTest, ReadsEventsOfAPipeline) {
  EventBatchBuilder builder;
  EventFields fields;
  fields.id = "e1";
  fields.source = "//disruptive-technologies.com/projects/p";
  fields.type = "touch";
  fields.subject = "d\"1";
  fields.data = R"({"touch":{"updateTime":"2019-05-16T08:15:18.318751Z"}})";
  fields.time_unix_nanos = 1557994518318751000;
  builder.Add(fields);
  fields.source = "elsewhere";
  builder.Add(fields);
  const EventBatchPtr batch = builder.Build();
  const absl::StatusOr<v1::Event> event = TypedEvent(batch->event(0));
  ASSERT_TRUE(event.ok()) << event.status();
  EXPECT_EQ(event->target_name(), "projects/p/devices/d\"1");
  EXPECT_TRUE(event->has_touch());
  EXPECT_EQ(event->timestamp().nanos(), 318751000);
  EXPECT_FALSE(TypedEvent(batch->event(1)).ok());
}

TEST(TypedJsonTest, ADeviceComesBackWhole) {
  const std::string json = absl::StrCat(
      R"({"name":"projects/p/devices/d","type":"proximityCounter","productNumber":"102067",)",
      R"("labels":{"name":"freezer = 4","virtual-sensor":""},"reported":{"touch":{"updateTime":")",
      kTime,
      R"("},"batteryStatus":null,"connectionLatency":null},"added":[{}]})");
  v1::Device device;
  ASSERT_TRUE(FromJson(json, &device).ok());
  EXPECT_EQ(device.type(), v1::Device::PROXIMITY_COUNTER);
  EXPECT_EQ(device.labels().at("virtual-sensor"), "");
  EXPECT_EQ(ToJson(device), json);
}

TEST(TypedJsonTest, EveryDeviceTypeHasAWord) {
  for (const std::string_view type : DeviceTypes()) {
    v1::Device device;
    ASSERT_TRUE(
        FromJson(absl::StrCat("{\"type\":\"", ToAbsl(type), "\"}"), &device)
            .ok());
    EXPECT_NE(device.type(), v1::Device::TYPE_UNSPECIFIED) << type;
  }
  EXPECT_EQ(v1::Device::Type_ARRAYSIZE,
            static_cast<int>(DeviceTypes().size()) + 1);
}

}  // namespace
}  // namespace sluice::disruptive
