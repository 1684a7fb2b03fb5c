// A question whose answer comes in pages.
#ifndef PLUGINS_DISRUPTIVE_PAGED_QUERY_H_
#define PLUGINS_DISRUPTIVE_PAGED_QUERY_H_

#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "pipeline/executor/executor.h"
#include "pipeline/executor/scoped_timer.h"
#include "plugins/disruptive/api_client.h"

namespace sluice::disruptive {

// Fetches `path` page by page until there is no next one. A page that cannot be
// understood (something on the way answered in the service's place) is asked
// for again a few times.
//
// Used on the executor only. Destroying it takes the question back; it may be
// destroyed inside of its callbacks.
class PagedQuery {
 public:
  // Takes one page and returns the token of the next; empty: it was the last.
  // An error: the page cannot be understood.
  using OnPage =
      absl::AnyInvocable<absl::StatusOr<std::string>(const std::string& body)>;
  // OK: all pages were taken. Errors: those of ApiClient, and kDataLoss when a
  // page could not be understood again and again.
  using OnDone = absl::AnyInvocable<void(absl::Status)>;

  PagedQuery(ApiClient* api, Executor* executor, std::string path,
             OnPage on_page, OnDone on_done);
  ~PagedQuery() { *alive_ = false; }

 private:
  void Ask();
  void OnAnswer(absl::StatusOr<std::string> body);

  ApiClient* api_;
  std::string path_;
  OnPage on_page_;
  OnDone on_done_;
  std::string token_;
  int misunderstood_ = 0;
  ApiClient::Handle request_;
  ScopedTimer retry_timer_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_PAGED_QUERY_H_
