#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/disruptive/account_calls.h"
#include "plugins/disruptive/api_error.h"
#include "plugins/disruptive/connector_calls.h"
#include "plugins/disruptive/device_calls.h"

namespace sluice::disruptive {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

// "METHOD path body" of a call, "GET path key" of a list, or the error.
template <typename Answer>
std::string Text(const absl::StatusOr<ApiCall<Answer>>& call) {
  if (!call.ok()) {
    EXPECT_EQ(call.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_FALSE(ApiErrorOf(call.status()).has_value());
    return std::string(call.status().message());
  }
  return call->method + " " + call->path +
         (call->body.empty() ? "" : " " + call->body);
}

template <typename Item>
std::string Text(const absl::StatusOr<ApiList<Item>>& list) {
  if (!list.ok()) return std::string(list.status().message());
  return "GET " + list->path + " " + list->key;
}

TEST(DeviceCallsTest, AreAsTheOfficialClientSendsThem) {
  EXPECT_EQ(Text(GetDevice("d")), "GET /projects/-/devices/d");
  EXPECT_EQ(Text(GetDevice("d", "p")), "GET /projects/p/devices/d");
  EXPECT_EQ(Text(ListDevices({.project = "p",
                              .query = "a b",
                              .device_ids = {"d", "e"},
                              .device_types = {"co2"},
                              .label_filters = {{"room", "9=9"}, {"any", ""}},
                              .order_by = "-labels.name"})),
            "GET /projects/p/devices?query=a%20b&device_ids=d&device_ids=e&"
            "device_types=co2&order_by=-labels.name&label_filters=room%3D9%3D9&"
            "label_filters=any%3D devices");
  EXPECT_EQ(Text(ListDevices(
                {.project = "-", .organization = "o", .projects = {"p", "q"}})),
            "GET /projects/-/devices?organization=organizations%2Fo&"
            "projects=projects%2Fp&projects=projects%2Fq devices");
  EXPECT_EQ(Text(UpdateLabels("p", {"d", "e"}, {{"k", "v\""}}, {"old"})),
            "POST /projects/p/devices:batchUpdate "
            R"({"devices":["projects/p/devices/d","projects/p/devices/e"],)"
            R"("addLabels":{"k":"v\""},"removeLabels":["old"]})");
  EXPECT_EQ(Text(TransferDevices("p", {"d"}, "q")),
            "POST /projects/q/devices:transfer "
            R"({"devices":["projects/p/devices/d"]})");
  EXPECT_EQ(Text(ListEvents({.project = "p",
                             .device = "d",
                             .event_types = {"touch"},
                             .start = absl::FromUnixSeconds(0),
                             .end = absl::FromUnixMicros(1500000)})),
            "GET /projects/p/devices/d/events?eventTypes=touch&"
            "startTime=1970-01-01T00%3A00%3A00.000000Z&"
            "endTime=1970-01-01T00%3A00%3A01.500000Z events");
}

TEST(DeviceCallsTest, NameTheArgumentThatIsWrong) {
  EXPECT_THAT(Text(GetDevice("")), StartsWith("device_id: needed"));
  EXPECT_THAT(Text(GetDevice("a/b")), StartsWith("device_id: \"a/b\""));
  EXPECT_THAT(Text(GetDevice("d", "..")), StartsWith("project_id: "));
  EXPECT_THAT(Text(ListDevices({.project = "-"})),
              StartsWith("organization_id: needed"));
  EXPECT_THAT(Text(ListDevices({.project = "p", .projects = {"q"}})),
              StartsWith("project_ids: "));
  EXPECT_THAT(Text(ListDevices({.project = "p", .device_types = {"humidty"}})),
              HasSubstr("did you mean \"humidity\"?"));
  EXPECT_THAT(
      Text(ListDevices({.project = "p", .label_filters = {{"a=", ""}}})),
      StartsWith("label_filters: "));
  EXPECT_THAT(Text(UpdateLabels("p", {}, {{"a", "b"}}, {})),
              StartsWith("device_ids: needed"));
  EXPECT_THAT(Text(UpdateLabels("p", {"d"}, {}, {})),
              StartsWith("set_labels: needed"));
  EXPECT_THAT(Text(UpdateLabels("p", {"d"}, {{"a", "\xff"}}, {})),
              StartsWith("set_labels: \"\uFFFD\" is not UTF-8"));
  EXPECT_THAT(Text(TransferDevices("p", {"d"}, "p")),
              StartsWith("target_project_id: "));
  EXPECT_THAT(Text(ListEvents({.project = "p",
                               .device = "d",
                               .start = absl::FromUnixSeconds(2),
                               .end = absl::FromUnixSeconds(1)})),
              StartsWith("start_time: "));
}

