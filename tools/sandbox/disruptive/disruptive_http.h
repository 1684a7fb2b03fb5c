// How the Disruptive Technologies API asks and answers.
#ifndef TOOLS_SANDBOX_DISRUPTIVE_DISRUPTIVE_HTTP_H_
#define TOOLS_SANDBOX_DISRUPTIVE_DISRUPTIVE_HTTP_H_

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/http/http_client.h"

namespace sluice::sandbox {

HttpResponse JsonAnswer(int status, std::string body);

// {"error": text, "code": status, "help": "..."}, the API's error body
// (https://docs.developer.disruptive-technologies.com/error-codes).
HttpResponse DisruptiveError(int status, std::string_view text);

// The same for a Status: invalid argument 400, unauthenticated 401, permission
// denied 403, not found 404, already exists 409, resource exhausted 429,
// anything else 500.
HttpResponse DisruptiveError(const absl::Status& status);

// kNotFound: "<what> not found".
absl::Status NoSuch(std::string_view what);

// Of devices, projects and Data Connectors.
inline constexpr size_t kListPageSize = 100;

// Query parameters under either spelling, page_token or pageToken. Unknown ones
// are ignored.
class DisruptiveQuery {
 public:
  // Pages of lists have at most `list_page_size` items, and by default.
  explicit DisruptiveQuery(std::string_view query,
                           size_t list_page_size = kListPageSize);

  // All values of a parameter, named in snake_case, in order.
  std::vector<std::string> All(std::string_view name) const;
  // The first; empty counts as absent.
  std::optional<std::string> One(std::string_view name) const;

  // page_size: the default when absent, at most `most`. kInvalidArgument: no
  // whole number, or negative.
  absl::StatusOr<size_t> PageSize(size_t standard, size_t most) const;

  // The page of a list of `count` items that page_size and page_token ask for:
  // {"<key>": [...], "nextPageToken": "..."}. `item` gives the JSON of one.
  // kInvalidArgument: not a size, or a token, that a page here can have.
  absl::StatusOr<std::string> Page(
      std::string_view key, size_t count,
      absl::FunctionRef<std::string(size_t)> item) const;

 private:
  size_t list_page_size_;
  std::vector<std::pair<std::string, std::string>> parameters_;
};

// A path in its decoded parts. The last part may carry a custom method:
// "devices:stream" is "devices" with verb "stream".
struct DisruptivePath {
  std::vector<std::string> parts;
  std::string verb;

  static DisruptivePath Parse(std::string_view path);
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_DISRUPTIVE_DISRUPTIVE_HTTP_H_
