// The roles that members of the emulated Disruptive Technologies API can have.
//
// Names, texts and permissions of project.user and project.developer:
// python-client 1.7.3, tests/api_responses.py; the other two are INFERRED from
// the permissions that file lists for a project and an organization.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_ROLES_H_
#define TOOLS_SANDBOX_DISRUPTIVE_ROLES_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "tools/sandbox/disruptive/disruptive_http.h"

namespace sluice::sandbox {

struct Role {
  std::string name;  // "roles/project.user"
  std::string display_name;
  std::string description;
  std::vector<std::string> permissions;

  std::string ToJson() const;
};

inline constexpr char kProjectAdmin[] = "roles/project.admin";
inline constexpr char kOrganizationAdmin[] = "roles/organization.admin";

// Null: there is none of this name.
const Role* FindRole(std::string_view name);

// GET /roles: {"roles": [...], "nextPageToken": "..."}.
absl::StatusOr<std::string> ListRoles(const DisruptiveQuery& query);

// GET .../permissions: what a role allows, as {"permissions": [...], ...}.
absl::StatusOr<std::string> ListPermissions(const Role& role,
                                            const DisruptiveQuery& query);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_ROLES_H_
