#include "plugins/inthing/screenshot.h"

#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "plugins/inthing/capture.h"
#include "plugins/inthing/inthing_error.h"

namespace sluice::inthing {
namespace {

// Programs that write a picture of the whole screen to the file named last.
using Commands = std::vector<std::vector<std::string>>;

Commands WaylandCommands() { return {{"grim"}, {"gnome-screenshot", "-f"}}; }

Commands XCommands() {
  return {{"import", "-window", "root"},
          {"scrot", "--overwrite"},
          {"maim"},
          {"gnome-screenshot", "-f"}};
}

bool IsSet(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

absl::Status Impossible(std::string why) {
  return MakeError(absl::StatusCode::kFailedPrecondition,
                   absl::StrCat("no screenshot: ", why), v1::Error::IO);
}

// An empty file of our own, which nobody else can put something else in place
// of; removed at the end.
class TemporaryFile {
 public:
  TemporaryFile() {
    const char* folder = std::getenv("TMPDIR");
    path_ =
        absl::StrCat(folder != nullptr ? folder : "/tmp", "/inthingXXXXXX.png");
    constexpr int kExtension = 4;
    const int fd = mkstemps(path_.data(), kExtension);
    if (fd < 0) {
      path_.clear();
    } else {
      close(fd);
    }
  }
  ~TemporaryFile() {
    if (!path_.empty()) unlink(path_.c_str());
  }
  // Empty: it could not be made.
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

}  // namespace

absl::StatusOr<Image> TakeScreenshot(size_t max_bytes) {
  const bool wayland = IsSet("WAYLAND_DISPLAY");
  if (!wayland && !IsSet("DISPLAY")) {
    return Impossible(
        "there is no display (neither WAYLAND_DISPLAY nor DISPLAY is set)");
  }
  const TemporaryFile file;
  if (file.path().empty()) return Impossible("no temporary file can be made");
  std::vector<std::string> failures;
  for (std::vector<std::string> command :
       wayland ? WaylandCommands() : XCommands()) {
    const std::string program = command[0];
    command.push_back(file.path());
    const absl::StatusOr<CommandOutput> output =
        CaptureCommand(command, /*with_stderr=*/true, nullptr);
    if (output.ok() && output->exit_code == 0) {
      absl::StatusOr<Image> image = ReadImage(file.path(), max_bytes);
      if (image.ok()) image->file_name = "screenshot.png";
      return image;
    }
    failures.push_back(absl::StrCat(
        program, output.ok() ? absl::StrCat(" ended with ", output->exit_code)
                             : std::string(" is not there")));
  }
  return Impossible(absl::StrJoin(failures, ", "));
}

}  // namespace sluice::inthing
