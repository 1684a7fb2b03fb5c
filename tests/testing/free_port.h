// Ports for servers whose number has to be known before they start.
#ifndef TESTS_TESTING_FREE_PORT_H_
#define TESTS_TESTING_FREE_PORT_H_

#include <cstdint>

namespace sluice {

// A TCP port of 127.0.0.1 that nobody has when this returns, and that nobody
// else is likely to take soon. A server that can say which port it got listens
// at port 0 instead.
uint16_t FreePort();

}  // namespace sluice

#endif  // TESTS_TESTING_FREE_PORT_H_
