#include "plugins/disruptive/account_calls.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/http/excerpt.h"
#include "pipeline/json/json_value.h"
#include "plugins/disruptive/api_error.h"
#include "plugins/disruptive/text.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

using google::protobuf::Empty;
namespace json = boost::json;

constexpr char kAccounts[] = "serviceaccounts";

absl::Status CheckName(std::string_view name) {
  if (name.empty()) return ArgumentError("display_name", "needed: a name");
  return CheckText("display_name", name);
}

absl::StatusOr<std::string> ProjectPath(std::string_view project) {
  SLUICE_RETURN_IF_ERROR(CheckId("project_id", project));
  return ApiPath({"projects", project});
}

absl::StatusOr<std::string> RealmPath(const Realm& realm) {
  if (realm.kind == Realm::Kind::kProject) return ProjectPath(realm.id);
  SLUICE_RETURN_IF_ERROR(CheckId("organization_id", realm.id));
  return ApiPath({"organizations", realm.id});
}

absl::StatusOr<std::string> MemberPath(const Realm& realm,
                                       std::string_view member) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, RealmPath(realm));
  SLUICE_RETURN_IF_ERROR(CheckId("member_id", member));
  return path + ApiPath({"members", member});
}

absl::StatusOr<json::array> Roles(const std::vector<std::string>& roles) {
  if (roles.empty()) return ArgumentError("roles", "needed: at least one role");
  for (const std::string& role : roles) {
    SLUICE_RETURN_IF_ERROR(CheckId("roles", role));
  }
  return JsonList("roles/", roles);
}

absl::StatusOr<std::string> AccountPath(std::string_view project,
                                        std::string_view account) {
  SLUICE_RETURN_IF_ERROR(CheckId("project_id", project));
  SLUICE_RETURN_IF_ERROR(CheckId("service_account_id", account));
  return ApiPath({"projects", project, kAccounts, account});
}

absl::StatusOr<std::string> KeyPath(std::string_view project,
                                    std::string_view account,
                                    std::string_view key) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, AccountPath(project, account));
  SLUICE_RETURN_IF_ERROR(CheckId("key_id", key));
  return path + ApiPath({"keys", key});
}

}  // namespace

// --- Projects

absl::StatusOr<ApiCall<v1::Project>> GetProject(std::string_view project) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, ProjectPath(project));
  return ApiCall<v1::Project>{.path = path};
}

absl::StatusOr<ApiList<v1::Project>> ListProjects(std::string_view organization,
                                                  std::string_view query) {
  std::string path = "/projects";
  if (!organization.empty()) {
    SLUICE_RETURN_IF_ERROR(CheckId("organization_id", organization));
    AppendQuery(&path, "organization",
                absl::StrCat("organizations/", ToAbsl(organization)));
  }
  if (!query.empty()) AppendQuery(&path, "query", query);
  return ApiList<v1::Project>{.path = path, .key = "projects"};
}

absl::StatusOr<ApiCall<v1::Project>> CreateProject(
    std::string_view organization, std::string_view display_name) {
  SLUICE_RETURN_IF_ERROR(CheckId("organization_id", organization));
  SLUICE_RETURN_IF_ERROR(CheckName(display_name));
  return ApiCall<v1::Project>{
      .method = "POST",
      .path = "/projects",
      .body = JsonText(
          json::object{{"organization",
                        absl::StrCat("organizations/", ToAbsl(organization))},
                       {"displayName", display_name}}),
      .repeatable = false};
}

absl::StatusOr<ApiCall<Empty>> UpdateProject(std::string_view project,
                                             std::string_view display_name) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, ProjectPath(project));
  SLUICE_RETURN_IF_ERROR(CheckName(display_name));
  return ApiCall<Empty>{
      .method = "PATCH",
      .path = path,
      .body = JsonText(json::object{{"displayName", display_name}})};
}

absl::StatusOr<ApiCall<Empty>> DeleteProject(std::string_view project) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, ProjectPath(project));
  return ApiCall<Empty>{.method = "DELETE", .path = path, .repeatable = false};
}

// --- Organizations

