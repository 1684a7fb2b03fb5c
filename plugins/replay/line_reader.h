// Lines of a file with their offsets, in bounded memory.
#ifndef PLUGINS_REPLAY_LINE_READER_H_
#define PLUGINS_REPLAY_LINE_READER_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice::replay {

// Tells files apart on one machine: two files at the same path, one after the
// other, differ in `inode`.
struct FileIdentity {
  uint64_t inode = 0;
  uint64_t size = 0;
};

struct Line {
  // Without line break. Valid until the next call of Next().
  std::string_view text;
  // Of its first byte in the file.
  uint64_t offset = 0;
  // The line is longer than the bound; `text` is its beginning.
  bool is_cut = false;
};

// Reads one open file from front to back; keeps reading it even when its name
// is gone.
//
// Thread-safety: none; blocks on the disk.
class LineReader {
 public:
  //   kNotFound            there is no file at `path`
  //   kFailedPrecondition  it cannot be opened, or is not a regular file
  static absl::StatusOr<std::unique_ptr<LineReader>> Open(
      const std::string& path, size_t max_line_bytes);

  LineReader(const LineReader&) = delete;
  LineReader& operator=(const LineReader&) = delete;
  ~LineReader();

  // Goes to `offset`, the beginning of a line.
  void Seek(uint64_t offset);

  // Reads the next line into `line`. False: there is no whole line any more. A
  // last line without line break counts as whole if `end_is_line_end`; else it
  // stays unread until its end has been written.
  //   kUnavailable: reading failed.
  absl::StatusOr<bool> Next(bool end_is_line_end, Line* line);

  // Offset behind the last line read.
  uint64_t offset() const { return offset_; }

  // As of now.
  FileIdentity identity() const;

  // True when `path` now names another file, or none.
  bool WasReplaced() const;

 private:
  LineReader(std::string path, int fd, size_t max_line_bytes)
      : path_(std::move(path)), fd_(fd), max_line_bytes_(max_line_bytes) {}

  // Reads more bytes behind those in buffer_. False: end of file.
  absl::StatusOr<bool> Fill();
  // Hands out `size` bytes of buffer_ as a line and consumes `consumed`.
  bool Take(size_t size, size_t consumed, Line* line);

  const std::string path_;
  const int fd_;
  const size_t max_line_bytes_;
  // Bytes read ahead: those from begin_ on are not consumed.
  std::string buffer_;
  size_t begin_ = 0;
  // Bytes from begin_ on that are known to hold no line break.
  size_t scanned_ = 0;
  // Where in the file buffer_[begin_] lies.
  uint64_t offset_ = 0;
  // Bytes of a cut line that were let go of: the line began so much earlier.
  uint64_t skipped_ = 0;
  // The beginning of such a line.
  std::string cut_;
};

}  // namespace sluice::replay

#endif  // PLUGINS_REPLAY_LINE_READER_H_
