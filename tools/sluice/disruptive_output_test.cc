#include "tools/sluice/disruptive_output.h"

#include <sstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/disruptive/typed_event.h"
#include "plugins/disruptive/typed_json.h"

namespace sluice {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
namespace v1 = disruptive::v1;

template <typename Message>
Message Read(std::string_view json) {
  Message message;
  EXPECT_TRUE(disruptive::FromJson(json, &message).ok()) << json;
  return message;
}

v1::Event ReadEvent(std::string_view json) {
  return disruptive::EventFromJson(json).value();
}

TEST(DisruptiveOutputTest, SummarizesDataWithUnits) {
  EXPECT_EQ(
      Summary(ReadEvent(
          R"({"eventType":"humidity","data":{"humidity":{"temperature":22.45,)"
          R"("relativeHumidity":17,"samples":[{}],"isBackfilled":false,)"
          R"("updateTime":"2019-05-16T06:13:46.369000Z"}}})")),
      "temperature=22.45 °C  relativeHumidity=17 %  isBackfilled=false");
  EXPECT_EQ(
      Summary(ReadEvent(R"({"eventType":"new","data":{"new":{"level":3}}})")),
      R"(new={"level":3})");
  EXPECT_EQ(
      Summary(ReadEvent(
          R"({"eventType":"touch","data":{"touch":{"updateTime":"2019-05-16T06:13:46.369000Z"}}})")),
      "");
}

TEST(DisruptiveOutputTest, ShowsADeviceInARow) {
  EXPECT_THAT(
      Row(Read<v1::Device>(
          R"({"name":"projects/p/devices/emuc0000000000000000a00","type":"co2",)"
          R"("labels":{"name":"a\u001b[2J","z":"1","b":""}})")),
      ElementsAre("emuc0000000000000000a00", "co2", "a.[2J", "b, z=1", "yes"));
  EXPECT_EQ(Row(Read<v1::Device>(R"({"name":"d","type":"newest"})"))[1],
            "newest");
}

TEST(DisruptiveOutputTest, NeverShowsASignatureSecret) {
  const auto connector = Read<v1::DataConnector>(
      R"({"name":"c","httpConfig":{"url":"https://a","signatureSecret":"xyz"}})");
  EXPECT_THAT(JsonLine(connector), Not(HasSubstr("xyz")));
  EXPECT_THAT(JsonLine(connector), HasSubstr("https://a"));
  for (const std::string& cell : Row(connector)) {
    EXPECT_THAT(cell, Not(HasSubstr("xyz")));
  }
}

TEST(DisruptiveOutputTest, ShowsDetailsByDepth) {
  EXPECT_EQ(Details(R"({"name":"a","labels":{"k":"v\n"},"list":[1,{"b":null}],)"
                    R"("none":{}})"),
            "name: a\nlabels\n  k: v.\nlist\n  -: 1\n  -\n    b: null\n"
            "none: {}\n");
}

TEST(DisruptiveOutputTest, PrintsATableOrLines) {
  std::ostringstream out;
  {
    ItemPrinter printer(OutputFormat::kText, &out);
    printer.Print(Read<v1::Organization>(
        R"({"name":"organizations/o","displayName":"Mine"})"));
  }
  EXPECT_EQ(out.str(), "ORGANIZATION  NAME\no             Mine\n");
  out.str("");
  ItemPrinter printer(OutputFormat::kJson, &out);
  printer.Print(std::string("device.read"));
  printer.Print(Read<v1::Role>(R"({"name":"r","permissions":[],"x":1})"));
  EXPECT_EQ(out.str(),
            "{\"permission\":\"device.read\"}\n"
            "{\"name\":\"r\",\"permissions\":[],\"x\":1}\n");
}

}  // namespace
}  // namespace sluice
