#include "pipeline/cloud_event/cloud_event_json.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "proto/event/v1/event.pb.h"
#include "simdjson.h"

namespace sluice {
namespace {

event::v1::Event MakeEvent() {
  event::v1::Event event;
  event.set_id("e1");
  event.set_source("//p");
  event.set_type("temperature");
  return event;
}

std::string Line(const event::v1::Event& event) {
  const std::string wire = event.SerializeAsString();
  CloudEventJsonWriter writer;
  std::string out;
  writer.AppendLine(*EventView::Parse(wire), &out);
  return out;
}

TEST(CloudEventJsonTest, PrintsEveryAttributeThatIsSet) {
  event::v1::Event event = MakeEvent();
  event.set_subject("device-1");
  event.set_time_unix_nanos(1'715'847'318'318'751'000);
  event.set_ingest_time_unix_nanos(1'715'847'318'400'000'000);
  event.set_datacontenttype("application/json");
  event.set_data("{\"value\": 24.90}");
  auto* label = event.add_labels();
  label->set_key("room-number");
  label->set_value("99");
  label = event.add_labels();
  label->set_key("group");
  EXPECT_EQ(Line(event),
            "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"//p\","
            "\"type\":\"temperature\",\"subject\":\"device-1\","
            "\"time\":\"2024-05-16T08:15:18.318751Z\","
            "\"datacontenttype\":\"application/json\","
            "\"data\":{\"value\": 24.90},"
            "\"labels\":{\"room-number\":\"99\",\"group\":\"\"},"
            "\"ingesttime\":\"2024-05-16T08:15:18.400Z\"}\n");
}

TEST(CloudEventJsonTest, LeavesOutWhatIsNotSet) {
  EXPECT_EQ(Line(MakeEvent()),
            "{\"specversion\":\"1.0\",\"id\":\"e1\",\"source\":\"//p\","
            "\"type\":\"temperature\"}\n");
}

TEST(CloudEventJsonTest, JsonOverSeveralLinesBecomesOneLine) {
  event::v1::Event event = MakeEvent();
  event.set_data("{\r\n  \"a\": [1,\n 2]\n}");
  const std::string line = Line(event);
  EXPECT_EQ(line.find('\n'), line.size() - 1);
  EXPECT_NE(line.find(",\"data\":{\"a\":[1,2]}"), std::string::npos) << line;
}

TEST(CloudEventJsonTest, AnyJsonMediaTypeIsInlined) {
  event::v1::Event event = MakeEvent();
  event.set_data("[1]");
  for (const char* type : {"", "application/json", "APPLICATION/JSON",
                           "application/json; charset=utf-8", "text/json",
                           "application/vnd.x+json"}) {
    event.set_datacontenttype(type);
    EXPECT_NE(Line(event).find(",\"data\":[1]"), std::string::npos) << type;
  }
}

TEST(CloudEventJsonTest, EverythingElseIsBase64) {
  event::v1::Event event = MakeEvent();
  const std::pair<const char*, std::string> cases[] = {
      {"application/json", "{\"a\":"},
      {"application/json", "{\"a\":\"\xff\"}"},
      {"application/json", "1 2"},
      {"text/plain", "[1]"},
      {"application/jsonish", "[1]"},
      {"application/octet-stream", std::string("\0\n\xff", 3)},
  };
  for (const auto& [type, data] : cases) {
    event.set_datacontenttype(type);
    event.set_data(data);
    const std::string line = Line(event);
    EXPECT_NE(line.find(",\"data_base64\":\""), std::string::npos) << line;
    EXPECT_EQ(line.find(",\"data\":"), std::string::npos) << line;
    EXPECT_EQ(line.find('\n'), line.size() - 1);
  }
  event.set_data(std::string("\0\n\xff", 3));
  EXPECT_NE(Line(event).find("\"AAr/\""), std::string::npos);
}

TEST(CloudEventJsonTest, TextIsEscapedSoThatAnyParserReadsItBack) {
  event::v1::Event event = MakeEvent();
  std::string awkward = "\"\\/\b\f\n\r\t\x01\x1f\x7f é ☃ 𝄞 </script>";
  event.set_subject(awkward);
  const std::string line = Line(event);
  simdjson::dom::parser parser;
  simdjson::dom::element parsed;
  ASSERT_EQ(parser.parse(line).get(parsed), simdjson::SUCCESS) << line;
  EXPECT_EQ(parsed["subject"].get_string().value(), awkward);
}

TEST(CloudEventJsonTest, EveryLineIsOneJsonObject) {
  CloudEventJsonWriter writer;
  std::string out;
  event::v1::Event event = MakeEvent();
  for (const char* data : {"1", "{", "\"x\"", "null", "true", "[\n]"}) {
    event.set_data(data);
    const std::string wire = event.SerializeAsString();
    writer.AppendLine(*EventView::Parse(wire), &out);
  }
  simdjson::dom::parser parser;
  int lines = 0;
  for (size_t at = 0; at < out.size(); ++lines) {
    const size_t end = out.find('\n', at);
    EXPECT_EQ(parser.parse(out.substr(at, end - at)).error(),
              simdjson::SUCCESS);
    at = end + 1;
  }
  EXPECT_EQ(lines, 6);
}

}  // namespace
}  // namespace sluice
