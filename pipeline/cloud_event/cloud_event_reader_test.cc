#include "pipeline/cloud_event/cloud_event_reader.h"

#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/cloud_event/cloud_event_json.h"
#include "proto/event/v1/event.pb.h"
#include "storage/event/event_batch.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kHead[] = R"({"specversion":"1.0","id":"e1","source":"//p",)"
                         R"("type":"t")";

class CloudEventReaderTest : public ::testing::Test {
 protected:
  // An event with these members besides the needed ones.
  absl::Status Read(const std::string& members) {
    return ReadAll(std::string(kHead) + members + "}");
  }
  absl::Status ReadAll(const std::string& json) {
    json_ = json;
    return reader_.Read(json_, 0, &event_);
  }
  // "reason: message" of a refusal.
  std::string WhyNot(const std::string& json) {
    const absl::Status status = ReadAll(json);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << json;
    return std::string(reader_.reason()) + ": " + std::string(status.message());
  }
  std::string Label(std::string_view key) {
    for (const LabelView& label : event_.labels) {
      if (label.key == key) return std::string(label.value);
    }
    return "(none)";
  }

  CloudEventReader reader_;
  std::string json_;
  EventFields event_;
};

TEST_F(CloudEventReaderTest, ReadsBackWhatTheWriterWrites) {
  event::v1::Event event;
  event.set_id("e \"1\"\n");
  event.set_source("//p");
  event.set_type("temperature");
  event.set_subject("dé\x7f");
  event.set_time_unix_nanos(1'715'847'318'318'751'001);
  event.set_ingest_time_unix_nanos(1'715'847'318'400'000'000);
  event.set_datacontenttype("application/json");
  auto* label = event.add_labels();
  label->set_key("room-number");
  label->set_value("99");
  label = event.add_labels();
  label->set_key("group");
  const std::pair<const char*, std::string> payloads[] = {
      {"application/json", "{\"value\": 24.90, \"n\":1e400}"},
      {"application/json", "\"a text\""},
      {"application/json", "null"},
      {"application/json", "{\"a\":"},
      {"", "[1]"},
      {"text/plain", "a text"},
      {"text/plain", "\"quoted\""},
      {"application/octet-stream", std::string("\0\n\xff", 3)},
      {"application/json", ""},
  };
  CloudEventJsonWriter writer;
  for (const auto& [type, data] : payloads) {
    event.set_datacontenttype(type);
    event.set_data(data);
    const std::string wire = event.SerializeAsString();
    std::string line;
    writer.Append(*EventView::Parse(wire), &line);
    ASSERT_TRUE(ReadAll(line).ok()) << line;
    EventBatchBuilder builder;
    builder.Add(event_);
    EXPECT_EQ(builder.Build()->event(0).wire(), wire) << line;
  }
}

TEST_F(CloudEventReaderTest, LeavesEmptyWhatIsNotThere) {
  ASSERT_TRUE(Read("").ok());
  EXPECT_EQ(event_.subject, "");
  EXPECT_EQ(event_.time_unix_nanos, 0);
  EXPECT_EQ(event_.datacontenttype, "");
  EXPECT_EQ(event_.data, "");
  EXPECT_TRUE(event_.labels.empty());
  ASSERT_TRUE(Read(R"(,"subject":null,"time":null,"data":null,"x":null)").ok());
  EXPECT_EQ(event_.subject, "");
  EXPECT_TRUE(event_.labels.empty());
  EXPECT_EQ(event_.data, "null");
}

TEST_F(CloudEventReaderTest, ExtensionAttributesBecomeLabels) {
  ASSERT_TRUE(Read(R"(,"traceparent":"00-\u00e9","sequence":12,"flag":true,)"
                   R"("labels":{"room":"99","floor":3,"none":null},)"
                   R"("ratio":1.50)")
                  .ok());
  EXPECT_EQ(Label("traceparent"), "00-é");
  EXPECT_EQ(Label("sequence"), "12");
  EXPECT_EQ(Label("flag"), "true");
  EXPECT_EQ(Label("ratio"), "1.50");
  EXPECT_EQ(Label("room"), "99");
  EXPECT_EQ(Label("floor"), "3");
  EXPECT_EQ(Label("none"), "");
  // A key appears at most once: the last counts.
  ASSERT_TRUE(Read(R"(,"labels":{"a":"1","a":"2"},"a":"3")").ok());
  EXPECT_EQ(event_.labels.size(), 1u);
  EXPECT_EQ(Label("a"), "3");
}

