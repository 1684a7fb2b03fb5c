// Requests that changed an emulated service, on disk: said again after a
// restart, they bring its state back.
#ifndef TOOLS_SANDBOX_REQUEST_JOURNAL_H_
#define TOOLS_SANDBOX_REQUEST_JOURNAL_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/http/http_server.h"

namespace sluice::sandbox {

struct JournalOptions {
  std::string folder;
  // Of one service's file; what does not fit is refused.
  int64_t max_bytes = int64_t{1} << 30;
};

struct JournalEntry {
  enum class Kind {
    kStart,    // the service began; has no request
    kRequest,  // to the service
    kControl,  // to the control server, for the service
  };
  Kind kind = Kind::kRequest;
  absl::Time time;  // when the service saw it
  HttpServerRequest request;
};

// A file with one JSON object per line:
//
//   {"unix_nanos": 1, "kind": "start"}
//   {"unix_nanos": 2, "kind": "request", "method": "POST", "target": "/a?b",
//    "headers": [["Authorization", "..."]], "body": "..."}
//
// with `body_base64` in place of `body` where it is not UTF-8, a third element
// "base64" for such a header, and the kind "control" for what came over the
// control server. Only its owner can read the file: headers have tokens.
//
// Thread-safety: none. One process at a time.
class RequestJournal {
 public:
  // Opens `folder`/`service`.journal; makes folder and file where they are
  // missing, and then says that the service began `now`. A last line without
  // an end was being written when the process ended: it is cut off.
  //   kDataLoss: a line cannot be read; names file and line.
  //   kUnavailable: the system refuses, or another process has the file; says
  //   what.
  static absl::StatusOr<std::unique_ptr<RequestJournal>> Open(
      const JournalOptions& options, std::string_view service, absl::Time now);
  ~RequestJournal();
  RequestJournal(const RequestJournal&) = delete;
  RequestJournal& operator=(const RequestJournal&) = delete;

  // When the service began for the first time.
  absl::Time started() const { return started_; }

  // Calls `each` with every entry of earlier runs but the start, in order. One
  // at a time is in memory.
  //   kDataLoss, kUnavailable: as Open(), which has read it all before.
  absl::Status ReadAll(absl::FunctionRef<void(JournalEntry)> each) const;

  // Where an entry stands in the file.
  struct Place {
    int64_t begin = 0;
    int64_t end = 0;
  };
  // Returns once the system has the entry; it survives the end of the process.
  //   kResourceExhausted: it does not fit max_bytes; says what can be done.
  //   kUnavailable: the system refuses, e.g. because the disk is full.
  absl::StatusOr<Place> Append(const JournalEntry& entry);
  // Takes an entry out again, unless others stand behind it: for what was
  // refused and would be refused again.
  void TakeBack(const Place& place);

 private:
  RequestJournal(std::string path, int file, int64_t max_bytes)
      : path_(std::move(path)), file_(file), max_bytes_(max_bytes) {}

  // Reads what is there; finds size_ and started_.
  absl::Status Check();
  absl::Status Write(std::string_view line);

  const std::string path_;
  const int file_;
  const int64_t max_bytes_;
  int64_t size_ = 0;  // of what is whole
  absl::Time started_ = absl::InfiniteFuture();
};

// One line without its end, and back. Nullopt: it is none.
std::string JournalLine(const JournalEntry& entry);
std::optional<JournalEntry> ParseJournalLine(std::string_view line);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_REQUEST_JOURNAL_H_
