// The admin API's part of a configuration.
#ifndef PIPELINE_TOPOLOGY_ADMIN_SPEC_H_
#define PIPELINE_TOPOLOGY_ADMIN_SPEC_H_

#include <string>

#include "absl/status/statusor.h"
#include "pipeline/topology/pipeline_spec.h"
#include "proto/config/v1/config.pb.h"

namespace sluice {

// Checks `config` and fills in what it leaves out. Files are not looked at:
// they are read when the API starts.
//   a ConfigError at the field with the mistake.
absl::StatusOr<AdminSpec> BuildAdminSpec(const config::v1::Admin& config,
                                         const std::string& data_dir);

// The socket that is the default for `data_dir`: "unix:DATA_DIR/admin.sock".
std::string DefaultAdminAddress(const std::string& data_dir);

// True for "unix:..." addresses.
bool IsUnixAddress(const std::string& address);

// The longest path a socket can have, in bytes (sun_path of unix(7)).
inline constexpr size_t kMaxSocketPathBytes = 107;

}  // namespace sluice

#endif  // PIPELINE_TOPOLOGY_ADMIN_SPEC_H_
