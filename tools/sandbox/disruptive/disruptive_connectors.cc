// Data Connectors of the emulated Disruptive Technologies API.
#include <string>

#include "boost/json.hpp"
#include "storage/base/status_macros.h"
#include "tools/sandbox/disruptive/disruptive_emulator.h"
#include "tools/sandbox/disruptive/request_json.h"

namespace sluice::sandbox {

namespace json = boost::json;

DisruptiveEmulator::Answer DisruptiveEmulator::AnswerConnectors(
    const HttpServerRequest& request, const std::string& project) {
  if (request.method == "GET") {
    return cloud_.connectors().List(project, QueryOf(request));
  }
  if (request.method != "POST") return NoSuch("path");
  json::object fields;
  SLUICE_ASSIGN_OR_RETURN(fields, ParseObject(request.body));
  DataConnector* created = nullptr;
  SLUICE_ASSIGN_OR_RETURN(
      created, cloud_.connectors().Create(cloud_.NewId(), project, fields));
  return created->ToJson();
}

DisruptiveEmulator::Answer DisruptiveEmulator::AnswerConnector(
    const HttpServerRequest& request, std::string_view verb,
    DataConnector& connector) {
  if (request.method == "GET" && verb == "metrics") {
    return cloud_.pusher().MetricsJson(connector.id);
  }
  if (request.method == "POST" && verb == "sync") {
    if (!connector.active()) {
      return absl::InvalidArgumentError("the data connector is not active");
    }
    cloud_.Sync(connector);
    return "{}";
  }
  if (!verb.empty()) return NoSuch("path");
  if (request.method == "GET") return connector.ToJson();
  if (request.method == "PATCH") return UpdateConnector(request, connector);
  if (request.method != "DELETE") return NoSuch("path");
  const std::string id = connector.id;
  cloud_.pusher().Forget(id);
  cloud_.connectors().Remove(id);
  return "{}";
}

DisruptiveEmulator::Answer DisruptiveEmulator::UpdateConnector(
    const HttpServerRequest& request, DataConnector& connector) {
  json::object fields;
  SLUICE_ASSIGN_OR_RETURN(fields, ParseObject(request.body));
  SLUICE_RETURN_IF_ERROR(cloud_.connectors().Update(connector, fields));
  // While it is disabled nothing is queued.
  if (!connector.active()) cloud_.pusher().Forget(connector.id);
  return connector.ToJson();
}

}  // namespace sluice::sandbox
