#include "plugins/lines/body_reader.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "storage/event/event_batch.h"

namespace sluice::lines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kCloudEvent[] =
    R"({"specversion":"1.0","id":"c1","source":"//p","type":"t","data":[1]})";

class BodyReaderTest : public ::testing::Test {
 protected:
  BodyReaderTest() { format_.source = "/lines/test"; }

  BodyContents Read(const std::string& type, const std::string& body,
                    HttpHeaders headers = {}) {
    HttpServerRequest request;
    if (!type.empty()) headers.emplace_back("Content-Type", type);
    request.headers = std::move(headers);
    request.body = body;
    if (reader_ == nullptr) {
      reader_ = std::make_unique<BodyReader>(format_, 1, LineCounters());
    }
    return reader_->Read(request);
  }

  static std::vector<std::string> Data(const BodyContents& contents) {
    std::vector<std::string> data;
    if (contents.emission.events == nullptr) return data;
    for (size_t i = 0; i < contents.emission.events->size(); ++i) {
      data.emplace_back(contents.emission.events->event(i).data());
    }
    return data;
  }

  LineFormat format_;
  std::unique_ptr<BodyReader> reader_;
};

TEST_F(BodyReaderTest, ReadsLines) {
  for (const char* type : {"", "application/x-ndjson", "text/plain",
                           "Application/JSONL; charset=utf-8"}) {
    const BodyContents contents = Read(type, "{\"n\":1}\r\n\nhello\n{\"n\":2}");
    EXPECT_EQ(contents.refusal, 0) << contents.message;
    EXPECT_THAT(Data(contents), ElementsAre("{\"n\":1}", "{\"n\":2}")) << type;
    EXPECT_EQ(contents.events, 2u);
    EXPECT_EQ(contents.malformed, 1u);
    ASSERT_EQ(contents.emission.malformed.size(), 1u);
    EXPECT_EQ(contents.emission.malformed[0].bytes, "hello");
  }
}

TEST_F(BodyReaderTest, ReadsAJsonArrayOrOneObject) {
  const BodyContents array =
      Read("application/json", " [ {\"n\": 1} ,\n{\"n\":[2,{}]}, 7 , \"x\"]\n");
  EXPECT_EQ(array.refusal, 0) << array.message;
  EXPECT_THAT(Data(array), ElementsAre("{\"n\": 1}", "{\"n\":[2,{}]}"));
  ASSERT_EQ(array.emission.malformed.size(), 2u);
  EXPECT_EQ(array.emission.malformed[0].bytes, "7");
  EXPECT_EQ(array.emission.malformed[1].bytes, "\"x\"");
  // Over several lines, too.
  const BodyContents one = Read("application/json", "\n{\n\"n\": 1\n}\n");
  EXPECT_EQ(one.refusal, 0) << one.message;
  EXPECT_THAT(Data(one), ElementsAre("{\n\"n\": 1\n}"));
}

TEST_F(BodyReaderTest, AnEmptyArrayIsNoMistake) {
  const BodyContents contents = Read("application/json", "[]");
  EXPECT_EQ(contents.refusal, 0);
  EXPECT_EQ(contents.events, 0u);
  EXPECT_EQ(contents.emission.events, nullptr);
}

TEST_F(BodyReaderTest, ReadsCloudEventsWhateverLinesAre) {
  const BodyContents one = Read("application/cloudevents+json", kCloudEvent);
  ASSERT_EQ(one.refusal, 0) << one.message;
  EXPECT_EQ(one.emission.events->event(0).id(), "c1");
  EXPECT_THAT(Data(one), ElementsAre("[1]"));
  const BodyContents batch =
      Read("application/cloudevents-batch+json; charset=utf-8",
           std::string("[") + kCloudEvent + "," + kCloudEvent + ",{}]");
  ASSERT_EQ(batch.refusal, 0) << batch.message;
  EXPECT_EQ(batch.events, 2u);
  EXPECT_EQ(batch.malformed, 1u);
  EXPECT_EQ(batch.emission.malformed[0].reason, "malformed_event");
}

