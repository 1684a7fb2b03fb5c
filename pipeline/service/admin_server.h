// The admin API of a process, over gRPC.
#ifndef PIPELINE_SERVICE_ADMIN_SERVER_H_
#define PIPELINE_SERVICE_ADMIN_SERVER_H_

#include <memory>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/runtime/process.h"
#include "pipeline/topology/pipeline_spec.h"
#include "proto/admin/v1/process.pb.h"

namespace sluice {

// What the configuration service works with.
struct ConfigOrigin {
  const PluginRegistry* registry = nullptr;  // Outlives the server.
  // Those of `registry`, and what the configuration brought along; null: that
  // is nothing.
  std::shared_ptr<const PluginRegistry> plugins;
  // What the process began with.
  std::string text;
  std::string file;
  // The folder of the history.
  std::string history;
};

// Serves the services of proto/admin/v1, the standard health service
// (grpc.health.v1) and reflection.
//
// A socket's file appears with its final permissions, in one step. Bounds:
// messages of 5 MiB, 128 connections (of more the oldest without a known caller
// goes), 64 calls at once per connection, 64 watches, threads and memory of
// gRPC by quota; what is over them fails for the caller and touches no
// pipeline.
class AdminServer {
 public:
  // Starts serving. `process` outlives the server; `info` is completed by what
  // is known here. Without `origin` there is no configuration service and
  // no plugin service.
  // REQUIRES: spec.listen is not empty.
  //   kInvalidArgument: a file of `spec` cannot be used; the message names it.
  //   kAlreadyExists: another process serves there.
  //   kUnavailable: the address cannot be bound; the history cannot be written.
  static absl::StatusOr<std::unique_ptr<AdminServer>> Start(
      const AdminSpec& spec, Process* process, admin::v1::ProcessInfo info,
      const std::optional<ConfigOrigin>& origin = std::nullopt);

  // Ends all calls.
  virtual ~AdminServer() = default;

  // Where it serves: "unix:/path", or with the port that was free.
  virtual const std::string& address() const = 0;
};

}  // namespace sluice

#endif  // PIPELINE_SERVICE_ADMIN_SERVER_H_