TEST_F(CloudEventReaderTest, DataIsWhatItsTypeSays) {
  ASSERT_TRUE(
      Read(R"(,"data": {"v": [1, 2 ] } ,"datacontenttype":"a/b+json")").ok());
  EXPECT_EQ(event_.data, R"({"v": [1, 2 ] })");
  ASSERT_TRUE(
      Read(R"(,"datacontenttype":"text/xml","data":"<a b=\"c\"/>")").ok());
  EXPECT_EQ(event_.data, R"(<a b="c"/>)");
  // Not a text: it stays JSON.
  ASSERT_TRUE(Read(R"(,"datacontenttype":"text/xml","data":{"a":1})").ok());
  EXPECT_EQ(event_.data, R"({"a":1})");
  ASSERT_TRUE(Read(R"(,"data":"a text")").ok());
  EXPECT_EQ(event_.data, R"("a text")");
  ASSERT_TRUE(Read(R"(,"data_base64":"AAr/","data":null)").ok());
  EXPECT_EQ(event_.data, std::string("\0\n\xff", 3));
}

TEST_F(CloudEventReaderTest, NeedsNothingBehindTheText) {
  // On the heap with nothing behind it: a sanitizer looks.
  const std::string text = std::string(kHead) + R"(,"data":12345})";
  const std::unique_ptr<char[]> json(new char[text.size()]);
  text.copy(json.get(), text.size());
  ASSERT_TRUE(
      reader_.Read(std::string_view(json.get(), text.size()), 0, &event_).ok());
  EXPECT_EQ(event_.data, "12345");
}

TEST_F(CloudEventReaderTest, SaysWhatIsMissing) {
  EXPECT_THAT(WhyNot("{}"), StartsWith("malformed_event: specversion: "));
  EXPECT_THAT(
      WhyNot(R"({"specversion":"0.3","id":"a","source":"s","type":"t"})"),
      HasSubstr("\"0.3\" is not known; 1.0 is"));
  EXPECT_THAT(WhyNot(R"({"specversion":"1.0","source":"s","type":"t"})"),
              HasSubstr("id: is missing"));
  EXPECT_THAT(WhyNot(R"({"specversion":"1.0","id":"a","type":"t"})"),
              HasSubstr("source: is missing"));
  EXPECT_THAT(
      WhyNot(R"({"specversion":"1.0","id":"a","source":"","type":"t"})"),
      HasSubstr("source: is missing"));
  EXPECT_THAT(WhyNot(R"({"specversion":"1.0","id":"a","source":"s"})"),
              HasSubstr("type: is missing"));
}

TEST_F(CloudEventReaderTest, RefusesAttributesOfTheWrongKind) {
  const std::pair<const char*, const char*> mistakes[] = {
      {R"(,"subject":7)", "subject: is no text"},
      {R"(,"subject":["a"])", "subject: is neither"},
      {R"(,"time":"yesterday")", "time: \"yesterday\" is no time"},
      {R"(,"labels":"a")", "labels: is no object"},
      {R"(,"labels":{"a":{}})", "a: is neither"},
      {R"(,"ext":[1])", "ext: is neither"},
      {R"(,"data_base64":"*")", "data_base64: is not base64"},
      {R"(,"data_base64":"AAr/","data":1)", "data_base64: stands beside data"},
  };
  for (const auto& [members, message] : mistakes) {
    EXPECT_THAT(WhyNot(std::string(kHead) + members + "}"),
                StartsWith(std::string("malformed_event: ") + message))
        << members;
  }
}

TEST_F(CloudEventReaderTest, BoundsLabels) {
  std::string members;
  for (size_t i = 0; i < CloudEventReader::kMaxLabels; ++i) {
    members += ",\"x" + std::to_string(i) + "\":1";
  }
  EXPECT_TRUE(Read(members).ok());
  EXPECT_THAT(WhyNot(std::string(kHead) + members + ",\"y\":1}"),
              StartsWith("malformed_event: labels: "));
}

TEST_F(CloudEventReaderTest, RefusesWhatIsNoJson) {
  const std::string head = kHead;
  for (const std::string& json :
       {std::string(), std::string("[]"), std::string("null"), head,
        head + "}}", head + "} x", head + ",}", head + R"(,"data":})",
        head + R"(,"data":{"a":nul}})", head + R"(,"data":{"a" 1}})",
        head + R"(,"data":01})", head + R"(,"ext":truex})",
        head + R"(,"ext":1.})", head + R"(,"ext":"\x"})",
        head + R"(,"data":"\ud800"})", head + ",\"ext\":\"\xff\"}"}) {
    EXPECT_THAT(WhyNot(json), StartsWith("malformed_json: ")) << json;
  }
}

}  // namespace
}  // namespace sluice