absl::StatusOr<ApiCall<v1::Organization>> GetOrganization(
    std::string_view organization) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(
      path, RealmPath({Realm::Kind::kOrganization, std::string(organization)}));
  return ApiCall<v1::Organization>{.path = path};
}

absl::StatusOr<ApiList<v1::Organization>> ListOrganizations() {
  return ApiList<v1::Organization>{.path = "/organizations",
                                   .key = "organizations"};
}

// --- Members and roles

absl::StatusOr<ApiList<v1::Member>> ListMembers(const Realm& realm) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, RealmPath(realm));
  return ApiList<v1::Member>{.path = path + "/members", .key = "members"};
}

absl::StatusOr<ApiCall<v1::Member>> AddMember(
    const Realm& realm, std::string_view email,
    const std::vector<std::string>& roles) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, RealmPath(realm));
  if (!absl::StrContains(ToAbsl(email), "@")) {
    return ArgumentError(
        "email", absl::StrCat("\"", Excerpt(email), "\" is no e-mail address"));
  }
  SLUICE_RETURN_IF_ERROR(CheckText("email", email));
  json::array list;
  SLUICE_ASSIGN_OR_RETURN(list, Roles(roles));
  return ApiCall<v1::Member>{.method = "POST",
                             .path = path + "/members",
                             .body = JsonText(json::object{
                                 {"roles", std::move(list)}, {"email", email}}),
                             .repeatable = false};
}

absl::StatusOr<ApiCall<v1::Member>> GetMember(const Realm& realm,
                                              std::string_view member) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, MemberPath(realm, member));
  return ApiCall<v1::Member>{.path = path};
}

absl::StatusOr<ApiCall<v1::Member>> UpdateMember(
    std::string_view project, std::string_view member,
    const std::vector<std::string>& roles) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(
      path, MemberPath({Realm::Kind::kProject, std::string(project)}, member));
  json::array list;
  SLUICE_ASSIGN_OR_RETURN(list, Roles(roles));
  return ApiCall<v1::Member>{
      .method = "PATCH",
      .path = path,
      .body = JsonText(json::object{{"roles", std::move(list)}})};
}

absl::StatusOr<ApiCall<Empty>> RemoveMember(const Realm& realm,
                                            std::string_view member) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, MemberPath(realm, member));
  return ApiCall<Empty>{.method = "DELETE", .path = path, .repeatable = false};
}

absl::StatusOr<ApiCall<v1::InviteUrl>> GetMemberInviteUrl(
    const Realm& realm, std::string_view member) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, MemberPath(realm, member));
  return ApiCall<v1::InviteUrl>{.path = path + ":getInviteUrl"};
}

absl::StatusOr<ApiList<std::string>> ListPermissions(const Realm& realm) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, RealmPath(realm));
  return ApiList<std::string>{.path = path + "/permissions",
                              .key = "permissions"};
}

absl::StatusOr<ApiCall<v1::Role>> GetRole(std::string_view role) {
  SLUICE_RETURN_IF_ERROR(CheckId("role", role));
  return ApiCall<v1::Role>{.path = ApiPath({"roles", role})};
}

absl::StatusOr<ApiList<v1::Role>> ListRoles() {
  return ApiList<v1::Role>{.path = "/roles", .key = "roles"};
}

// --- Service accounts

absl::StatusOr<ApiCall<v1::ServiceAccount>> GetServiceAccount(
    std::string_view project, std::string_view account) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, AccountPath(project, account));
  return ApiCall<v1::ServiceAccount>{.path = path};
}

absl::StatusOr<ApiList<v1::ServiceAccount>> ListServiceAccounts(
    std::string_view project) {
  SLUICE_RETURN_IF_ERROR(CheckId("project_id", project));
  return ApiList<v1::ServiceAccount>{
      .path = ApiPath({"projects", project, kAccounts}),
      .key = "serviceAccounts"};
}

absl::StatusOr<ApiCall<v1::ServiceAccount>> CreateServiceAccount(
    std::string_view project, std::string_view display_name, bool basic_auth) {
  SLUICE_RETURN_IF_ERROR(CheckId("project_id", project));
  SLUICE_RETURN_IF_ERROR(CheckText("display_name", display_name));
  json::object body{{"enableBasicAuth", basic_auth}};
  if (!display_name.empty()) body["displayName"] = display_name;
  return ApiCall<v1::ServiceAccount>{
      .method = "POST",
      .path = ApiPath({"projects", project, kAccounts}),
      .body = JsonText(body),
      .repeatable = false};
}

