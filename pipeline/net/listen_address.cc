#include "pipeline/net/listen_address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <charconv>
#include <optional>
#include <system_error>

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

constexpr char kLoopback[] = "127.0.0.1";

bool IsAddress(int family, const std::string& text) {
  in6_addr ignored;
  return inet_pton(family, text.c_str(), &ignored) == 1;
}

// Digits only.
std::optional<uint16_t> ParsePort(std::string_view text) {
  uint16_t port = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, port);
  if (text.empty() || error != std::errc() || stop != end) return std::nullopt;
  return port;
}

}  // namespace

bool ListenAddress::is_loopback() const {
  in6_addr six;
  if (inet_pton(AF_INET6, address.c_str(), &six) == 1) {
    return IN6_IS_ADDR_LOOPBACK(&six);
  }
  in_addr four;
  return inet_pton(AF_INET, address.c_str(), &four) == 1 &&
         ntohl(four.s_addr) >> 24 == IN_LOOPBACKNET;
}

std::string ListenAddress::ToString() const {
  const bool brackets = address.find(':') != std::string::npos;
  return absl::StrCat(brackets ? "[" : "", address, brackets ? "]:" : ":",
                      port);
}

absl::StatusOr<ListenAddress> ParseListenAddress(std::string_view text) {
  const absl::Status wrong = absl::InvalidArgumentError(
      "must be an IP address and a port such as 127.0.0.1:9464 or [::1]:9464, "
      "or a port of 127.0.0.1 such as 9464; all addresses are 0.0.0.0 and "
      "[::]");
  const size_t colon = text.rfind(':');
  const std::optional<uint16_t> port =
      ParsePort(text.substr(colon == text.npos ? 0 : colon + 1));
  if (!port.has_value()) return wrong;
  ListenAddress listen;
  listen.port = *port;
  if (colon == text.npos) {
    listen.address = kLoopback;
    return listen;
  }
  std::string_view address = text.substr(0, colon);
  const bool brackets = address.starts_with('[') && address.ends_with(']');
  if (brackets) address = address.substr(1, address.size() - 2);
  listen.address = address;
  if (!IsAddress(brackets ? AF_INET6 : AF_INET, listen.address)) return wrong;
  return listen;
}

}  // namespace sluice
