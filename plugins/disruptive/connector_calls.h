// Calls about data connectors, which push a project's events to an endpoint.
// Each returns kInvalidArgument, with the name of the argument, when it cannot
// be sent like that.
//
// Sources: python-client 1.7.3, disruptive/resources/data_connector.py.
#ifndef PLUGINS_DISRUPTIVE_CONNECTOR_CALLS_H_
#define PLUGINS_DISRUPTIVE_CONNECTOR_CALLS_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "google/protobuf/empty.pb.h"
#include "plugins/disruptive/api_call.h"
#include "proto/disruptive/v1/data_connector.pb.h"

namespace sluice::disruptive {

// What is to be set; absent: left as it is, or the service's default for a new
// one. The type is HTTP_PUSH, the only one whose configuration is known.
struct ConnectorFields {
  std::optional<std::string> display_name;
  // ACTIVE or USER_DISABLED.
  v1::DataConnector::Status status = v1::DataConnector::STATUS_UNSPECIFIED;
  // Types of events; an empty list: all.
  std::optional<std::vector<std::string>> event_types;
  // Keys of labels to send along.
  std::optional<std::vector<std::string>> labels;
  // https:// for the service; a sandbox takes http:// too.
  std::optional<std::string> url;
  std::optional<std::string> signature_secret;
  std::optional<std::vector<std::pair<std::string, std::string>>> headers;
};

absl::StatusOr<ApiCall<v1::DataConnector>> GetConnector(
    std::string_view project, std::string_view connector);
absl::StatusOr<ApiList<v1::DataConnector>> ListConnectors(
    std::string_view project);
// Needs `url`. ACTIVE unless told otherwise.
absl::StatusOr<ApiCall<v1::DataConnector>> CreateConnector(
    std::string_view project, const ConnectorFields& fields);
// Needs at least one field.
absl::StatusOr<ApiCall<v1::DataConnector>> UpdateConnector(
    std::string_view project, std::string_view connector,
    const ConnectorFields& fields);
absl::StatusOr<ApiCall<google::protobuf::Empty>> DeleteConnector(
    std::string_view project, std::string_view connector);
// Of the last three hours.
absl::StatusOr<ApiCall<v1::DataConnectorMetrics>> GetConnectorMetrics(
    std::string_view project, std::string_view connector);
// Pushes the latest event of each type of each device again.
absl::StatusOr<ApiCall<google::protobuf::Empty>> SyncConnector(
    std::string_view project, std::string_view connector);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_CONNECTOR_CALLS_H_
