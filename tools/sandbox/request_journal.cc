#include "tools/sandbox/request_journal.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>

#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kReadBytes = size_t{256} << 10;
// More than any request makes: its body has at most 32 MiB, each byte of which
// becomes at most six.
constexpr size_t kMaxLineBytes = size_t{256} << 20;

absl::Status SystemError(std::string_view what, const std::string& path) {
  return absl::UnavailableError(absl::StrCat("cannot ", ToAbsl(what), " ", path,
                                             ": ", std::strerror(errno)));
}

absl::Status NoEntry(const std::string& path, int64_t line) {
  return absl::DataLossError(absl::StrCat(
      path, ", line ", line,
      ": no request; remove the file to start with nothing, or the lines from "
      "there on to keep the others"));
}

// The whole lines of a file, one after the other.
class LineReader {
 public:
  LineReader(int file, const std::string& path) : file_(file), path_(path) {}

  // The next line without its end, which lives until the next call. Nullopt:
  // there is no further one with an end.
  absl::StatusOr<std::optional<std::string_view>> Next() {
    size_t seen = begin_;
    while (true) {
      const size_t end = buffer_.find('\n', seen);
      if (end != std::string::npos) {
        ++number_;
        const size_t begin = std::exchange(begin_, end + 1);
        return std::string_view(buffer_).substr(begin, end - begin);
      }
      buffer_.erase(0, std::exchange(begin_, 0));
      if (buffer_.size() > kMaxLineBytes) return NoEntry(path_, number_ + 1);
      seen = buffer_.size();
      ssize_t bytes = 0;
      SLUICE_ASSIGN_OR_RETURN(bytes, ReadMore());
      if (bytes == 0) return std::nullopt;
    }
  }

  // Of the line that Next() gave last: its number, from 1, and where it ends.
  int64_t number() const { return number_; }
  int64_t end() const {
    return read_ - static_cast<int64_t>(buffer_.size() - begin_);
  }

 private:
  absl::StatusOr<ssize_t> ReadMore() {
    const size_t had = buffer_.size();
    buffer_.resize(had + kReadBytes);
    ssize_t bytes = 0;
    do {
      bytes = pread(file_, buffer_.data() + had, kReadBytes, read_);
    } while (bytes < 0 && errno == EINTR);
    if (bytes < 0) return SystemError("read", path_);
    buffer_.resize(had + static_cast<size_t>(bytes));
    read_ += bytes;
    return bytes;
  }

  const int file_;
  const std::string& path_;
  std::string buffer_;  // what was read last
  size_t begin_ = 0;    // of the next line in it
  int64_t read_ = 0;
  int64_t number_ = 0;
};

// Calls `each` with every whole entry; returns where the last one ends.
absl::StatusOr<int64_t> ReadEntries(
    int file, const std::string& path,
    absl::FunctionRef<void(JournalEntry)> each) {
  LineReader lines(file, path);
  while (true) {
    std::optional<std::string_view> line;
    SLUICE_ASSIGN_OR_RETURN(line, lines.Next());
    if (!line.has_value()) return lines.end();
    std::optional<JournalEntry> entry = ParseJournalLine(*line);
    if (!entry.has_value()) return NoEntry(path, lines.number());
    each(*std::move(entry));
  }
}

}  // namespace

absl::StatusOr<std::unique_ptr<RequestJournal>> RequestJournal::Open(
    const JournalOptions& options, std::string_view service, absl::Time now) {
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  const std::string path =
      absl::StrCat(options.folder, "/", ToAbsl(service), ".journal");
  const int file =
      open(path.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  if (file < 0) return SystemError("open", path);
  auto journal = std::unique_ptr<RequestJournal>(
      new RequestJournal(path, file, options.max_bytes));
  if (flock(file, LOCK_EX | LOCK_NB) != 0) {
    return absl::UnavailableError(
        absl::StrCat("another process works with ", path));
  }
  SLUICE_RETURN_IF_ERROR(journal->Check());
  if (journal->size_ > 0) return journal;
  journal->started_ = now;
  SLUICE_RETURN_IF_ERROR(
      journal
          ->Append(
              {.kind = JournalEntry::Kind::kStart, .time = now, .request = {}})
          .status());
  return journal;
}

RequestJournal::~RequestJournal() { close(file_); }

absl::Status RequestJournal::Check() {
  SLUICE_ASSIGN_OR_RETURN(
      size_, ReadEntries(file_, path_, [this](const JournalEntry& entry) {
        // The first entry is the start.
        if (started_ == absl::InfiniteFuture()) started_ = entry.time;
      }));
  if (ftruncate(file_, size_) != 0) return SystemError("shorten", path_);
  return absl::OkStatus();
}

absl::Status RequestJournal::ReadAll(
    absl::FunctionRef<void(JournalEntry)> each) const {
  return ReadEntries(file_, path_,
                     [&each](JournalEntry entry) {
                       if (entry.kind == JournalEntry::Kind::kStart) return;
                       each(std::move(entry));
                     })
      .status();
}

absl::StatusOr<RequestJournal::Place> RequestJournal::Append(
    const JournalEntry& entry) {
  std::string line = JournalLine(entry);
  line += '\n';
  const auto bytes = static_cast<int64_t>(line.size());
  if (bytes > max_bytes_ - size_) {
    return absl::ResourceExhaustedError(absl::StrCat(
        "the state on disk is full: ", path_, " may have ", max_bytes_,
        " bytes; stop the sandbox, then allow more, or remove the file to "
        "begin with nothing"));
  }
  SLUICE_RETURN_IF_ERROR(Write(line));
  const Place place{size_, size_ + bytes};
  size_ = place.end;
  return place;
}

absl::Status RequestJournal::Write(std::string_view line) {
  while (!line.empty()) {
    const ssize_t written = write(file_, line.data(), line.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const absl::Status status = SystemError("write", path_);
      // Half a line would spoil the next one. If even that fails, opening the
      // file again will say where.
      [[maybe_unused]] const int cut = ftruncate(file_, size_);
      return status;
    }
    line.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

void RequestJournal::TakeBack(const Place& place) {
  if (place.end != size_ || ftruncate(file_, place.begin) != 0) return;
  size_ = place.begin;
}

}  // namespace sluice::sandbox
