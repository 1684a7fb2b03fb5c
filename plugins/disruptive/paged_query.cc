#include "plugins/disruptive/paged_query.h"

#include <utility>

#include "plugins/disruptive/text.h"

namespace sluice::disruptive {
namespace {

constexpr int kMaxMisunderstood = 5;
constexpr absl::Duration kRetryWait = absl::Seconds(10);

}  // namespace

PagedQuery::PagedQuery(ApiClient* api, Executor* executor, std::string path,
                       OnPage on_page, OnDone on_done)
    : api_(api),
      path_(std::move(path)),
      on_page_(std::move(on_page)),
      on_done_(std::move(on_done)),
      retry_timer_(executor) {
  Ask();
}

void PagedQuery::Ask() {
  std::string path = path_;
  if (!token_.empty()) AppendQuery(&path, "pageToken", token_);
  request_ = api_->Get(
      std::move(path),
      [this](absl::StatusOr<std::string> body) { OnAnswer(std::move(body)); });
}

void PagedQuery::OnAnswer(absl::StatusOr<std::string> body) {
  if (!body.ok()) return std::exchange(on_done_, nullptr)(body.status());
  const std::shared_ptr<bool> alive = alive_;
  const absl::StatusOr<std::string> next = on_page_(*body);
  if (!*alive) return;
  if (!next.ok()) {
    if (++misunderstood_ == kMaxMisunderstood) {
      return std::exchange(
          on_done_, nullptr)(absl::DataLossError(next.status().message()));
    }
    retry_timer_.Start(kRetryWait, [this] { Ask(); });
    return;
  }
  if (next->empty()) return std::exchange(on_done_, nullptr)(absl::OkStatus());
  token_ = *next;
  Ask();
}

}  // namespace sluice::disruptive
