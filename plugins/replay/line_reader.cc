#include "plugins/replay/line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"

namespace sluice::replay {
namespace {

constexpr size_t kReadBytes = 256 << 10;

std::string ErrorText(const char* action, const std::string& path, int error) {
  return absl::StrCat(action, " ", path, ": ",
                      std::generic_category().message(error));
}

}  // namespace

absl::StatusOr<std::unique_ptr<LineReader>> LineReader::Open(
    const std::string& path, size_t max_line_bytes) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    const std::string message = ErrorText("opening", path, errno);
    return errno == ENOENT ? absl::NotFoundError(message)
                           : absl::FailedPreconditionError(message);
  }
  std::unique_ptr<LineReader> reader(new LineReader(path, fd, max_line_bytes));
  struct stat info;
  if (fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is not a regular file"));
  }
  return reader;
}

LineReader::~LineReader() { close(fd_); }

void LineReader::Seek(uint64_t offset) {
  buffer_.clear();
  cut_.clear();
  begin_ = 0;
  scanned_ = 0;
  skipped_ = 0;
  offset_ = offset;
}

absl::StatusOr<bool> LineReader::Next(bool end_is_line_end, Line* line) {
  while (true) {
    const size_t end = buffer_.find('\n', begin_ + scanned_);
    if (end != std::string::npos) {
      return Take(end - begin_, end - begin_ + 1, line);
    }
    scanned_ = buffer_.size() - begin_;
    if (scanned_ > max_line_bytes_) {
      // Only the beginning is of use; the rest is read past.
      if (skipped_ == 0) cut_ = buffer_.substr(begin_, max_line_bytes_);
      skipped_ += scanned_;
      offset_ += scanned_;
      buffer_.clear();
      begin_ = 0;
      scanned_ = 0;
    }
    absl::StatusOr<bool> more = Fill();
    if (!more.ok()) return more.status();
    if (*more) continue;
    const size_t rest = buffer_.size() - begin_;
    if (!end_is_line_end || (rest == 0 && skipped_ == 0)) return false;
    return Take(rest, rest, line);
  }
}

absl::StatusOr<bool> LineReader::Fill() {
  buffer_.erase(0, begin_);
  begin_ = 0;
  const size_t had = buffer_.size();
  buffer_.resize(had + kReadBytes);
  ssize_t got;
  do {
    got = pread(fd_, buffer_.data() + had, kReadBytes,
                static_cast<off_t>(offset_ + had));
  } while (got < 0 && errno == EINTR);
  const int error = errno;
  buffer_.resize(had + std::max<ssize_t>(got, 0));
  if (got < 0) {
    return absl::UnavailableError(ErrorText("reading", path_, error));
  }
  return got > 0;
}

bool LineReader::Take(size_t size, size_t consumed, Line* line) {
  line->offset = offset_ - skipped_;
  line->is_cut = skipped_ > 0 || size > max_line_bytes_;
  line->text = skipped_ > 0 ? std::string_view(cut_)
                            : std::string_view(buffer_).substr(
                                  begin_, std::min(size, max_line_bytes_));
  if (!line->is_cut && line->text.ends_with('\r')) line->text.remove_suffix(1);
  begin_ += consumed;
  offset_ += consumed;
  scanned_ = 0;
  skipped_ = 0;
  return true;
}

FileIdentity LineReader::identity() const {
  struct stat info;
  if (fstat(fd_, &info) != 0) return {};
  return {.inode = info.st_ino, .size = static_cast<uint64_t>(info.st_size)};
}

bool LineReader::WasReplaced() const {
  struct stat mine;
  struct stat named;
  if (fstat(fd_, &mine) != 0 || stat(path_.c_str(), &named) != 0) return true;
  return mine.st_ino != named.st_ino || mine.st_dev != named.st_dev;
}

}  // namespace sluice::replay
