#include "tools/sandbox/disruptive/administration.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;
using testing::HasSubstr;

class AdministrationTest : public testing::Test {
 protected:
  AdministrationTest()
      : projects_("organizations/o", &devices_),
        administration_(
            {.projects = &projects_,
             .devices = &devices_,
             .now = [this] { return now_; },
             .new_id = [this] { return absl::StrCat("id", ++ids_); }}) {
    projects_.Add("p", "Project");
    ServiceAccount account;
    account.id = "first";
    account.project = "p";
    account.email = AccountEmail("first", "p");
    account.display_name = "First";
    account.keys.push_back({"key", "secret", now_});
    administration_.AddFirstAccount(std::move(account));
  }

  Administration::Answer Ask(const std::string& method,
                             const std::string& target,
                             const std::string& body = "") {
    HttpServerRequest request;
    request.method = method;
    const size_t mark = std::min(target.find('?'), target.size());
    request.path = target.substr(0, mark);
    if (mark < target.size()) request.query = target.substr(mark + 1);
    request.body = body;
    const DisruptivePath path = DisruptivePath::Parse(request.path);
    const DisruptiveQuery query(request.query);
    auto answer = administration_.Handle({request, path, query});
    return answer.value_or(absl::UnimplementedError("of somebody else"));
  }

  json::object Get(const std::string& target) {
    const Administration::Answer answer = Ask("GET", target);
    EXPECT_TRUE(answer.ok()) << answer.status();
    return json::parse(answer.value_or("{}")).as_object();
  }

  absl::StatusCode Error(const std::string& method, const std::string& target,
                         const std::string& body = "") {
    return Ask(method, target, body).status().code();
  }

