// Projects of the emulated Disruptive Technologies API, and moving devices from
// one to another.
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/json/json_value.h"
#include "storage/base/status_macros.h"
#include "tools/sandbox/disruptive/disruptive_emulator.h"
#include "tools/sandbox/disruptive/request_json.h"

namespace sluice::sandbox {

namespace json = boost::json;

DisruptiveEmulator::Answer DisruptiveEmulator::AnswerProjects(
    const HttpServerRequest& request) {
  if (request.method == "GET") {
    return projects_.List(QueryOf(request));
  }
  if (request.method != "POST") return NoSuch("path");
  json::object fields;
  SLUICE_ASSIGN_OR_RETURN(fields, ParseObject(request.body));
  Project* created = nullptr;
  SLUICE_ASSIGN_OR_RETURN(created, projects_.Create(cloud_.NewId(), fields));
  return projects_.ToJson(*created);
}

DisruptiveEmulator::Answer DisruptiveEmulator::AnswerProject(
    const HttpServerRequest& request, Project& project) {
  if (request.method == "GET") return projects_.ToJson(project);
  if (request.method == "PATCH") {
    json::object fields;
    SLUICE_ASSIGN_OR_RETURN(fields, ParseObject(request.body));
    SLUICE_RETURN_IF_ERROR(projects_.Update(project, fields));
    return projects_.ToJson(project);
  }
  if (request.method != "DELETE") return NoSuch("path");
  const std::string id = project.id;
  if (id == project_) {
    return absl::InvalidArgumentError("the sandbox needs this project");
  }
  SLUICE_RETURN_IF_ERROR(projects_.Remove(id));
  administration_.ForgetProject(id);
  return "{}";
}

DisruptiveEmulator::Answer DisruptiveEmulator::TransferDevices(
    const HttpServerRequest& request, const Project& target) {
  json::object body;
  SLUICE_ASSIGN_OR_RETURN(body, ParseObject(request.body));
  std::vector<std::string> names;
  SLUICE_ASSIGN_OR_RETURN(names, TextList(body, "devices"));
  if (names.empty()) return absl::InvalidArgumentError("devices is needed");
  json::array transferred;
  json::array errors;
  for (const std::string& name : names) {
    Device* device = FindNamedDevice(cloud_.registry(), name, &errors);
    if (device == nullptr) continue;
    device->project = target.id;
    transferred.emplace_back(device->Name());
  }
  return JsonText(json::object{{"transferredDevices", std::move(transferred)},
                               {"transferErrors", std::move(errors)}});
}

}  // namespace sluice::sandbox