TEST_F(BodyReaderTest, ReadsLinesThatAreCloudEvents) {
  format_.cloud_events = true;
  const BodyContents contents =
      Read("", std::string(kCloudEvent) + "\n{\"n\":1}\n");
  ASSERT_EQ(contents.refusal, 0) << contents.message;
  EXPECT_EQ(contents.emission.events->event(0).source(), "//p");
  EXPECT_EQ(contents.malformed, 1u);
}

TEST_F(BodyReaderTest, ReadsACloudEventInBinaryMode) {
  const BodyContents contents = Read("image/png", "\x89PNG",
                                     {{"Ce-SpecVersion", "1.0"},
                                      {"ce-id", "b1"},
                                      {"ce-source", "//caf%C3%A9"},
                                      {"ce-type", "picture"},
                                      {"ce-time", "2026-01-02T03:04:05Z"},
                                      {"CE-Room", "99"}});
  ASSERT_EQ(contents.refusal, 0) << contents.message;
  const EventView event = contents.emission.events->event(0);
  EXPECT_EQ(event.id(), "b1");
  EXPECT_EQ(event.source(), "//café");
  EXPECT_EQ(event.datacontenttype(), "image/png");
  EXPECT_EQ(event.data(), "\x89PNG");
  EXPECT_EQ(event.label("room"), "99");
  EXPECT_TRUE(event.has_time());
  const BodyContents without = Read("", "x", {{"ce-specversion", "1.0"}});
  EXPECT_EQ(without.refusal, 400);
  EXPECT_THAT(without.message, HasSubstr("ce-id"));
}

TEST_F(BodyReaderTest, RefusesWhatCannotBeUnderstood) {
  EXPECT_EQ(Read("", "").refusal, 400);
  EXPECT_EQ(Read("", "\n \n").refusal, 400);
  EXPECT_EQ(Read("application/json", " ").refusal, 400);
  for (const char* body : {"[", "[{}", "[{} {}]", "[{},]", "[{}]]", "[{}] x",
                           "[,]", "{", "{}{}", "7", "[\"\xff\"]", "[\"a]"}) {
    const BodyContents contents = Read("application/json", body);
    EXPECT_EQ(contents.refusal, 400) << body;
    EXPECT_THAT(contents.message, testing::Not(IsEmpty())) << body;
  }
  // Nothing of a refused body turns up in the next.
  EXPECT_THAT(Data(Read("application/json", "[{\"n\":1}]")),
              ElementsAre("{\"n\":1}"));
  EXPECT_EQ(Read("application/cloudevents+json", "{\"n\":1}").refusal, 400);
}

TEST_F(BodyReaderTest, RefusesOtherTypes) {
  for (const char* type :
       {"application/x-www-form-urlencoded", "image/png", "application/xml"}) {
    EXPECT_EQ(Read(type, "{}").refusal, 415) << type;
  }
}

TEST_F(BodyReaderTest, BoundsWhatIsInABody) {
  std::string lines;
  for (size_t i = 0; i < BodyReader::kMostEvents; ++i) lines += "{}\n";
  EXPECT_EQ(Read("", lines).events, BodyReader::kMostEvents);
  EXPECT_EQ(Read("", lines + "{}\n").refusal, 413);
  std::string array = "[{}";
  for (size_t i = 0; i < BodyReader::kMostEvents; ++i) array += ",{}";
  EXPECT_EQ(Read("application/json", array + "]").refusal, 413);
  std::string broken = "{}\n";
  for (size_t i = 0; i <= BodyReader::kMostMalformed; ++i) broken += "x\n";
  EXPECT_EQ(Read("", broken).refusal, 400);
  EXPECT_EQ(Read("", "{}").events, 1u);
}

TEST_F(BodyReaderTest, BoundsElementsAsLines) {
  format_.max_line_bytes = 1024;
  const std::string large = "{\"a\":\"" + std::string(1024, 'x') + "\"}";
  const BodyContents contents = Read("application/json", "[{}," + large + "]");
  ASSERT_EQ(contents.refusal, 0) << contents.message;
  EXPECT_EQ(contents.emission.malformed[0].reason, "line_too_long");
}

}  // namespace
}  // namespace sluice::lines
