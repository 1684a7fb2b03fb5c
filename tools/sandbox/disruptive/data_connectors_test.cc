#include "tools/sandbox/disruptive/data_connectors.h"

#include <string>

#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using ::testing::HasSubstr;

json::object Fields(const std::string& text) {
  return json::parse(text).as_object();
}

class DataConnectorsTest : public ::testing::Test {
 protected:
  DataConnector* Create(const std::string& text) {
    const auto created = connectors_.Create("c1", "p1", Fields(text));
    EXPECT_TRUE(created.ok()) << created.status();
    return created.ok() ? *created : nullptr;
  }
  std::string Refusal(const std::string& text) {
    const absl::Status status =
        connectors_.Create("c1", "p1", Fields(text)).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    return std::string(status.message());
  }

  DataConnectors connectors_{DataConnectorRules()};
};

TEST_F(DataConnectorsTest, IsWhatTheClientSends) {
  // As python-client 1.7.3 creates one.
  const DataConnector* connector = Create(
      R"({"status": "ACTIVE", "events": ["touch", "labelsChanged"],
          "labels": ["name"], "displayName": "my-first-dcon",
          "type": "HTTP_PUSH",
          "httpConfig": {"url": "https://h/p", "signatureSecret": "s",
                         "headers": {"some-header": "abc123"}}})");
  EXPECT_EQ(
      connector->ToJson(),
      R"({"name":"projects/p1/dataconnectors/c1","displayName":"my-first-dcon","type":"HTTP_PUSH","status":"ACTIVE","events":["touch","labelsChanged"],"labels":["name"],"httpConfig":{"url":"https://h/p","signatureSecret":"s","headers":{"some-header":"abc123"}}})");
  EXPECT_TRUE(connector->Wants("touch"));
  EXPECT_FALSE(connector->Wants("temperature"));
}

TEST_F(DataConnectorsTest, ForwardsAllTypesWhenNoneIsNamed) {
  DataConnector* connector = Create(
      R"({"type":"HTTP_PUSH","events":[],"httpConfig":{"url":"https://h"}})");
  EXPECT_TRUE(connector->Wants("touch"));
  EXPECT_TRUE(
      connectors_.Update(*connector, Fields(R"({"status":"USER_DISABLED"})"))
          .ok());
  EXPECT_FALSE(connector->Wants("touch"));
}

TEST_F(DataConnectorsTest, ChangesOnlyWhatIsGiven) {
  DataConnector* connector = Create(
      R"({"type":"HTTP_PUSH","displayName":"a","labels":["x"],"httpConfig":{"url":"https://h","signatureSecret":"s","headers":{"a":"b"}}})");
  ASSERT_TRUE(connectors_
                  .Update(*connector,
                          Fields(R"({"httpConfig":{"url":"https://other"}})"))
                  .ok());
  EXPECT_EQ(connector->url, "https://other");
  EXPECT_EQ(connector->signature_secret, "s");
  EXPECT_EQ(connector->headers.size(), 1u);
  EXPECT_EQ(connector->display_name, "a");
  // Nothing changes if something is wrong.
  EXPECT_FALSE(
      connectors_
          .Update(*connector, Fields(R"({"displayName":"b","status":"ON"})"))
          .ok());
  EXPECT_EQ(connector->display_name, "a");
  EXPECT_FALSE(
      connectors_.Update(*connector, Fields(R"({"type":"AWS_SQS"})")).ok());
}

TEST_F(DataConnectorsTest, NamesWhatIsWrong) {
  EXPECT_THAT(Refusal("{}"), HasSubstr("type must be HTTP_PUSH"));
  EXPECT_THAT(Refusal(R"({"type":"AWS_SQS"})"), HasSubstr("type"));
  EXPECT_THAT(Refusal(R"({"type":"HTTP_PUSH"})"), HasSubstr("httpConfig"));
  EXPECT_THAT(Refusal(R"({"type":"HTTP_PUSH","httpConfig":[]})"),
              HasSubstr("httpConfig"));
  for (const char* url : {"", "h/p", "ftp://h", "javascript:1"}) {
    EXPECT_THAT(
        Refusal(std::string(R"({"type":"HTTP_PUSH","httpConfig":{"url":")") +
                url + "\"}}"),
        HasSubstr("httpConfig.url"))
        << url;
  }
  const std::string head =
      R"({"type":"HTTP_PUSH","httpConfig":{"url":"https://h"},)";
  EXPECT_THAT(Refusal(head + R"("status":"SYSTEM_DISABLED"})"),
              HasSubstr("status"));
  EXPECT_THAT(Refusal(head + R"("events":["tuch"]})"), HasSubstr("\"tuch\""));
  EXPECT_THAT(Refusal(head + R"("labels":{}})"), HasSubstr("labels"));
  for (const char* header :
       {R"("Host":"x")", R"("X-Dt-Signature":"x")", R"("a b":"x")", R"("":"x")",
        R"("a":"x\r\nb: c")"}) {
    EXPECT_THAT(
        Refusal(
            std::string(
                R"({"type":"HTTP_PUSH","httpConfig":{"url":"https://h","headers":{)") +
            header + "}}}"),
        HasSubstr("httpConfig.headers"))
        << header;
  }
}

TEST_F(DataConnectorsTest, TakesPlainHttpOnlyWhereAllowed) {
  const json::object fields =
      Fields(R"({"type":"HTTP_PUSH","httpConfig":{"url":"http://h"}})");
  EXPECT_TRUE(connectors_.Create("c1", "p1", fields).ok());
  DataConnectors strict({.allow_plain_http = false});
  EXPECT_FALSE(strict.Create("c1", "p1", fields).ok());
}

TEST_F(DataConnectorsTest, ListsThoseOfAProjectInPages) {
  const json::object fields =
      Fields(R"({"type":"HTTP_PUSH","httpConfig":{"url":"https://h"}})");
  for (int i = 0; i < 3; ++i) {
    ASSERT_TRUE(connectors_.Create("c" + std::to_string(i), "p1", fields).ok());
  }
  ASSERT_TRUE(connectors_.Create("d", "p2", fields).ok());
  const auto first = connectors_.List("p1", DisruptiveQuery("pageSize=2"));
  ASSERT_TRUE(first.ok());
  const json::value page = json::parse(*first);
  EXPECT_EQ(page.at("dataConnectors").as_array().size(), 2u);
  const auto second = connectors_.List(
      "p1", DisruptiveQuery(std::string("page_token=") +
                            page.at("nextPageToken").as_string().c_str()));
  EXPECT_THAT(*second, HasSubstr("projects/p1/dataconnectors/c2"));
  EXPECT_THAT(*second, HasSubstr(R"("nextPageToken":"")"));
  EXPECT_FALSE(connectors_.List("p1", DisruptiveQuery("pageToken=x")).ok());
  EXPECT_EQ(connectors_.Find("p2", "c1"), nullptr);
  connectors_.Remove("c1");
  EXPECT_EQ(connectors_.Find("p1", "c1"), nullptr);
}

}  // namespace
}  // namespace sluice::sandbox
