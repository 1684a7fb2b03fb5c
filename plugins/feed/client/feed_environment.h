// Options of a client from the environment, as Stream's own clients read it.
#ifndef PLUGINS_FEED_CLIENT_FEED_ENVIRONMENT_H_
#define PLUGINS_FEED_CLIENT_FEED_ENVIRONMENT_H_

#include <optional>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "plugins/feed/client/feed_options.h"

namespace sluice::feed {

// The value of an environment variable; nullopt: it is not set.
using EnvironmentVariable =
    absl::FunctionRef<std::optional<std::string>(const char* name)>;

// `options` with what they leave empty taken from the environment. What is
// given wins; of the environment, in this order:
//
//   LOCAL              not empty: http://localhost:8000, 20 s per call, and no
//                      location
//   STREAM_URL         with "key:secret@": credentials in the form of Heroku,
//                      https://KEY:SECRET@us-east.getstream.io/?app_id=1, where
//                      the first part of the host is the location unless it is
//                      "getstream" or "stream-io-api"; read only without an
//                      api_key. Else an address, used as base_url.
//   STREAM_REGION      the location
//   STREAM_KEY, STREAM_SECRET          credentials, as a pair
//   STREAM_API_KEY, STREAM_API_SECRET  the same
//   STREAM_APP_ID      app_id
//
// Sources: stream-python 5.3.1 stream/__init__.py and stream/client/base.py
// (LOCAL, STREAM_URL as credentials, STREAM_REGION) and its tests (STREAM_KEY);
// stream-go2 8.9.0 url.go and stream-ruby 6.0.0 url.rb (STREAM_URL as address);
// stream-js 8.14.0 test/utils/config.js (STREAM_API_KEY). In stream-python
// LOCAL wins over a base_url that is given, too.
//
//   kInvalidArgument: a ConfigError at STREAM_URL, which is neither form; the
//   message does not show its value.
absl::StatusOr<FeedClientOptions> WithEnvironment(FeedClientOptions options,
                                                  EnvironmentVariable variable);
// From the environment of the process.
absl::StatusOr<FeedClientOptions> WithEnvironment(FeedClientOptions options);

}  // namespace sluice::feed

#endif  // PLUGINS_FEED_CLIENT_FEED_ENVIRONMENT_H_