  DeviceRegistry devices_;
  ProjectRegistry projects_;
  absl::Time now_ = absl::FromUnixSeconds(1'600'000'000);
  int ids_ = 0;
  Administration administration_;
};

TEST_F(AdministrationTest, LeavesOtherPathsAlone) {
  EXPECT_EQ(Error("GET", "projects"), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Error("GET", "projects/p"), absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Error("GET", "projects/p/devices"),
            absl::StatusCode::kUnimplemented);
  EXPECT_EQ(Error("GET", "projects/p/devices/d/events"),
            absl::StatusCode::kUnimplemented);
}

TEST_F(AdministrationTest, HasOneOrganization) {
  EXPECT_EQ(Get("organizations").at("organizations").as_array().size(), 1u);
  EXPECT_EQ(Get("organizations/o").at("name"), "organizations/o");
  EXPECT_THAT(*Ask("GET", "organizations/o/permissions"),
              HasSubstr("project.create"));
  EXPECT_EQ(Error("GET", "organizations/x"), absl::StatusCode::kNotFound);
  EXPECT_EQ(Error("DELETE", "organizations/o"), absl::StatusCode::kNotFound);
}

TEST_F(AdministrationTest, ListsRolesAndWhatTheyAllow) {
  EXPECT_EQ(Get("roles").at("roles").as_array().size(), 4u);
  EXPECT_EQ(Get("roles/project.user").at("displayName"), "Project user");
  EXPECT_EQ(Error("GET", "roles/king"), absl::StatusCode::kNotFound);
  EXPECT_THAT(*Ask("GET", "projects/p/permissions"),
              HasSubstr("serviceaccount.key.create"));
  EXPECT_EQ(Error("GET", "projects/q/permissions"),
            absl::StatusCode::kNotFound);
}

TEST_F(AdministrationTest, InvitesUsersAndChangesTheirRoles) {
  const std::string members = "projects/p/members";
  const std::string body =
      R"({"email":"ann@example.org","roles":["roles/project.user"]})";
  const auto added = Ask("POST", members, body);
  ASSERT_TRUE(added.ok()) << added.status();
  EXPECT_THAT(*added, HasSubstr(R"("name":"projects/p/members/id1")"));
  EXPECT_THAT(*added, HasSubstr(R"("status":"PENDING")"));
  EXPECT_EQ(Error("POST", members, body), absl::StatusCode::kAlreadyExists);
  EXPECT_THAT(*Ask("GET", members + "/id1:getInviteUrl"),
              HasSubstr("inviteUrl"));
  EXPECT_THAT(
      *Ask("PATCH", members + "/id1", R"({"roles":["roles/project.admin"]})"),
      HasSubstr("roles/project.admin"));
  EXPECT_EQ(Get(members).at("members").as_array().size(), 2u);
  EXPECT_EQ(*Ask("DELETE", members + "/id1"), "{}");
  EXPECT_EQ(Error("GET", members + "/id1"), absl::StatusCode::kNotFound);
}

TEST_F(AdministrationTest, RefusesMembersThatCannotBe) {
  for (const char* body :
       {"", "{}", R"({"email":"a","roles":["roles/project.user"]})",
        R"({"email":"a@b","roles":[]})",
        R"({"email":"a@b","roles":["roles/organization.admin"]})",
        R"({"email":"a@b","roles":["roles/king"]})",
        R"({"email":"a@b","roles":"roles/project.user"})"}) {
    EXPECT_EQ(Error("POST", "projects/p/members", body),
              absl::StatusCode::kInvalidArgument)
        << body;
  }
}

TEST_F(AdministrationTest, AccountsAreMembersAtOnce) {
  EXPECT_THAT(*Ask("GET", "projects/p/members/first"),
              HasSubstr("SERVICE_ACCOUNT"));
  EXPECT_EQ(Error("GET", "projects/p/members/first:getInviteUrl"),
            absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(*Ask("GET", "organizations/o/members/first"),
              HasSubstr("roles/organization.admin"));
}

TEST_F(AdministrationTest, MakesAccountsWithKeysThatCanBeFound) {
  const std::string accounts = "projects/p/serviceaccounts";
  EXPECT_EQ(Error("POST", accounts, R"({"enableBasicAuth":1})"),
            absl::StatusCode::kInvalidArgument);
  ids_ = 0;
  const auto made =
      Ask("POST", accounts, R"({"displayName":"New","enableBasicAuth":true})");
  ASSERT_TRUE(made.ok()) << made.status();
  EXPECT_THAT(*made, HasSubstr("id1@p.serviceaccount.d21s.com"));
  EXPECT_THAT(*made, HasSubstr("2020-09-13T12:26:40.000000Z"));
  const auto key = Ask("POST", accounts + "/id1/keys");
  ASSERT_TRUE(key.ok()) << key.status();
  const auto found = administration_.accounts().FindKey("id2");
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->account->id, "id1");
  EXPECT_EQ(found->key->secret.size(), 32u);
  EXPECT_THAT(*key, HasSubstr(found->key->secret));
  EXPECT_THAT(*Ask("GET", accounts + "/id1/keys/id2"),
              Not(HasSubstr(found->key->secret)));
  EXPECT_EQ(Get(accounts + "/id1/keys").at("keys").as_array().size(), 1u);
  EXPECT_EQ(*Ask("DELETE", accounts + "/id1/keys/id2"), "{}");
  EXPECT_FALSE(administration_.accounts().FindKey("id2").has_value());
  EXPECT_EQ(Error("DELETE", accounts + "/id1/keys/id2"),
            absl::StatusCode::kNotFound);
}

TEST_F(AdministrationTest, ForgetsAccountsThatAreDeleted) {
  const std::string account = "projects/p/serviceaccounts/first";
  now_ += absl::Seconds(1);
  EXPECT_THAT(*Ask("PATCH", account, R"({"displayName":"Other"})"),
              HasSubstr("2020-09-13T12:26:41.000000Z"));
  EXPECT_EQ(*Ask("DELETE", account), "{}");
  EXPECT_EQ(Error("GET", account), absl::StatusCode::kNotFound);
  EXPECT_EQ(Error("GET", "projects/p/members/first"),
            absl::StatusCode::kNotFound);
  EXPECT_FALSE(administration_.accounts().FindKey("key").has_value());
}

class ClaimTest : public AdministrationTest {
 protected:
  ClaimTest() {
    Kit kit;
    kit.id = "box";
    for (const char* id : {"a", "b"}) {
      Device device;
      device.id = id;
      device.type = "touch";
      kit.devices.push_back(std::move(device));
    }
    administration_.claim_desk().Add(std::move(kit));
  }
};

TEST_F(ClaimTest, TellsOfBoxesAndDevices) {
  EXPECT_EQ(Get("claimInfo?identifier=box").at("type"), "KIT");
  const json::object device = Get("claimInfo?identifier=a");
  EXPECT_EQ(device.at("type"), "DEVICE");
  EXPECT_EQ(device.at("device").at("isClaimed"), false);
  EXPECT_EQ(Error("GET", "claimInfo?identifier=x"),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(Error("GET", "claimInfo"), absl::StatusCode::kInvalidArgument);
}

TEST_F(ClaimTest, ADryRunChangesNothing) {
  const std::string body = R"({"kitIds":["box"]})";
  EXPECT_THAT(*Ask("POST", "projects/p/devices:claim", body),
              HasSubstr(R"("deviceId":"b")"));
  EXPECT_EQ(devices_.Find("p", "a"), nullptr);
  EXPECT_THAT(*Ask("POST", "projects/p/devices:claim?dryRun=false", body),
              HasSubstr(R"("deviceId":"b")"));
  ASSERT_NE(devices_.Find("p", "a"), nullptr);
  EXPECT_EQ(Get("claimInfo?identifier=a").at("device").at("isClaimed"), true);
}

TEST_F(ClaimTest, SaysWhatCannotBeClaimed) {
  const std::string path = "projects/p/devices:claim?dryRun=false";
  ASSERT_TRUE(Ask("POST", path, R"({"deviceIds":["a"]})").ok());
  const auto answer =
      Ask("POST", path, R"({"deviceIds":["a","x"],"kitIds":["y"]})");
  EXPECT_EQ(*answer,
            R"({"claimedDevices":[],"claimErrors":{"devices":[)"
            R"({"deviceId":"a","code":"ALREADY_CLAIMED",)"
            R"("message":"device already claimed"},)"
            R"({"deviceId":"x","code":"NOT_FOUND",)"
            R"("message":"device not found"}],"kits":[)"
            R"({"kitId":"y","code":"NOT_FOUND","message":"kit not found"}]}})");
  EXPECT_EQ(Error("POST", path, R"({"deviceIds":"a"})"),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace sluice::sandbox
