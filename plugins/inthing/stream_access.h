// Which stream, of which service, with which password: from arguments or from
// the environment of the official client.
#ifndef PLUGINS_INTHING_STREAM_ACCESS_H_
#define PLUGINS_INTHING_STREAM_ACCESS_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice::inthing {

inline constexpr char kDefaultBaseUrl[] = "https://www.inthing.io";

// Environment variables of the official client
// (willmcgugan/inthing at 6364ceaa: inthing/stream.py, inthing/urls.py).
inline constexpr char kUrlVariable[] = "INTHING_URL";
inline constexpr char kStreamVariable[] = "INTHING_STREAM";
inline constexpr char kPasswordVariable[] = "INTHING_STREAM_PASSWORD";

// Where posts go and who posts.
struct Stream {
  // A spelling of NormalizeStreamId().
  std::string id;
  // Empty: none.
  std::string password;
};

// The origin of the service, without a slash at its end: `url`, else
// INTHING_URL, else kDefaultBaseUrl. An empty variable counts as none.
//   kInvalidArgument (v1::Error::CONFIG): it does not begin with http:// or
//   https://, or has no host.
absl::StatusOr<std::string> ChooseBaseUrl(const std::string& url);

// The stream `id` (URL, path or UUID), else INTHING_STREAM, with `password`,
// else INTHING_STREAM_PASSWORD, else none.
//   kInvalidArgument (v1::Error::CONFIG): neither names a stream.
absl::StatusOr<Stream> ChooseStream(const std::string& id,
                                    const std::string& password,
                                    std::string_view base_url);

// The page of the stream with this normalized id.
std::string StreamUrl(std::string_view base_url, std::string_view id);

// Who posts, unless somebody says otherwise: the name of this machine, cut to
// what the service stores.
std::string DefaultGenerator();

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_STREAM_ACCESS_H_
