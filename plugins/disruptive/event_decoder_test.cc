#include "plugins/disruptive/event_decoder.h"

#include <random>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::disruptive {
namespace {

using ::testing::HasSubstr;

// Captured frames, from the vendor's client
// (python-client, tests/api_responses.py).
constexpr char kPing[] =
    R"({"result":{"event":{"eventId":"c18tihhh9sn7fi2hur50","targetName":"projects/c14u9p094l47ccv1o3p9","eventType":"ping","data":null,"timestamp":"2021-04-21T07:50:30.604786Z"}}})";
constexpr char kTouch[] =
    R"({"result":{"event":{"eventId":"d1vtobtd83ut9sd2bj9g","targetName":"projects/c14u9p094l47ccv1o3p9/devices/emuc17m69nlq0bgk44smcng","eventType":"touch","data":{"touch":{"updateTime":"2021-04-21T08:15:43.512330Z"}},"timestamp":"2021-04-21T08:15:43.512330Z"}}})";

class EventDecoderTest : public ::testing::Test {
 protected:
  const Frame& Decode(std::string_view bytes) {
    return decoder_.DecodeFrame(bytes);
  }
  EventDecoder decoder_;
};

TEST_F(EventDecoderTest, ReadsAnEvent) {
  const Frame& frame = Decode(kTouch);
  ASSERT_EQ(frame.kind, Frame::Kind::kEvent) << frame.message;
  EXPECT_EQ(frame.event.id, "d1vtobtd83ut9sd2bj9g");
  EXPECT_EQ(frame.event.source,
            "//disruptive-technologies.com/projects/c14u9p094l47ccv1o3p9");
  EXPECT_EQ(frame.event.type, "touch");
  EXPECT_EQ(frame.event.subject, "emuc17m69nlq0bgk44smcng");
  EXPECT_EQ(frame.event.data,
            R"({"touch":{"updateTime":"2021-04-21T08:15:43.512330Z"}})");
  EXPECT_EQ(frame.event.datacontenttype, "application/json");
  EXPECT_EQ(frame.event.time_unix_nanos, 1618992943512330000);
  EXPECT_TRUE(frame.event.labels.empty());
}

TEST_F(EventDecoderTest, ReadsAPushWithLabelsAndMetadata) {
  const Frame& frame = decoder_.DecodePush(
      R"({"event":{"eventId":"e1","targetName":"projects/p/devices/d","eventType":"touch","data":{"touch":{"updateTime":"2025-01-02T03:04:05.678901Z"}},"timestamp":"2025-01-02T03:04:05.678901Z"},"labels":{"room":"99"},"metadata":{"deviceId":"d","projectId":"p","deviceType":"touch","productNumber":"102081"}})");
  ASSERT_EQ(frame.kind, Frame::Kind::kEvent) << frame.message;
  EXPECT_EQ(frame.event.id, "e1");
  EXPECT_EQ(frame.event.subject, "d");
  EXPECT_EQ(frame.event.data,
            R"({"touch":{"updateTime":"2025-01-02T03:04:05.678901Z"}})");
  ASSERT_EQ(frame.event.labels.size(), 3u);
  EXPECT_EQ(frame.event.labels[0].key, "room");
  EXPECT_EQ(frame.event.labels[0].value, "99");
  EXPECT_EQ(frame.event.labels[1].key, "deviceType");
  EXPECT_EQ(frame.event.labels[1].value, "touch");
  EXPECT_EQ(frame.event.labels[2].key, "productNumber");
  EXPECT_EQ(frame.event.labels[2].value, "102081");
}

TEST_F(EventDecoderTest, LetsLabelsOfADeviceHideItsMetadata) {
  const Frame& frame = decoder_.DecodePush(
      R"({"metadata":{"deviceType":"touch","productNumber":""},"labels":{"deviceType":"bell"},"event":{"eventId":"e1","targetName":"projects/p/devices/d","eventType":"touch","data":null}})");
  ASSERT_EQ(frame.kind, Frame::Kind::kEvent) << frame.message;
  ASSERT_EQ(frame.event.labels.size(), 1u);
  EXPECT_EQ(frame.event.labels[0].value, "bell");
}

TEST_F(EventDecoderTest, TellsWhatIsWrongWithAPush) {
  EXPECT_EQ(decoder_.DecodePush(R"({"event":{})").reason, "malformed_json");
  EXPECT_EQ(decoder_.DecodePush("[]").reason, "malformed_json");
  EXPECT_EQ(decoder_.DecodePush("\"\xff\"").reason, "invalid_utf8");
  EXPECT_EQ(decoder_.DecodePush("{}").reason, "unknown_frame");
  EXPECT_EQ(decoder_.DecodePush(R"({"event":{"eventType":"touch"}})").reason,
            "no_event_id");
  // What the stream says is no push.
  EXPECT_EQ(decoder_.DecodePush(kTouch).reason, "unknown_frame");
}

TEST_F(EventDecoderTest, KeepsTheBytesOfDataAsTheyCame) {
  const Frame& frame = Decode(
      R"({"result":{"event":{"data" : {"temperature": {"value" :22.50, "x":[1 , "}"]} } ,"eventId":"e","eventType":"temperature","targetName":"projects/p/devices/d","timestamp":"2021-04-21T08:15:43Z"}}})");
  ASSERT_EQ(frame.kind, Frame::Kind::kEvent) << frame.message;
  EXPECT_EQ(frame.event.data,
            R"({"temperature": {"value" :22.50, "x":[1 , "}"]} })");
}

