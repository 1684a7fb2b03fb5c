#include "tools/sluice/browser.h"

#include <cstdlib>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "plugins/inthing/capture.h"

namespace sluice {
namespace {

std::vector<std::string> Programs() {
  const char* chosen = std::getenv("BROWSER");
  if (chosen != nullptr && *chosen != '\0') return {chosen};
  return {"xdg-open", "x-www-browser"};
}

}  // namespace

absl::Status OpenInBrowser(const std::string& url) {
  if (!absl::StartsWith(url, "http://") && !absl::StartsWith(url, "https://")) {
    return absl::InvalidArgumentError(
        absl::StrCat("\"", url, "\" is no address of a page"));
  }
  const std::vector<std::string> programs = Programs();
  for (const std::string& program : programs) {
    const auto output = inthing::CaptureCommand({program, url},
                                                /*with_stderr=*/true, nullptr);
    if (output.ok() && output->exit_code == 0) return absl::OkStatus();
  }
  return absl::FailedPreconditionError(
      absl::StrCat("no browser could be opened (",
                   absl::StrJoin(programs, ", "), "); the page is ", url));
}

}  // namespace sluice
