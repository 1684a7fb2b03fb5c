#include "plugins/replay/file_watch.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>
#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "glog/logging.h"

namespace sluice::replay {

absl::StatusOr<std::unique_ptr<FileWatch>> FileWatch::Create(
    const std::string& path) {
  std::string folder = std::filesystem::path(path).parent_path().string();
  if (folder.empty()) folder = ".";
  const int inotify = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
  const int interrupt = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  std::unique_ptr<FileWatch> watch(new FileWatch(inotify, interrupt));
  if (inotify < 0 || interrupt < 0 ||
      inotify_add_watch(inotify, folder.c_str(),
                        IN_CREATE | IN_MODIFY | IN_MOVED_TO | IN_MOVED_FROM |
                            IN_DELETE | IN_ONLYDIR) < 0) {
    return absl::FailedPreconditionError(absl::StrCat(
        "watching ", folder, ": ", std::generic_category().message(errno)));
  }
  return watch;
}

FileWatch::~FileWatch() {
  if (inotify_ >= 0) close(inotify_);
  if (interrupt_ >= 0) close(interrupt_);
}

void FileWatch::Wait() {
  pollfd ready[] = {{inotify_, POLLIN, 0}, {interrupt_, POLLIN, 0}};
  while (poll(ready, 2, -1) < 0) CHECK_EQ(errno, EINTR);
  // What changed does not matter: the reader looks for itself.
  char events[4096];
  while (read(inotify_, events, sizeof(events)) > 0) {
  }
}

void FileWatch::Interrupt() {
  const uint64_t one = 1;
  // Fails only when it has been called 2^64 - 1 times already.
  [[maybe_unused]] const ssize_t written = write(interrupt_, &one, sizeof(one));
}

}  // namespace sluice::replay
