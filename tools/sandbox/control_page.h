// The page of the control server.
#ifndef TOOLS_SANDBOX_CONTROL_PAGE_H_
#define TOOLS_SANDBOX_CONTROL_PAGE_H_

#include <string>
#include <vector>

#include "tools/sandbox/emulator.h"

namespace sluice::sandbox {

struct ServiceLinks {
  std::string name;
  std::string url;  // root of its server
  std::vector<Emulator::Page> pages;
};

// HTML with links to everything there is to look at.
std::string ControlPage(const std::vector<ServiceLinks>& services);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_CONTROL_PAGE_H_
