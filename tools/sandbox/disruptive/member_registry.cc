#include "tools/sandbox/disruptive/member_registry.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/rfc3339.h"
#include "storage/base/status_macros.h"
#include "tools/sandbox/disruptive/request_json.h"
#include "tools/sandbox/disruptive/roles.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view kOrganizations = "organizations/";
constexpr std::string_view kOrganizationRoles = "roles/organization.";

}  // namespace

std::string Member::Name() const {
  return absl::StrCat(owner, "/members/", id);
}

std::string Member::ToJson() const {
  return JsonText(
      json::object{{"name", Name()},
                   {"displayName", display_name},
                   {"roles", json::array(roles.begin(), roles.end())},
                   {"status", is_account ? "ACCEPTED" : "PENDING"},
                   {"email", email},
                   {"accountType", is_account ? "SERVICE_ACCOUNT" : "USER"},
                   {"createTime", Rfc3339Micros(created)}});
}

absl::StatusOr<std::vector<std::string>> RolesOf(const json::object& fields,
                                                 std::string_view owner) {
  std::vector<std::string> roles;
  SLUICE_ASSIGN_OR_RETURN(roles, TextList(fields, "roles"));
  if (roles.empty()) return absl::InvalidArgumentError("roles is needed");
  const bool is_organization = owner.starts_with(kOrganizations);
  for (const std::string& role : roles) {
    if (FindRole(role) == nullptr ||
        role.starts_with(kOrganizationRoles) != is_organization) {
      return absl::InvalidArgumentError(
          absl::StrCat("roles: there is no role \"", role, "\" here"));
    }
  }
  return roles;
}

absl::StatusOr<Member*> MemberRegistry::Add(Member member) {
  for (const auto& other : members_) {
    if (other->owner == member.owner && other->email == member.email) {
      return absl::AlreadyExistsError("already exists");
    }
  }
  members_.push_back(std::make_unique<Member>(std::move(member)));
  return members_.back().get();
}

void MemberRegistry::Remove(std::string_view owner, std::string_view id) {
  std::erase_if(members_, [&](const auto& member) {
    return member->owner == owner && member->id == id;
  });
}

void MemberRegistry::RemoveAllOf(std::string_view owner) {
  std::erase_if(members_,
                [&](const auto& member) { return member->owner == owner; });
}

void MemberRegistry::RemoveAccount(std::string_view id) {
  std::erase_if(members_, [&](const auto& member) {
    return member->is_account && member->id == id;
  });
}

Member* MemberRegistry::Find(std::string_view owner, std::string_view id) {
  for (const auto& member : members_) {
    if (member->owner == owner && member->id == id) return member.get();
  }
  return nullptr;
}

absl::StatusOr<std::string> MemberRegistry::List(
    std::string_view owner, const DisruptiveQuery& query) const {
  std::vector<const Member*> listed;
  for (const auto& member : members_) {
    if (member->owner == owner) listed.push_back(member.get());
  }
  return query.Page("members", listed.size(),
                    [&](size_t i) { return listed[i]->ToJson(); });
}

}  // namespace sluice::sandbox