TEST_F(EventDecoderTest, ReadsAPingWithTheServersTime) {
  const Frame& frame = Decode(kPing);
  EXPECT_EQ(frame.kind, Frame::Kind::kPing);
  EXPECT_EQ(frame.ping_time_unix_nanos, 1618991430604786000);
}

TEST_F(EventDecoderTest, PassesUnknownTypesThrough) {
  const Frame& frame = Decode(
      R"({"result":{"event":{"eventId":"e","targetName":"projects/p/devices/d","eventType":"teleport","data":{"teleport":{"to":"moon"}},"timestamp":"2021-04-21T08:15:43Z","new":1}}})");
  EXPECT_EQ(frame.kind, Frame::Kind::kEvent);
  EXPECT_EQ(frame.event.type, "teleport");
}

TEST_F(EventDecoderTest, TakesTheInnerTimeWhenThereIsNoOuterOne) {
  const Frame& frame = Decode(
      R"({"result":{"event":{"eventId":"e","targetName":"projects/p/devices/d","eventType":"touch","data":{"touch":{"updateTime":"1970-01-01T00:00:01Z"}}}}})");
  EXPECT_EQ(frame.kind, Frame::Kind::kEvent);
  EXPECT_EQ(frame.event.time_unix_nanos, 1'000'000'000);
  const Frame& timeless = Decode(
      R"({"result":{"event":{"eventId":"e","targetName":"projects/p/devices/d","eventType":"labelsChanged","data":{"added":{}}}}})");
  EXPECT_EQ(timeless.kind, Frame::Kind::kEvent);
  EXPECT_EQ(timeless.event.time_unix_nanos, 0);
}

TEST_F(EventDecoderTest, TakesLabelsWhereTheyAreGiven) {
  const Frame& frame = Decode(
      R"({"result":{"event":{"eventId":"e","targetName":"projects/p/devices/d","eventType":"touch","data":{},"timestamp":"1970-01-01T00:00:01Z"},"labels":{"room":"99","n\u00e5me":"\"x\"","odd":1}}})");
  ASSERT_EQ(frame.event.labels.size(), 2u);
  EXPECT_EQ(frame.event.labels[0].value, "99");
  EXPECT_EQ(frame.event.labels[1].key, "n\xc3\xa5me");
  EXPECT_EQ(frame.event.labels[1].value, "\"x\"");
}

TEST_F(EventDecoderTest, ReadsErrorFramesOfBothShapes) {
  const Frame& frame =
      Decode(R"({"error":{"code":16,"message":"expired","details":[]}})");
  EXPECT_EQ(frame.kind, Frame::Kind::kError);
  EXPECT_EQ(frame.error_code, 16);
  EXPECT_EQ(frame.message, "expired");
  const Frame& older = Decode(
      R"({"error":{"grpcCode":1,"httpCode":408,"message":"closing stream","httpStatus":"Request Timeout","details":[]}})");
  EXPECT_EQ(older.kind, Frame::Kind::kError);
  EXPECT_EQ(older.error_code, 408);
  const Frame& text = Decode(R"({"error":"gone","code":404})");
  EXPECT_EQ(text.kind, Frame::Kind::kError);
  EXPECT_EQ(text.message, "gone");
}

