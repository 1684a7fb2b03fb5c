#include "tests/testing/free_port.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "glog/logging.h"

namespace sluice {

uint16_t FreePort() {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  PCHECK(descriptor >= 0) << "no socket";
  sockaddr_in address = {};
  socklen_t length = sizeof(address);
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  PCHECK(bind(descriptor, any, length) == 0) << "no port";
  PCHECK(getsockname(descriptor, any, &length) == 0);
  close(descriptor);
  return ntohs(address.sin_port);
}

}  // namespace sluice
