// The Data Connectors of the emulated Disruptive Technologies API: what is to
// be pushed where.
//
// Shapes: python-client 1.7.3, disruptive/resources/data_connector.py and
// tests/api_responses.py.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_DATA_CONNECTORS_H_
#define TOOLS_SANDBOX_DISRUPTIVE_DATA_CONNECTORS_H_

#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "boost/json/object.hpp"
#include "tools/sandbox/disruptive/disruptive_http.h"

namespace sluice::sandbox {

struct DataConnector {
  enum class Status { kActive, kUserDisabled, kSystemDisabled };

  std::string id;
  std::string project;
  std::string display_name;
  Status status = Status::kActive;
  std::vector<std::string> events;  // Types; none: all of them.
  std::vector<std::string> labels;  // Keys that go along.
  std::string url;
  std::string signature_secret;  // Empty: pushes are not signed.
  std::map<std::string, std::string> headers;

  // "projects/<project>/dataconnectors/<id>"
  std::string Name() const;
  std::string ToJson() const;
  bool active() const { return status == Status::kActive; }
  // It is active and forwards events of this type.
  bool Wants(std::string_view event_type) const;
};

struct DataConnectorRules {
  // The service takes https:// only.
  bool allow_plain_http = true;
};

// All of all projects. Not thread-safe.
class DataConnectors {
 public:
  explicit DataConnectors(DataConnectorRules rules) : rules_(rules) {}

  // POST: a new connector with these fields. The pointer lives until Remove().
  //   kInvalidArgument: a field is wrong; the message names it.
  absl::StatusOr<DataConnector*> Create(std::string id,
                                        std::string_view project,
                                        const boost::json::object& fields);
  // PATCH: the fields that are given. Nothing changes if one is wrong.
  absl::Status Update(DataConnector& connector,
                      const boost::json::object& fields) const;
  void Remove(std::string_view id);

  // Null: no such connector, or not in `project`.
  DataConnector* Find(std::string_view project, std::string_view id);
  // In any project.
  DataConnector* Find(std::string_view id);

  // GET of a project's: {"dataConnectors": [...], "nextPageToken": "..."}.
  absl::StatusOr<std::string> List(std::string_view project,
                                   const DisruptiveQuery& query) const;

  // In order of creation.
  const std::vector<std::unique_ptr<DataConnector>>& all() const {
    return connectors_;
  }

 private:
  absl::Status TakeFields(const boost::json::object& fields,
                          DataConnector* connector) const;
  absl::Status TakeHttpConfig(const boost::json::object& config,
                              DataConnector* connector) const;

  const DataConnectorRules rules_;
  std::vector<std::unique_ptr<DataConnector>> connectors_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_DATA_CONNECTORS_H_
