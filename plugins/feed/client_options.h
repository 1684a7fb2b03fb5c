// The client's options from the configuration of the sink.
#ifndef PLUGINS_FEED_CLIENT_OPTIONS_H_
#define PLUGINS_FEED_CLIENT_OPTIONS_H_

#include "absl/status/statusor.h"
#include "plugins/feed/client/feed_options.h"
#include "plugins/feed/config.pb.h"

namespace sluice::feed {

// Reads the secret that `config` refers to. Options that the configuration does
// not have keep their defaults.
//   kInvalidArgument: a ConfigError at `api_secret`.
absl::StatusOr<FeedClientOptions> ReadClientOptions(
    const v1::FeedSinkConfig& config);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_OPTIONS_H_
