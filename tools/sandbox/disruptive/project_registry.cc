#include "tools/sandbox/disruptive/project_registry.h"

#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/disruptive/request_json.h"

namespace sluice::sandbox {
namespace {

namespace json = boost::json;

constexpr std::string_view kCloudConnectorType = "ccon";

// No text matches everything.
bool Mentions(const std::string& text, const std::string& lower_keyword) {
  return absl::StrContains(absl::AsciiStrToLower(text), lower_keyword);
}

}  // namespace

Project* ProjectRegistry::Add(std::string id, std::string display_name) {
  projects_.push_back(std::make_unique<Project>(
      Project{std::move(id), std::move(display_name), organization_}));
  return projects_.back().get();
}

Project* ProjectRegistry::Find(std::string_view id) {
  for (const auto& project : projects_) {
    if (project->id == id) return project.get();
  }
  return nullptr;
}

absl::StatusOr<Project*> ProjectRegistry::Create(std::string id,
                                                 const json::object& fields) {
  std::string organization;
  SLUICE_ASSIGN_OR_RETURN(organization, TextOf(fields, "organization"));
  if (organization.empty()) {
    return absl::InvalidArgumentError("organization is needed");
  }
  if (organization != organization_) {
    return absl::NotFoundError("organization not found");
  }
  std::string display_name;
  SLUICE_ASSIGN_OR_RETURN(display_name, TextOf(fields, "displayName"));
  if (display_name.empty()) {
    return absl::InvalidArgumentError("displayName is needed");
  }
  return Add(std::move(id), std::move(display_name));
}

absl::Status ProjectRegistry::Update(Project& project,
                                     const json::object& fields) {
  SLUICE_ASSIGN_OR_RETURN(project.display_name,
                          TextOf(fields, "displayName", project.display_name));
  return absl::OkStatus();
}

absl::Status ProjectRegistry::Remove(std::string_view id) {
  for (const auto& device : devices_->devices()) {
    if (device->project == id) {
      return absl::InvalidArgumentError("the project still has devices");
    }
  }
  std::erase_if(projects_,
                [id](const auto& project) { return project->id == id; });
  return absl::OkStatus();
}

absl::StatusOr<std::string> ProjectRegistry::List(
    const DisruptiveQuery& query) const {
  const auto organization = query.One("organization");
  const std::string keyword =
      absl::AsciiStrToLower(query.One("query").value_or(""));
  std::vector<const Project*> listed;
  for (const auto& project : projects_) {
    if (organization.has_value() && *organization != project->organization) {
      continue;
    }
    if (!Mentions(project->display_name, keyword) &&
        !Mentions(project->id, keyword)) {
      continue;
    }
    listed.push_back(project.get());
  }
  return query.Page("projects", listed.size(),
                    [&](size_t i) { return ToJson(*listed[i]); });
}

std::string ProjectRegistry::ToJson(const Project& project) const {
  int64_t sensors = 0;
  int64_t cloud_connectors = 0;
  for (const auto& device : devices_->devices()) {
    if (device->project != project.id) continue;
    ++(device->type == kCloudConnectorType ? cloud_connectors : sensors);
  }
  return JsonText(json::object{{"name", absl::StrCat("projects/", project.id)},
                               {"displayName", project.display_name},
                               {"inventory", false},
                               {"organization", project.organization},
                               {"organizationDisplayName", kOrganizationName},
                               {"sensorCount", sensors},
                               {"cloudConnectorCount", cloud_connectors}});
}

}  // namespace sluice::sandbox
