// Waiting for a file to change, without polling.
#ifndef PLUGINS_REPLAY_FILE_WATCH_H_
#define PLUGINS_REPLAY_FILE_WATCH_H_

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::replay {

// Watches the folder of a file with inotify(7), so that it sees the file being
// written, replaced and made. Changes by other machines on a network file
// system are not seen.
//
// Thread-safety: Interrupt() from any thread, Wait() on one.
class FileWatch {
 public:
  // kFailedPrecondition: the folder is not there or cannot be watched.
  static absl::StatusOr<std::unique_ptr<FileWatch>> Create(
      const std::string& path);

  FileWatch(const FileWatch&) = delete;
  FileWatch& operator=(const FileWatch&) = delete;
  ~FileWatch();

  // Blocks until something has changed in the folder since the last call (or
  // since Create()), or until Interrupt(). Read the file after it, not before:
  // then no change is missed.
  void Wait();

  // Ends Wait(), now and for ever.
  void Interrupt();

 private:
  FileWatch(int inotify, int interrupt)
      : inotify_(inotify), interrupt_(interrupt) {}

  const int inotify_;
  // An eventfd.
  const int interrupt_;
};

}  // namespace sluice::replay

#endif  // PLUGINS_REPLAY_FILE_WATCH_H_
