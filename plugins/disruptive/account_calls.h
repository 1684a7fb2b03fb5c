// Calls about projects, organizations, their members, service accounts, and
// claiming devices. Each returns kInvalidArgument, with the name of the
// argument, when it cannot be sent like that.
//
// Sources: python-client 1.7.3, disruptive/resources/project.py,
// organization.py, role.py, service_account.py, claim.py.
#ifndef PLUGINS_DISRUPTIVE_ACCOUNT_CALLS_H_
#define PLUGINS_DISRUPTIVE_ACCOUNT_CALLS_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/empty.pb.h"
#include "plugins/disruptive/api_call.h"
#include "proto/disruptive/v1/account.pb.h"

namespace sluice::disruptive {

// --- Projects

absl::StatusOr<ApiCall<v1::Project>> GetProject(std::string_view project);
// Of all organizations unless one is given; `query`: words of the name.
absl::StatusOr<ApiList<v1::Project>> ListProjects(
    std::string_view organization = "", std::string_view query = "");
absl::StatusOr<ApiCall<v1::Project>> CreateProject(
    std::string_view organization, std::string_view display_name);
absl::StatusOr<ApiCall<google::protobuf::Empty>> UpdateProject(
    std::string_view project, std::string_view display_name);
absl::StatusOr<ApiCall<google::protobuf::Empty>> DeleteProject(
    std::string_view project);

// --- Organizations

absl::StatusOr<ApiCall<v1::Organization>> GetOrganization(
    std::string_view organization);
absl::StatusOr<ApiList<v1::Organization>> ListOrganizations();

// --- Members and roles, of a project or of an organization

struct Realm {
  enum class Kind { kProject, kOrganization };
  Kind kind = Kind::kProject;
  std::string id;
};

absl::StatusOr<ApiList<v1::Member>> ListMembers(const Realm& realm);
// `roles`: "project.user", "project.developer", "project.admin",
// "organization.admin".
absl::StatusOr<ApiCall<v1::Member>> AddMember(
    const Realm& realm, std::string_view email,
    const std::vector<std::string>& roles);
absl::StatusOr<ApiCall<v1::Member>> GetMember(const Realm& realm,
                                              std::string_view member);
// Of a project only.
absl::StatusOr<ApiCall<v1::Member>> UpdateMember(
    std::string_view project, std::string_view member,
    const std::vector<std::string>& roles);
absl::StatusOr<ApiCall<google::protobuf::Empty>> RemoveMember(
    const Realm& realm, std::string_view member);
absl::StatusOr<ApiCall<v1::InviteUrl>> GetMemberInviteUrl(
    const Realm& realm, std::string_view member);
// What we may do.
absl::StatusOr<ApiList<std::string>> ListPermissions(const Realm& realm);
absl::StatusOr<ApiCall<v1::Role>> GetRole(std::string_view role);
absl::StatusOr<ApiList<v1::Role>> ListRoles();

// --- Service accounts

absl::StatusOr<ApiCall<v1::ServiceAccount>> GetServiceAccount(
    std::string_view project, std::string_view account);
absl::StatusOr<ApiList<v1::ServiceAccount>> ListServiceAccounts(
    std::string_view project);
absl::StatusOr<ApiCall<v1::ServiceAccount>> CreateServiceAccount(
    std::string_view project, std::string_view display_name, bool basic_auth);
// Needs one of the two.
absl::StatusOr<ApiCall<v1::ServiceAccount>> UpdateServiceAccount(
    std::string_view project, std::string_view account,
    const std::optional<std::string>& display_name,
    std::optional<bool> basic_auth);
absl::StatusOr<ApiCall<google::protobuf::Empty>> DeleteServiceAccount(
    std::string_view project, std::string_view account);
absl::StatusOr<ApiCall<v1::ServiceAccountKey>> GetKey(std::string_view project,
                                                      std::string_view account,
                                                      std::string_view key);
absl::StatusOr<ApiList<v1::ServiceAccountKey>> ListKeys(
    std::string_view project, std::string_view account);
absl::StatusOr<ApiCall<v1::NewServiceAccountKey>> CreateKey(
    std::string_view project, std::string_view account);
absl::StatusOr<ApiCall<google::protobuf::Empty>> DeleteKey(
    std::string_view project, std::string_view account, std::string_view key);

// --- Claiming

// What the identifier on a box or device stands for.
absl::StatusOr<ApiCall<v1::ClaimInfo>> GetClaimInfo(
    std::string_view identifier, std::string_view organization = "");
// Takes kits and devices into `project`; `dry_run`: only says what would be.
absl::StatusOr<ApiCall<v1::ClaimResult>> ClaimDevices(
    std::string_view project, const std::vector<std::string>& kits,
    const std::vector<std::string>& devices, bool dry_run);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_ACCOUNT_CALLS_H_
