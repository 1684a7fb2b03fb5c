// From the configuration to what the sink works with.
#ifndef PLUGINS_INTHING_SETTINGS_H_
#define PLUGINS_INTHING_SETTINGS_H_

#include "absl/status/statusor.h"
#include "plugins/inthing/config.pb.h"
#include "plugins/inthing/inthing_sink.h"

namespace sluice::inthing {

// Checks `config`, reads the environment variables of the official client where
// it is silent.
//   kInvalidArgument: a ConfigError that names the field.
absl::StatusOr<InthingSinkOptions> ReadSettings(
    const v1::InthingSinkConfig& config);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_SETTINGS_H_
