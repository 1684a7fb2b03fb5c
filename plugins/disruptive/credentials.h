// Finding the service account's key.
#ifndef PLUGINS_DISRUPTIVE_CREDENTIALS_H_
#define PLUGINS_DISRUPTIVE_CREDENTIALS_H_

#include <string>

#include "absl/status/statusor.h"
#include "plugins/disruptive/config.pb.h"
#include "plugins/disruptive/settings.h"

namespace sluice::disruptive {

struct FoundCredentials {
  AccountKey key;
  // Empty: none is given with the credentials.
  std::string token_url;
};

// Takes the key from where `config` says; without `credentials` from the
// environment, by the rules of the vendor's client (python-client 1.7.3,
// disruptive/authentication.py).
//   kInvalidArgument (see ConfigError): something is missing or cannot be read.
//   No message ever holds a secret.
absl::StatusOr<FoundCredentials> FindCredentials(
    const v1::DisruptiveConfig& config);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_CREDENTIALS_H_
