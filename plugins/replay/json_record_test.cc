#include "plugins/replay/json_record.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sluice::replay {
namespace {

using Labels = std::vector<std::pair<std::string, std::string>>;

TEST(JsonRecordTest, ReadsACloudEvent) {
  JsonRecordParser parser({});
  Record record;
  ASSERT_TRUE(
      parser
          .Parse(R"({"specversion":"1.0","id":"e1","source":"//p",)"
                 R"("type":"temperature","subject":"d1",)"
                 R"("time":"2024-05-16T08:15:18Z",)"
                 R"("datacontenttype":"application/json",)"
                 R"("data": {"value" : 24.90} ,"traceparent":"t","n":3,)"
                 R"("labels":{"room":"99","floor":2}})",
                 &record)
          .ok());
  EXPECT_EQ(record.id, "e1");
  EXPECT_EQ(record.source, "//p");
  EXPECT_EQ(record.type, "temperature");
  EXPECT_EQ(record.subject, "d1");
  EXPECT_EQ(record.time_unix_nanos, 1'715'847'318'000'000'000);
  EXPECT_EQ(record.datacontenttype, "application/json");
  EXPECT_EQ(record.data, "{\"value\" : 24.90}");
  EXPECT_EQ(
      record.labels,
      (Labels{
          {"room", "99"}, {"floor", "2"}, {"traceparent", "t"}, {"n", "3"}}));
}

TEST(JsonRecordTest, DataIsTakenOverByteForByte) {
  JsonRecordParser parser({});
  Record record;
  for (const char* data : {"1.50", "-0", "1e400000", "\"a\\u0041\"", "true",
                           "[1, 2 ]", "{\"a\":{\"b\":[{}]}}", "\"\""}) {
    const std::string line =
        std::string(R"({"specversion":"1.0","data":)") + data + " }";
    if (!parser.Parse(line, &record).ok()) {
      EXPECT_STREQ(data, "1e400000");
      continue;
    }
    EXPECT_EQ(record.data, data);
    EXPECT_EQ(record.datacontenttype, "application/json");
  }
  ASSERT_TRUE(
      parser.Parse(R"({"specversion":"1.0","data":null})", &record).ok());
  EXPECT_EQ(record.data, "");
}

TEST(JsonRecordTest, DecodesBase64Data) {
  JsonRecordParser parser({});
  Record record;
  ASSERT_TRUE(
      parser
          .Parse(R"({"specversion":"1.0","datacontenttype":"image/png",)"
                 R"("data_base64":"AAr/"})",
                 &record)
          .ok());
  EXPECT_EQ(record.data, std::string("\0\n\xff", 3));
  EXPECT_EQ(record.datacontenttype, "image/png");
  EXPECT_FALSE(
      parser.Parse(R"({"specversion":"1.0","data_base64":"%"})", &record).ok());
  EXPECT_EQ(parser.reason(), "malformed_event");
}

TEST(JsonRecordTest, ReadsEventsOfDisruptiveTechnologiesPlainAndWrapped) {
  const std::string event =
      R"({"eventId":"bjehn6sdm92f9pd7f4s0",)"
      R"("targetName":"projects/p1/devices/d1","eventType":"touch",)"
      R"("data":{"touch":{"updateTime":"2019-05-16T08:13:15.361624Z"}},)"
      R"("labels":{"name":"door"},)"
      R"("timestamp":"2019-05-16T08:13:15.361624Z"})";
  JsonRecordParser parser({});
  Record record;
  for (const std::string& line :
       {event, "{\"result\":{\"event\":" + event + "}}"}) {
    ASSERT_TRUE(parser.Parse(line, &record).ok());
    EXPECT_EQ(record.id, "bjehn6sdm92f9pd7f4s0");
    EXPECT_EQ(record.source, "//disruptive-technologies.com/projects/p1");
    EXPECT_EQ(record.subject, "d1");
    EXPECT_EQ(record.type, "touch");
    EXPECT_EQ(record.time_unix_nanos, 1'557'994'395'361'624'000);
    EXPECT_EQ(record.data,
              R"({"touch":{"updateTime":"2019-05-16T08:13:15.361624Z"}})");
    EXPECT_EQ(record.labels, (Labels{{"name", "door"}}));
    EXPECT_TRUE(record.is_event);
  }
}

TEST(JsonRecordTest, APingIsNoEvent) {
  JsonRecordParser parser({});
  Record record;
  ASSERT_TRUE(parser
                  .Parse(R"({"result":{"event":{"eventId":"c1","targetName":)"
                         R"("projects/p1","eventType":"ping","data":null,)"
                         R"("timestamp":"2021-04-21T07:50:30Z"}}})",
                         &record)
                  .ok());
  EXPECT_FALSE(record.is_event);
}

TEST(JsonRecordTest, ReadsAnyObjectByTheNamesGiven) {
  JsonRecordParser parser({.id = "key",
                           .time = "meta.at",
                           .subject = "device.id",
                           .type = "kind",
                           .data = "payload"});
  Record record;
  ASSERT_TRUE(parser
                  .Parse(R"({"key":17,"meta":{"at":1715847318},)"
                         R"("device":{"id":"d9"},"kind":"co2",)"
                         R"("payload":[1, 2]})",
                         &record)
                  .ok());
  EXPECT_EQ(record.id, "17");
  EXPECT_EQ(record.time_unix_nanos, 1'715'847'318'000'000'000);
  EXPECT_EQ(record.subject, "d9");
  EXPECT_EQ(record.type, "co2");
  EXPECT_EQ(record.data, "[1, 2]");
  // What is not there stays empty.
  ASSERT_TRUE(parser.Parse("{}", &record).ok());
  EXPECT_EQ(record.id, "");
  EXPECT_EQ(record.time_unix_nanos, 0);
  EXPECT_EQ(record.data, "");
}

TEST(JsonRecordTest, TheWholeObjectIsTheDataWhenNoMemberIsNamed) {
  JsonRecordParser parser({.id = "id"});
  Record record;
  ASSERT_TRUE(parser.Parse(R"({"id": "x", "v": 1})", &record).ok());
  EXPECT_EQ(record.data, R"({"id": "x", "v": 1})");
  EXPECT_EQ(record.datacontenttype, "application/json");
}

TEST(JsonRecordTest, RefusesWhatIsNoObject) {
  JsonRecordParser parser({});
  Record record;
  for (const char* line : {"", "{", "[1]", "1", "hello", "{\"a\":1}{\"b\":2}",
                           "{\"a\":\"\xff\"}", "{\"a\":01}"}) {
    EXPECT_FALSE(parser.Parse(line, &record).ok()) << line;
    EXPECT_EQ(parser.reason(), "malformed_json") << line;
  }
}

TEST(JsonRecordTest, RefusesAttributesOfTheWrongKind) {
  JsonRecordParser parser({.time = "t"});
  Record record;
  for (const char* line :
       {R"({"specversion":"1.0","id":{}})",
        R"({"specversion":"1.0","time":"soon"})",
        R"({"specversion":"1.0","labels":[]})",
        R"({"specversion":"1.0","labels":{"a":[]}})",
        R"({"result":{"event":1}})", R"({"t":"soon"})", R"({"t":[]})"}) {
    EXPECT_FALSE(parser.Parse(line, &record).ok()) << line;
    EXPECT_EQ(parser.reason(), "malformed_event") << line;
  }
}

}  // namespace
}  // namespace sluice::replay
