// Opens pages for the person at the terminal.
#ifndef TOOLS_SLUICE_BROWSER_H_
#define TOOLS_SLUICE_BROWSER_H_

#include <string>

#include "absl/status/status.h"

namespace sluice {

// Opens `url` with $BROWSER, else with xdg-open or x-www-browser; waits until
// that program has ended.
//   kInvalidArgument: the URL is not of the web (http or https).
//   kFailedPrecondition: there is no such program, or it failed.
absl::Status OpenInBrowser(const std::string& url);

}  // namespace sluice

#endif  // TOOLS_SLUICE_BROWSER_H_
