// A file of lines that is never left with half a line, and its rotated
// predecessors.
#ifndef PLUGINS_FILE_ROTATING_FILE_H_
#define PLUGINS_FILE_ROTATING_FILE_H_

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace sluice::file {

// The system calls that fail when a disk does; tests put failures here. Each
// behaves like its namesake, errno included.
struct FileCalls {
  std::function<ssize_t(int fd, const void* bytes, size_t size)> write;
  std::function<int(int fd)> fdatasync;
  std::function<int(int fd, off_t size)> ftruncate;

  static FileCalls Real();
};

struct RotatingFileOptions {
  std::string path;
  // Rotated before it would grow over this.
  uint64_t max_bytes = 100 << 20;
  // Rotated at the first append after it has become this old.
  absl::Duration max_age = absl::InfiniteDuration();
  // Rotated files kept: PATH.1 (the newest) to PATH.N. 0: none, the file is
  // deleted.
  int keep_files = 10;
  // Append() returns only when its lines are on the disk.
  bool sync_each_append = true;
};

// Appends lines to PATH. Holds an exclusive lock (flock) on it, so that two
// writers never mix their lines.
//
// A line without its end, left by a crash or a loss of power, is cut off when
// the file is opened. A file that somebody else renames or deletes is left
// alone, and PATH is made anew.
//
// Errors of all methods:
//   kUnavailable         no space, over quota, I/O error: may pass by itself.
//   kFailedPrecondition  the path cannot be used (permission, not a regular
//                        file, read-only, locked by another writer): needs a
//                        person.
//
// Thread-safety: none; blocks on the disk.
class RotatingFile {
 public:
  explicit RotatingFile(RotatingFileOptions options,
                        FileCalls calls = FileCalls::Real());
  RotatingFile(const RotatingFile&) = delete;
  RotatingFile& operator=(const RotatingFile&) = delete;
  ~RotatingFile();

  // Opens the file, making it (mode 0640) and its folders (0750) as needed.
  // Append() does it too; calling it earlier finds trouble earlier. `now` is
  // the birth of a new file. Does nothing when it is open.
  absl::Status Open(absl::Time now);

  // Appends `lines`, whole lines that end with a line feed, all or nothing: on
  // an error none of it is in the file. Rotates first if it is due; a file is
  // larger than max_bytes only when a single call's lines are.
  absl::Status Append(std::string_view lines, absl::Time now);

  // Brings what was appended to the disk. Does nothing when nothing was.
  absl::Status Sync();

  // Closes the file after a Sync().
  absl::Status Close();

  // Rotations since this object was made.
  uint64_t rotations() const { return rotations_; }

 private:
  absl::Status Reopen(absl::Time now);
  // Takes the lock and cuts off a last line without end.
  absl::Status Adopt(absl::Time now);
  absl::Status CutTornLine();
  bool IsStillAtPath() const;
  bool RotationIsDue(size_t more_bytes, absl::Time now) const;
  absl::Status Rotate(absl::Time now);
  absl::Status WriteAll(std::string_view lines);
  // Removes what lies behind size_.
  absl::Status TakeBack();
  absl::Status SyncFolder() const;
  // The status of a failed call: "writing /var/x.jsonl: No space left ...".
  absl::Status Error(std::string_view action, int error) const;
  std::string Rotated(int number) const;

  const RotatingFileOptions options_;
  const FileCalls calls_;
  int fd_ = -1;
  // Bytes of whole lines in the file.
  uint64_t size_ = 0;
  absl::Time born_;
  // There may be bytes behind size_ that could not be removed yet.
  bool torn_ = false;
  bool unsynced_ = false;
  uint64_t rotations_ = 0;
};

}  // namespace sluice::file

#endif  // PLUGINS_FILE_ROTATING_FILE_H_
