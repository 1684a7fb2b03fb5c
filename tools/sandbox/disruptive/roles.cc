#include "tools/sandbox/disruptive/roles.h"

#include "boost/json.hpp"
#include "pipeline/json/json_value.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

const std::vector<Role>& Roles() {
  static const auto* const roles = new std::vector<Role>{
      {"roles/project.user",
       "Project user",
       "Users cannot change anything, just view the data in the Project",
       {"project.read", "membership.read", "sensor.read", "device.read",
        "dataconnector.read", "serviceaccount.read", "serviceaccount.key.read",
        "emulator.read"}},
      {"roles/project.developer",
       "Project developer",
       "Allows editing devices and Project settings",
       {"project.read", "membership.read", "sensor.read", "sensor.update",
        "device.read", "device.update", "dataconnector.create",
        "dataconnector.read", "dataconnector.update", "dataconnector.delete",
        "serviceaccount.read", "serviceaccount.key.read", "emulator.read",
        "emulator.update", "emulator.create", "emulator.delete"}},
      {kProjectAdmin,
       "Project administrator",
       "Allows everything within the Project",
       {"project.read",
        "project.update",
        "project.delete",
        "membership.create",
        "membership.read",
        "membership.update",
        "membership.delete",
        "sensor.read",
        "sensor.update",
        "device.read",
        "device.update",
        "dataconnector.create",
        "dataconnector.read",
        "dataconnector.update",
        "dataconnector.delete",
        "serviceaccount.create",
        "serviceaccount.read",
        "serviceaccount.update",
        "serviceaccount.delete",
        "serviceaccount.key.create",
        "serviceaccount.key.read",
        "serviceaccount.key.delete",
        "emulator.create",
        "emulator.read",
        "emulator.update",
        "emulator.delete"}},
      {kOrganizationAdmin,
       "Organization administrator",
       "Allows everything within the Organization",
       {"organization.read", "organization.update", "project.create",
        "membership.create", "membership.read", "membership.update",
        "membership.delete"}}};
  return *roles;
}

}  // namespace

std::string Role::ToJson() const {
  json::array allowed(permissions.begin(), permissions.end());
  return JsonText(json::object{{"name", name},
                               {"displayName", display_name},
                               {"description", description},
                               {"permissions", std::move(allowed)}});
}

const Role* FindRole(std::string_view name) {
  for (const Role& role : Roles()) {
    if (role.name == name) return &role;
  }
  return nullptr;
}

absl::StatusOr<std::string> ListRoles(const DisruptiveQuery& query) {
  return query.Page("roles", Roles().size(),
                    [](size_t i) { return Roles()[i].ToJson(); });
}

absl::StatusOr<std::string> ListPermissions(const Role& role,
                                            const DisruptiveQuery& query) {
  return query.Page("permissions", role.permissions.size(), [&](size_t i) {
    return JsonText(json::string(role.permissions[i]));
  });
}

}  // namespace sluice::sandbox
