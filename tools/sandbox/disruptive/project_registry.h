// The projects of the emulated Disruptive Technologies API.
//
// Shapes: python-client 1.7.3, disruptive/resources/project.py and
// tests/api_responses.py.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_PROJECT_REGISTRY_H_
#define TOOLS_SANDBOX_DISRUPTIVE_PROJECT_REGISTRY_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "boost/json/object.hpp"
#include "tools/sandbox/disruptive/device_registry.h"
#include "tools/sandbox/disruptive/disruptive_http.h"

namespace sluice::sandbox {

// The name of the one organization, for people.
inline constexpr char kOrganizationName[] = "Sluice";

struct Project {
  std::string id;
  std::string display_name;
  std::string organization;  // "organizations/<id>"
};

// Projects of one organization. Not thread-safe.
class ProjectRegistry {
 public:
  // `devices` outlives it and is asked how many a project has.
  ProjectRegistry(std::string organization, const DeviceRegistry* devices)
      : organization_(std::move(organization)), devices_(devices) {}

  const std::string& organization() const { return organization_; }

  Project* Add(std::string id, std::string display_name);
  // Null: no such project.
  Project* Find(std::string_view id);

  // POST: a new project of the organization with these fields.
  //   kInvalidArgument, kNotFound (the organization); the message names it.
  absl::StatusOr<Project*> Create(std::string id,
                                  const boost::json::object& fields);
  // PATCH: another name.
  absl::Status Update(Project& project, const boost::json::object& fields);
  // DELETE. kInvalidArgument: there are devices in it.
  absl::Status Remove(std::string_view id);

  // GET: {"projects": [...], "nextPageToken": "..."}, by `organization` and
  // `query` (a part of the name or id).
  absl::StatusOr<std::string> List(const DisruptiveQuery& query) const;

  std::string ToJson(const Project& project) const;

 private:
  const std::string organization_;
  const DeviceRegistry* const devices_;
  std::vector<std::unique_ptr<Project>> projects_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_PROJECT_REGISTRY_H_