TEST(EmulatorCallsTest, AreAsTheOfficialClientSendsThem) {
  EXPECT_EQ(Text(CreateEmulatedDevice("p", "temperature", {{"name", "x"}})),
            "POST /projects/p/devices "
            R"({"type":"temperature","labels":{"name":"x"}})");
  EXPECT_EQ(Text(ListEmulatedDevices("p")), "GET /projects/p/devices devices");
  EXPECT_EQ(Text(GetEmulatedDevice("p", "d")), "GET /projects/p/devices/d");
  EXPECT_EQ(Text(ReplaceEmulatedDevice("p", "d", "touch", {})),
            R"(PUT /projects/p/devices/d {"type":"touch","labels":{}})");
  EXPECT_EQ(Text(DeleteEmulatedDevice("p", "d")),
            "DELETE /projects/p/devices/d");
  EXPECT_EQ(
      Text(PublishEvent("p", "d", "temperature", R"({"value": 22.5})")),
      R"(POST /projects/p/devices/d:publish {"temperature":{"value": 22.5}})");
  EXPECT_EQ(PublishEvent("p", "d", "touch", "{}")->host, ApiHost::kEmulator);
  v1::Event event;
  event.mutable_desk_occupancy()->set_state(v1::DeskOccupancy::OCCUPIED);
  EXPECT_EQ(Text(PublishEvent("p", "d", event)),
            "POST /projects/p/devices/d:publish "
            R"({"deskOccupancy":{"state":"OCCUPIED"}})");
}

TEST(EmulatorCallsTest, NameTheArgumentThatIsWrong) {
  EXPECT_THAT(Text(CreateEmulatedDevice("p", "thermo", {})),
              StartsWith("device_type: unknown type \"thermo\""));
  EXPECT_THAT(Text(PublishEvent("p", "d", "labelsChanged", "{}")),
              StartsWith("event_type: labelsChanged cannot be published"));
  EXPECT_THAT(Text(PublishEvent("p", "d", "temprature", "{}")),
              HasSubstr("did you mean \"temperature\"?"));
  EXPECT_THAT(Text(PublishEvent("p", "d", "touch", "[]")),
              StartsWith("data: is no JSON object"));
  EXPECT_THAT(Text(PublishEvent("p", "d", "touch", "{} }")),
              StartsWith("data: is no JSON object"));
  EXPECT_EQ(Text(PublishEvent("p", "d", "co2", R"({"ppm": "many"})")),
            "data: \"ppm\": \"many\" is nothing for co2, which has ppm, "
            "updateTime");
  EXPECT_THAT(Text(PublishEvent("p", "d", v1::Event())),
              StartsWith("event: has no data"));
}

TEST(ConnectorCallsTest, AreAsTheOfficialClientSendsThem) {
  EXPECT_EQ(Text(GetConnector("p", "c")), "GET /projects/p/dataconnectors/c");
  EXPECT_EQ(Text(ListConnectors("p")),
            "GET /projects/p/dataconnectors dataConnectors");
  EXPECT_EQ(
      Text(CreateConnector("p", {.display_name = "mine",
                                 .event_types = {{"touch"}},
                                 .url = "https://a",
                                 .signature_secret = "s",
                                 .headers = {{{"h", "v"}}}})),
      "POST /projects/p/dataconnectors "
      R"({"displayName":"mine","status":"ACTIVE","events":["touch"],"labels":[],)"
      R"("httpConfig":{"url":"https://a","signatureSecret":"s","headers":{"h":"v"}},)"
      R"("type":"HTTP_PUSH"})");
  EXPECT_EQ(Text(UpdateConnector("p", "c",
                                 {.status = v1::DataConnector::USER_DISABLED})),
            "PATCH /projects/p/dataconnectors/c "
            R"({"status":"USER_DISABLED"})");
  EXPECT_EQ(Text(DeleteConnector("p", "c")),
            "DELETE /projects/p/dataconnectors/c");
  EXPECT_EQ(Text(GetConnectorMetrics("p", "c")),
            "GET /projects/p/dataconnectors/c:metrics");
  EXPECT_EQ(Text(SyncConnector("p", "c")),
            "POST /projects/p/dataconnectors/c:sync");
}

TEST(ConnectorCallsTest, NameTheArgumentThatIsWrong) {
  EXPECT_THAT(Text(GetConnector("p", "c:metrics")),
              StartsWith("data_connector_id: "));
  EXPECT_THAT(Text(CreateConnector("p", {})), StartsWith("url: needed"));
  EXPECT_THAT(Text(CreateConnector("p", {.url = "ftp://a"})),
              StartsWith("url: \"ftp://a\""));
  EXPECT_THAT(Text(UpdateConnector("p", "c", {})), StartsWith("fields: "));
  EXPECT_THAT(Text(UpdateConnector("p", "c", {.headers = {{{"a b", "c"}}}})),
              StartsWith("headers: "));
  EXPECT_THAT(Text(UpdateConnector(
                  "p", "c", {.status = v1::DataConnector::SYSTEM_DISABLED})),
              StartsWith("status: "));
  EXPECT_THAT(Text(UpdateConnector("p", "c", {.signature_secret = "s\xff"})),
              ::testing::Not(HasSubstr("\"s")));
}

