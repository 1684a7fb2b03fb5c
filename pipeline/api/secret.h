// Secrets by reference.
#ifndef PIPELINE_API_SECRET_H_
#define PIPELINE_API_SECRET_H_

#include <string>

#include "absl/status/statusor.h"
#include "proto/config/v1/secret.pb.h"

namespace sluice {

// Reads the secret that `secret` refers to. The value is for the destination
// only: never log, print or store it.
//   kInvalidArgument: no reference is given, the variable is not set or empty,
//   or the file cannot be read or is over 1 MiB; the message names the
//   reference, never a value. A factory passes it on as ConfigError(field,
//   message).
absl::StatusOr<std::string> ReadSecret(const config::v1::Secret& secret);

}  // namespace sluice

#endif  // PIPELINE_API_SECRET_H_
