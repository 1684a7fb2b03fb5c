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
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/http/http_server.h"

namespace sluice::sandbox {

struct JournaledRequest {
  absl::Time time;  // when the service saw it
  HttpServerRequest request;
};

// A file with one JSON object per line:
//
//   {"unix_nanos": 1, "method": "POST", "target": "/a?b", "headers":
//    [["Authorization", "..."]], "body": "..."}
//
// with `body_base64` in place of `body` where it is not UTF-8. Only its owner
// can read the file: headers have tokens.
//
// Thread-safety: none.
class RequestJournal {
 public:
  // Opens `folder`/`service`.journal, makes folder and file where they are
  // missing, and reads what is there into `requests`, in order. A last line
  // without an end was being written when the process ended: it is cut off.
  //   kDataLoss: a line cannot be read; names file and line.
  //   kUnavailable: the system refuses; says what.
  static absl::StatusOr<std::unique_ptr<RequestJournal>> Open(
      const std::string& folder, std::string_view service,
      std::vector<JournaledRequest>& requests);
  ~RequestJournal();
  RequestJournal(const RequestJournal&) = delete;
  RequestJournal& operator=(const RequestJournal&) = delete;

  // Returns once the system has the line; it survives the end of the process.
  //   kUnavailable: it is not kept, e.g. because the disk is full.
  absl::Status Append(absl::Time time, const HttpServerRequest& request);

 private:
  RequestJournal(std::string path, int file, int64_t size)
      : path_(std::move(path)), file_(file), size_(size) {}

  const std::string path_;
  const int file_;
  int64_t size_;  // of what is whole
};

// One line without its end, and back. Nullopt: it is none.
std::string JournalLine(absl::Time time, const HttpServerRequest& request);
std::optional<JournaledRequest> ParseJournalLine(std::string_view line);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_REQUEST_JOURNAL_H_