TEST(AccountCallsTest, AreAsTheOfficialClientSendsThem) {
  const Realm project{Realm::Kind::kProject, "p"};
  const Realm organization{Realm::Kind::kOrganization, "o"};
  EXPECT_EQ(Text(GetProject("p")), "GET /projects/p");
  EXPECT_EQ(Text(ListProjects("o", "x")),
            "GET /projects?organization=organizations%2Fo&query=x projects");
  EXPECT_EQ(
      Text(CreateProject("o", "n")),
      R"(POST /projects {"organization":"organizations/o","displayName":"n"})");
  EXPECT_EQ(Text(UpdateProject("p", "n")),
            R"(PATCH /projects/p {"displayName":"n"})");
  EXPECT_EQ(Text(DeleteProject("p")), "DELETE /projects/p");
  EXPECT_EQ(Text(GetOrganization("o")), "GET /organizations/o");
  EXPECT_EQ(Text(ListOrganizations()), "GET /organizations organizations");
  EXPECT_EQ(Text(ListMembers(organization)),
            "GET /organizations/o/members members");
  EXPECT_EQ(
      Text(AddMember(project, "a@b", {"project.user"})),
      R"(POST /projects/p/members {"roles":["roles/project.user"],"email":"a@b"})");
  EXPECT_EQ(Text(UpdateMember("p", "m", {"project.admin"})),
            R"(PATCH /projects/p/members/m {"roles":["roles/project.admin"]})");
  EXPECT_EQ(Text(RemoveMember(organization, "m")),
            "DELETE /organizations/o/members/m");
  EXPECT_EQ(Text(GetMemberInviteUrl(project, "m")),
            "GET /projects/p/members/m:getInviteUrl");
  EXPECT_EQ(Text(ListPermissions(project)),
            "GET /projects/p/permissions permissions");
  EXPECT_EQ(Text(GetRole("project.user")), "GET /roles/project.user");
  EXPECT_EQ(
      Text(CreateServiceAccount("p", "n", true)),
      R"(POST /projects/p/serviceaccounts {"enableBasicAuth":true,"displayName":"n"})");
  EXPECT_EQ(Text(UpdateServiceAccount("p", "s", std::nullopt, false)),
            R"(PATCH /projects/p/serviceaccounts/s {"enableBasicAuth":false})");
  EXPECT_EQ(Text(CreateKey("p", "s")),
            "POST /projects/p/serviceaccounts/s/keys");
  EXPECT_EQ(Text(DeleteKey("p", "s", "k")),
            "DELETE /projects/p/serviceaccounts/s/keys/k");
  EXPECT_EQ(Text(GetClaimInfo("12 3", "o")),
            "GET /claimInfo?identifier=12%203&organization=organizations%2Fo");
  EXPECT_EQ(Text(ClaimDevices("p", {"k"}, {"d"}, true)),
            "POST /projects/p/devices:claim?dryRun=true "
            R"({"kitIds":["k"],"deviceIds":["d"]})");
}

TEST(AccountCallsTest, NameTheArgumentThatIsWrong) {
  EXPECT_THAT(Text(GetProject("")), StartsWith("project_id: needed"));
  EXPECT_THAT(Text(CreateProject("o", "")), StartsWith("display_name: needed"));
  EXPECT_THAT(Text(ListMembers({Realm::Kind::kOrganization, "a b"})),
              StartsWith("organization_id: "));
  EXPECT_THAT(Text(AddMember({Realm::Kind::kProject, "p"}, "nobody", {"r"})),
              StartsWith("email: \"nobody\""));
  EXPECT_THAT(Text(UpdateMember("p", "m", {})), StartsWith("roles: needed"));
  EXPECT_THAT(Text(UpdateServiceAccount("p", "s", std::nullopt, std::nullopt)),
              StartsWith("display_name: needed"));
  EXPECT_THAT(Text(GetKey("p", "s", "")), StartsWith("key_id: needed"));
  EXPECT_THAT(Text(GetClaimInfo("")), StartsWith("identifier: needed"));
  EXPECT_THAT(Text(ClaimDevices("p", {}, {}, true)),
              StartsWith("device_ids: needed"));
}

}  // namespace
}  // namespace sluice::disruptive