absl::StatusOr<ApiCall<v1::ServiceAccount>> UpdateServiceAccount(
    std::string_view project, std::string_view account,
    const std::optional<std::string>& display_name,
    std::optional<bool> basic_auth) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, AccountPath(project, account));
  json::object body;
  if (display_name.has_value()) {
    SLUICE_RETURN_IF_ERROR(CheckText("display_name", *display_name));
    body["displayName"] = *display_name;
  }
  if (basic_auth.has_value()) body["enableBasicAuth"] = *basic_auth;
  if (body.empty()) {
    return ArgumentError("display_name", "needed: it, or basic_auth_enabled");
  }
  return ApiCall<v1::ServiceAccount>{
      .method = "PATCH", .path = path, .body = JsonText(body)};
}

absl::StatusOr<ApiCall<Empty>> DeleteServiceAccount(std::string_view project,
                                                    std::string_view account) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, AccountPath(project, account));
  return ApiCall<Empty>{.method = "DELETE", .path = path, .repeatable = false};
}

absl::StatusOr<ApiCall<v1::ServiceAccountKey>> GetKey(std::string_view project,
                                                      std::string_view account,
                                                      std::string_view key) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, KeyPath(project, account, key));
  return ApiCall<v1::ServiceAccountKey>{.path = path};
}

absl::StatusOr<ApiList<v1::ServiceAccountKey>> ListKeys(
    std::string_view project, std::string_view account) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, AccountPath(project, account));
  return ApiList<v1::ServiceAccountKey>{.path = path + "/keys", .key = "keys"};
}

absl::StatusOr<ApiCall<v1::NewServiceAccountKey>> CreateKey(
    std::string_view project, std::string_view account) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, AccountPath(project, account));
  return ApiCall<v1::NewServiceAccountKey>{
      .method = "POST", .path = path + "/keys", .repeatable = false};
}

absl::StatusOr<ApiCall<Empty>> DeleteKey(std::string_view project,
                                         std::string_view account,
                                         std::string_view key) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, KeyPath(project, account, key));
  return ApiCall<Empty>{.method = "DELETE", .path = path, .repeatable = false};
}

// --- Claiming

absl::StatusOr<ApiCall<v1::ClaimInfo>> GetClaimInfo(
    std::string_view identifier, std::string_view organization) {
  if (identifier.empty()) {
    return ArgumentError("identifier", "needed: what is printed on the device");
  }
  std::string path = "/claimInfo";
  AppendQuery(&path, "identifier", identifier);
  if (!organization.empty()) {
    SLUICE_RETURN_IF_ERROR(CheckId("organization_id", organization));
    AppendQuery(&path, "organization",
                absl::StrCat("organizations/", ToAbsl(organization)));
  }
  return ApiCall<v1::ClaimInfo>{.path = path};
}

absl::StatusOr<ApiCall<v1::ClaimResult>> ClaimDevices(
    std::string_view project, const std::vector<std::string>& kits,
    const std::vector<std::string>& devices, bool dry_run) {
  SLUICE_RETURN_IF_ERROR(CheckId("target_project_id", project));
  if (kits.empty() && devices.empty()) {
    return ArgumentError("device_ids", "needed: devices, or kit_ids");
  }
  json::object body;
  if (!kits.empty()) {
    SLUICE_RETURN_IF_ERROR(CheckIds("kit_ids", kits));
    body["kitIds"] = JsonList(kits);
  }
  if (!devices.empty()) {
    SLUICE_RETURN_IF_ERROR(CheckIds("device_ids", devices));
    body["deviceIds"] = JsonList(devices);
  }
  std::string path = ApiPath({"projects", project, "devices"}) + ":claim";
  AppendQuery(&path, "dryRun", dry_run ? "true" : "false");
  return ApiCall<v1::ClaimResult>{.method = "POST",
                                  .path = path,
                                  .body = JsonText(body),
                                  .repeatable = dry_run};
}

}  // namespace sluice::disruptive
