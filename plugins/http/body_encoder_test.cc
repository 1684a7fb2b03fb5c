#include "plugins/http/body_encoder.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "proto/event/v1/event.pb.h"
#include "simdjson.h"
#include "storage/event/event_batch.h"

namespace sluice::http {
namespace {

struct Payload {
  std::string data;
  std::string media_type = "application/json";
};

std::string Body(v1::Format format, const std::vector<Payload>& payloads) {
  EventBatchBuilder builder;
  for (size_t i = 0; i < payloads.size(); ++i) {
    event::v1::Event event;
    event.set_id("e" + std::to_string(i));
    event.set_source("//p");
    event.set_type("t");
    event.set_datacontenttype(payloads[i].media_type);
    event.set_data(payloads[i].data);
    builder.Add(event);
  }
  const EventBatchPtr batch = builder.Build();
  std::vector<DeliveryItem> items;
  for (size_t i = 0; i < batch->size(); ++i) {
    items.push_back({i, batch->event(i), 1});
  }
  return BodyEncoder(format).Encode(items);
}

std::string Array(const std::vector<Payload>& payloads) {
  return Body(v1::JSON_ARRAY, payloads);
}
std::string Lines(const std::vector<Payload>& payloads) {
  return Body(v1::JSON_LINES, payloads);
}

TEST(BodyEncoderTest, NamesTheTypeOfEachFormat) {
  EXPECT_EQ(ContentTypeOf(v1::JSON_ARRAY), "application/json");
  EXPECT_EQ(ContentTypeOf(v1::FORMAT_UNSPECIFIED), "application/json");
  EXPECT_EQ(ContentTypeOf(v1::JSON_LINES), "application/x-ndjson");
  EXPECT_EQ(ContentTypeOf(v1::CLOUD_EVENTS),
            "application/cloudevents-batch+json");
}

TEST(BodyEncoderTest, AnArrayHasThePayloadsInTheirOrder) {
  EXPECT_EQ(Array({{"{\"v\":1}"}}), "[{\"v\":1}]");
  EXPECT_EQ(Array({{"{\"v\":1}"}, {"2"}, {"\"three\""}}),
            "[{\"v\":1},2,\"three\"]");
}

TEST(BodyEncoderTest, LinesHaveAPayloadEach) {
  EXPECT_EQ(Lines({{"{\"v\":1}"}}), "{\"v\":1}\n");
  EXPECT_EQ(Lines({{"{\"v\":1}"}, {"2"}, {"\"three\""}}),
            "{\"v\":1}\n2\n\"three\"\n");
}

TEST(BodyEncoderTest, CopiesJsonByteForByte) {
  // Spacing, long numbers, escapes and doubled names stay as they are.
  const std::string json =
      "{ \"a\" : 1.0000000000000000001e+02, \"a\":\"\\u00e9\\/\" }";
  EXPECT_EQ(Array({{json}}), "[" + json + "]");
  EXPECT_EQ(Lines({{json}}), json + "\n");
  EXPECT_EQ(Array({{"{\n}"}}), "[{\n}]");
  for (const char* type :
       {"", "text/json", "application/vnd.acme+json; charset=utf-8"}) {
    EXPECT_EQ(Array({{json, type}}), "[" + json + "]") << type;
  }
}

// The service finds it out, and the pipeline then which event it is.
TEST(BodyEncoderTest, DoesNotLookWhetherItIsJson) {
  EXPECT_EQ(Array({{"{\"a\":"}, {"\xff"}}), "[{\"a\":,\xff]");
}

TEST(BodyEncoderTest, ALineBreakInJsonBreaksNoLine) {
  EXPECT_EQ(Lines({{"{\r\n  \"a\": [1,\n 2]\r}"}, {"3\n"}}),
            "{    \"a\": [1,  2] }\n3 \n");
  // Strings are left alone, and what only looks like their end is not.
  EXPECT_EQ(Lines({{"[\"a \\\" b\\\\\",\n\"\\n\"]"}}),
            "[\"a \\\" b\\\\\", \"\\n\"]\n");
}

// Not JSON, but what was meant is clear; nothing of it gets lost.
TEST(BodyEncoderTest, ALineBreakInAStringIsEscaped) {
  EXPECT_EQ(Lines({{"[\"a\nb\r\",\n1]"}}), "[\"a\\nb\\r\", 1]\n");
  EXPECT_EQ(Lines({{"\"never\nends"}}), "\"never\\nends\n");
  EXPECT_EQ(Lines({{"\"\n\\"}}), "\"\\n\\\n");
  EXPECT_EQ(Lines({{"\n\""}}), " \"\n");
}

TEST(BodyEncoderTest, TextBecomesAString) {
  EXPECT_EQ(Array({{"24.9 \"°C\"\n", "text/plain"}}),
            "[\"24.9 \\\"°C\\\"\\n\"]");
  EXPECT_EQ(Lines({{"a\nb", "text/plain"}, {"[1]", "text/plain"}}),
            "\"a\\nb\"\n\"[1]\"\n");
}

TEST(BodyEncoderTest, BytesThatAreNoTextBecomeBase64) {
  const std::string bytes("\0\n\xff", 3);
  EXPECT_EQ(Array({{bytes, "application/octet-stream"}}), "[\"AAr/\"]");
  EXPECT_EQ(Lines({{bytes + "\x01", "image/png"}}), "\"AAr/AQ==\"\n");
}

TEST(BodyEncoderTest, NoDataIsNull) {
  EXPECT_EQ(Array({{""}, {"", "text/plain"}, {"1"}}), "[null,null,1]");
  EXPECT_EQ(Lines({{"", "image/png"}, {""}}), "null\nnull\n");
}

TEST(BodyEncoderTest, CloudEventsAreABatch) {
  EXPECT_EQ(Body(v1::CLOUD_EVENTS, {{"{\"v\":1}"}, {"hi", "text/plain"}}),
            "[{\"specversion\":\"1.0\",\"id\":\"e0\",\"source\":\"//p\","
            "\"type\":\"t\",\"datacontenttype\":\"application/json\","
            "\"data\":{\"v\":1}},"
            "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"//p\","
            "\"type\":\"t\",\"datacontenttype\":\"text/plain\","
            "\"data_base64\":\"aGk=\"}]");
}

TEST(BodyEncoderTest, WhatIsNoJsonCannotHarmABatchOfCloudEvents) {
  const std::string body = Body(v1::CLOUD_EVENTS, {{"1,2"}, {"}]"}, {"3"}});
  simdjson::dom::parser parser;
  simdjson::dom::array events;
  ASSERT_EQ(parser.parse(body).get(events), simdjson::SUCCESS) << body;
  EXPECT_EQ(events.size(), 3u);
}

// Of whatever an event holds that is JSON, or says that it is not, each format
// makes JSON with as many elements as there are events.
TEST(BodyEncoderTest, MakesJsonWithAnElementForEachEvent) {
  const std::vector<Payload> payloads = {
      {"{\"a\":[1,2]}"},
      {"\n[\n]\n"},
      {"\"\\\"\\n\""},
      {""},
      {"x,y\"]", "text/plain"},
      {std::string("\x80\0", 2), "image/png"},
      {std::string(100'000, '\n'), "text/plain"},
  };
  simdjson::dom::parser parser;
  for (const v1::Format format : {v1::JSON_ARRAY, v1::CLOUD_EVENTS}) {
    simdjson::dom::array elements;
    ASSERT_EQ(parser.parse(Body(format, payloads)).get(elements),
              simdjson::SUCCESS);
    EXPECT_EQ(elements.size(), payloads.size());
  }
  const std::string lines = Lines(payloads);
  size_t count = 0;
  for (size_t at = 0; at < lines.size(); ++count) {
    const size_t end = lines.find('\n', at);
    ASSERT_NE(end, std::string::npos);
    EXPECT_EQ(parser.parse(lines.substr(at, end - at)).error(),
              simdjson::SUCCESS);
    at = end + 1;
  }
  EXPECT_EQ(count, payloads.size());
}

TEST(BodyEncoderTest, CanBeUsedAgain) {
  BodyEncoder encoder(v1::CLOUD_EVENTS);
  event::v1::Event event;
  event.set_id("e");
  event.set_source("s");
  event.set_type("t");
  event.set_data("{}");
  const std::string wire = event.SerializeAsString();
  const std::vector<DeliveryItem> items = {{1, *EventView::Parse(wire), 1}};
  const std::string first = encoder.Encode(items);
  EXPECT_EQ(encoder.Encode(items), first);
}

}  // namespace
}  // namespace sluice::http
