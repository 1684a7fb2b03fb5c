#include "plugins/disruptive/connector_calls.h"

#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "pipeline/http/excerpt.h"
#include "pipeline/json/json_value.h"
#include "plugins/disruptive/api_error.h"
#include "storage/base/status_macros.h"

namespace sluice::disruptive {
namespace {

using google::protobuf::Empty;
using v1::DataConnector;

constexpr char kCollection[] = "dataconnectors";

absl::StatusOr<std::string> ConnectorPath(std::string_view project,
                                          std::string_view connector) {
  SLUICE_RETURN_IF_ERROR(CheckId("project_id", project));
  SLUICE_RETURN_IF_ERROR(CheckId("data_connector_id", connector));
  return ApiPath({"projects", project, kCollection, connector});
}

// HTTP sends headers line by line.
absl::Status CheckHeader(std::string_view name, std::string_view value) {
  const bool broken = name.empty() ||
                      name.find_first_of(" :\r\n") != std::string_view::npos ||
                      value.find_first_of("\r\n") != std::string_view::npos;
  if (broken) {
    return ArgumentError("headers",
                         absl::StrCat("\"", Excerpt(name), "\" is no header"));
  }
  SLUICE_RETURN_IF_ERROR(CheckText("headers", name));
  return CheckText("headers", value);
}

absl::Status CheckUrl(std::string_view url) {
  const size_t scheme = url.starts_with("https://")  ? 8
                        : url.starts_with("http://") ? 7
                                                     : 0;
  if (scheme == 0 || url.size() == scheme || url[scheme] == '/' ||
      url.find_first_of(" \r\n") != std::string_view::npos) {
    return ArgumentError("url", absl::StrCat("\"", Excerpt(url),
                                             "\" is no address; it begins with "
                                             "https:// and a host"));
  }
  return CheckText("url", url);
}

absl::Status Check(const ConnectorFields& fields) {
  if (fields.display_name.has_value()) {
    SLUICE_RETURN_IF_ERROR(CheckText("display_name", *fields.display_name));
  }
  if (fields.status == DataConnector::SYSTEM_DISABLED) {
    return ArgumentError("status",
                         "SYSTEM_DISABLED is the service's to set; give ACTIVE "
                         "or USER_DISABLED");
  }
  if (fields.event_types.has_value()) {
    SLUICE_RETURN_IF_ERROR(CheckEventTypes(*fields.event_types));
  }
  if (fields.labels.has_value()) {
    for (const std::string& key : *fields.labels) {
      SLUICE_RETURN_IF_ERROR(CheckLabelKey("labels", key));
    }
  }
  if (fields.url.has_value()) SLUICE_RETURN_IF_ERROR(CheckUrl(*fields.url));
  if (fields.signature_secret.has_value()) {
    // The secret itself is no part of the message.
    if (!CheckText("", *fields.signature_secret).ok()) {
      return ArgumentError("signature_secret", "is not UTF-8");
    }
  }
  if (fields.headers.has_value()) {
    for (const auto& [name, value] : *fields.headers) {
      SLUICE_RETURN_IF_ERROR(CheckHeader(name, value));
    }
  }
  return absl::OkStatus();
}

boost::json::object HttpConfig(const ConnectorFields& fields) {
  boost::json::object config;
  if (fields.url.has_value()) config["url"] = *fields.url;
  if (fields.signature_secret.has_value()) {
    config["signatureSecret"] = *fields.signature_secret;
  }
  if (fields.headers.has_value()) config["headers"] = JsonMap(*fields.headers);
  return config;
}

boost::json::object Body(const ConnectorFields& fields) {
  boost::json::object body;
  if (fields.display_name.has_value()) {
    body["displayName"] = *fields.display_name;
  }
  if (fields.status != DataConnector::STATUS_UNSPECIFIED) {
    body["status"] = DataConnector::Status_Name(fields.status);
  }
  if (fields.event_types.has_value()) {
    body["events"] = JsonList(*fields.event_types);
  }
  if (fields.labels.has_value()) body["labels"] = JsonList(*fields.labels);
  if (boost::json::object config = HttpConfig(fields); !config.empty()) {
    body["httpConfig"] = std::move(config);
  }
  return body;
}

}  // namespace

absl::StatusOr<ApiCall<DataConnector>> GetConnector(
    std::string_view project, std::string_view connector) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, ConnectorPath(project, connector));
  return ApiCall<DataConnector>{.path = path};
}

absl::StatusOr<ApiList<DataConnector>> ListConnectors(
    std::string_view project) {
  SLUICE_RETURN_IF_ERROR(CheckId("project_id", project));
  return ApiList<DataConnector>{
      .path = ApiPath({"projects", project, kCollection}),
      .key = "dataConnectors"};
}

absl::StatusOr<ApiCall<DataConnector>> CreateConnector(
    std::string_view project, const ConnectorFields& fields) {
  SLUICE_RETURN_IF_ERROR(CheckId("project_id", project));
  SLUICE_RETURN_IF_ERROR(Check(fields));
  if (!fields.url.has_value()) {
    return ArgumentError("url", "needed: where to push events to");
  }
  ConnectorFields whole = fields;
  if (whole.status == DataConnector::STATUS_UNSPECIFIED) {
    whole.status = DataConnector::ACTIVE;
  }
  if (!whole.event_types.has_value()) whole.event_types.emplace();
  if (!whole.labels.has_value()) whole.labels.emplace();
  boost::json::object body = Body(whole);
  body["type"] = DataConnector::Type_Name(DataConnector::HTTP_PUSH);
  return ApiCall<DataConnector>{
      .method = "POST",
      .path = ApiPath({"projects", project, kCollection}),
      .body = JsonText(body),
      .repeatable = false};
}

absl::StatusOr<ApiCall<DataConnector>> UpdateConnector(
    std::string_view project, std::string_view connector,
    const ConnectorFields& fields) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, ConnectorPath(project, connector));
  SLUICE_RETURN_IF_ERROR(Check(fields));
  const boost::json::object body = Body(fields);
  if (body.empty()) return ArgumentError("fields", "needed: at least one");
  return ApiCall<DataConnector>{
      .method = "PATCH", .path = path, .body = JsonText(body)};
}

absl::StatusOr<ApiCall<Empty>> DeleteConnector(std::string_view project,
                                               std::string_view connector) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, ConnectorPath(project, connector));
  return ApiCall<Empty>{.method = "DELETE", .path = path, .repeatable = false};
}

absl::StatusOr<ApiCall<v1::DataConnectorMetrics>> GetConnectorMetrics(
    std::string_view project, std::string_view connector) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, ConnectorPath(project, connector));
  return ApiCall<v1::DataConnectorMetrics>{.path = path + ":metrics",
                                           .member = "metrics"};
}

absl::StatusOr<ApiCall<Empty>> SyncConnector(std::string_view project,
                                             std::string_view connector) {
  std::string path;
  SLUICE_ASSIGN_OR_RETURN(path, ConnectorPath(project, connector));
  return ApiCall<Empty>{.method = "POST", .path = path + ":sync"};
}

}  // namespace sluice::disruptive
