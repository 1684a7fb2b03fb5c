#include "pipeline/net/tcp_listen.h"

#include "absl/strings/str_cat.h"
#include "boost/asio/ip/v6_only.hpp"

namespace sluice {

namespace asio = boost::asio;

boost::system::error_code ListenOnTcp(const asio::ip::address& address,
                                      uint16_t port,
                                      asio::ip::tcp::acceptor* acceptor) {
  boost::system::error_code error;
  const asio::ip::tcp::endpoint endpoint(address, port);
  acceptor->open(endpoint.protocol(), error);
  if (error) return error;
  acceptor->set_option(asio::socket_base::reuse_address(true), error);
  if (address.is_v6()) acceptor->set_option(asio::ip::v6_only(true), error);
  if (error) return error;
  acceptor->bind(endpoint, error);
  if (error) return error;
  acceptor->listen(asio::socket_base::max_listen_connections, error);
  return error;
}

absl::Status ListenError(const std::string& address, uint16_t port,
                         const boost::system::error_code& error) {
  const std::string text = absl::StrCat("cannot listen on ", address, " port ",
                                        port, ": ", error.message());
  return error == asio::error::address_in_use
             ? absl::AlreadyExistsError(text)
             : absl::InvalidArgumentError(text);
}

}  // namespace sluice
