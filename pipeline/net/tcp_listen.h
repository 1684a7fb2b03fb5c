// Listening on a TCP port.
#ifndef PIPELINE_NET_TCP_LISTEN_H_
#define PIPELINE_NET_TCP_LISTEN_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "boost/asio/ip/tcp.hpp"

namespace sluice {

// Binds `acceptor`, which is closed, and listens. An IPv6 address is taken
// alone, so that "::" and "0.0.0.0" can share a port. 0: a free port.
boost::system::error_code ListenOnTcp(const boost::asio::ip::address& address,
                                      uint16_t port,
                                      boost::asio::ip::tcp::acceptor* acceptor);

// What went wrong, for callers:
//   kAlreadyExists: the port is taken.  kInvalidArgument: anything else.
absl::Status ListenError(const std::string& address, uint16_t port,
                         const boost::system::error_code& error);

}  // namespace sluice

#endif  // PIPELINE_NET_TCP_LISTEN_H_
