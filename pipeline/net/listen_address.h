// Where a server of this process listens, as configurations have it.
#ifndef PIPELINE_NET_LISTEN_ADDRESS_H_
#define PIPELINE_NET_LISTEN_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace sluice {

struct ListenAddress {
  std::string address;  // As a number, IPv4 or IPv6, without brackets.
  uint16_t port = 0;    // 0: a free one.

  // Nobody else's machine reaches it.
  bool is_loopback() const;
  // "127.0.0.1:9464", "[::1]:9464".
  std::string ToString() const;
};

// "127.0.0.1:9464", "[::1]:9464", or "9464", which is a port of 127.0.0.1.
// Names are not looked up, and ":9464", which other programs take for all
// addresses, is refused: what is open to others says so.
//   kInvalidArgument: what is allowed; the message does not repeat the text,
//   which may come from the environment.
absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text);

}  // namespace sluice

#endif  // PIPELINE_NET_LISTEN_ADDRESS_H_