TEST_F(EventDecoderTest, SaysWhatIsWrongWithABadFrame) {
  const struct {
    std::string_view bytes;
    const char* reason;
  } cases[] = {
      {"<html>", "malformed_json"},
      {"{\"result\":{\"event\":", "malformed_json"},
      {"[]", "malformed_json"},
      {"\"\xff\"", "invalid_utf8"},
      {"{}", "unknown_frame"},
      {"{\"foo\":1}", "unknown_frame"},
      {R"({"result":{}})", "unknown_frame"},
      {R"({"result":{"event":{"eventType":"touch"}}})", "no_event_id"},
      {R"({"result":{"event":{"eventId":"e"}}})", "no_event_type"},
      {R"({"result":{"event":{"eventId":7}}})", "malformed_json"},
      {R"({"result":{"event":{"eventId":"e","eventType":"t"}}})",
       "bad_target_name"},
      {R"({"result":{"event":{"eventId":"e","eventType":"t","targetName":"projects/p/devices/d","timestamp":"yesterday"}}})",
       "bad_timestamp"},
  };
  for (const auto& c : cases) {
    const Frame& frame = Decode(c.bytes);
    EXPECT_EQ(frame.kind, Frame::Kind::kMalformed) << c.bytes;
    EXPECT_EQ(frame.reason, c.reason) << c.bytes;
    EXPECT_FALSE(frame.message.empty()) << c.bytes;
  }
  EXPECT_EQ(Decode(std::string(kTouch) + "x").reason, "malformed_json");
  EXPECT_EQ(Decode(kTouch).kind, Frame::Kind::kEvent);
}

TEST_F(EventDecoderTest, SurvivesDamagedFrames) {
  std::mt19937 random(20240502);
  for (int round = 0; round < 5000; ++round) {
    std::string bytes = round % 2 == 0 ? kTouch : kPing;
    for (int i = random() % 4; i >= 0; --i) {
      bytes[random() % bytes.size()] = static_cast<char>(random());
    }
    bytes.resize(bytes.size() - random() % 3);
    Decode(bytes);
  }
}

TEST_F(EventDecoderTest, ReadsAPageOfHistory) {
  const auto page = decoder_.DecodeHistoryPage(
      R"({"events":[
        {"eventId":"b","targetName":"projects/p/devices/d","eventType":"touch","data":{"touch":{}},"timestamp":"1970-01-01T00:00:02Z"},
        {"eventId":"","targetName":"projects/p/devices/d","eventType":"touch","data":{"touch":{}}},
        7,
        {"eventId":"a","targetName":"projects/p/devices/d","eventType":"touch","data":{"touch":{}},"timestamp":"1970-01-01T00:00:01Z"}
      ],"nextPageToken":"more"})");
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->events->size(), 2u);
  EXPECT_EQ(page->events->event(0).id(), "b");
  EXPECT_EQ(page->events->event(1).id(), "a");
  ASSERT_EQ(page->malformed.size(), 2u);
  EXPECT_EQ(page->malformed[0].reason, "no_event_id");
  EXPECT_EQ(page->malformed[1].bytes, "7");
  EXPECT_EQ(page->next_page_token, "more");
}

TEST_F(EventDecoderTest, RefusesAPageThatIsNone) {
  EXPECT_FALSE(decoder_.DecodeHistoryPage("<html>").ok());
  EXPECT_FALSE(decoder_.DecodeHistoryPage("{\"events\":{}}").ok());
  EXPECT_FALSE(decoder_.DecodeHistoryPage("{\"events\":[{]}").ok());
  EXPECT_FALSE(decoder_.DecodeDevicePage("{\"devices\":[1]}").ok());
}

TEST_F(EventDecoderTest, ReadsAPageOfDevices) {
  const auto page = decoder_.DecodeDevicePage(
      R"({"devices":[
        {"name":"projects/p/devices/d1","type":"touch","labels":{"name":"x"},
         "reported":{"touch":{"updateTime":"1970-01-01T00:00:02Z"},
                     "batteryStatus":null,
                     "networkStatus":{"updateTime":"1970-01-01T00:00:03Z"}}},
        {"name":"projects/p/devices/d2","type":"touch"},
        {"name":"projects/p/devices/d3","reported":{"connectionLatency":null}}
      ],"nextPageToken":""})");
  ASSERT_TRUE(page.ok()) << page.status();
  ASSERT_EQ(page->devices.size(), 3u);
  EXPECT_EQ(page->devices[0].id, "d1");
  EXPECT_EQ(page->devices[0].latest_report_unix_nanos, 3'000'000'000);
  EXPECT_EQ(page->devices[1].latest_report_unix_nanos, std::nullopt);
  EXPECT_EQ(page->devices[2].latest_report_unix_nanos, std::nullopt);
  EXPECT_EQ(page->next_page_token, "");
}

TEST(ErrorMessageTest, FindsTheMessageInEitherShape) {
  EXPECT_EQ(ErrorMessage(R"({"error":"not found","code":404})"), "not found");
  EXPECT_EQ(ErrorMessage(R"({"error":{"message":"no"}})"), "no");
  EXPECT_THAT(ErrorMessage("<html>oops"), HasSubstr("oops"));
  EXPECT_EQ(ErrorMessage(""), "no explanation");
}

}  // namespace
}  // namespace sluice::disruptive
