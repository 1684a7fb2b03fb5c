#include "plugins/disruptive/history_fetch.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "pipeline/http/url.h"
#include "plugins/disruptive/text.h"
#include "plugins/disruptive/vocabulary.h"
#include "storage/base/rfc3339.h"

namespace sluice::disruptive {
namespace {

// The largest page the Swift client asks for.
constexpr char kPageSize[] = "1000";
// A stretch is not halved below this, whatever it holds.
constexpr absl::Duration kShortestWindow = absl::Seconds(1);

}  // namespace

bool HasHistory(const Settings& settings) {
  return settings.event_types.empty() ||
         std::any_of(
             settings.event_types.begin(), settings.event_types.end(),
             [](const std::string& type) { return type != kLabelsChanged; });
}

HistoryFetch::HistoryFetch(const Settings* settings, ApiClient* api,
                           Executor* executor, std::string device,
                           absl::Time from, absl::Time to,
                           size_t max_window_bytes, OnWindow on_window,
                           OnDone on_done)
    : settings_(settings),
      api_(api),
      executor_(executor),
      device_(std::move(device)),
      from_(std::min(from, to)),
      to_(to),
      window_end_(to),
      max_window_bytes_(max_window_bytes),
      on_window_(std::move(on_window)),
      on_done_(std::move(on_done)) {
  Ask();
}

void HistoryFetch::Ask() {
  window_ = HistoryWindow();
  window_bytes_ = 0;
  too_large_ = false;
  std::string path = absl::StrCat("/projects/", settings_->project, "/devices/",
                                  PercentEncode(device_), "/events");
  for (const std::string& type : settings_->event_types) {
    if (type != kLabelsChanged) AppendQuery(&path, "eventTypes", type);
  }
  AppendQuery(&path, "startTime", Rfc3339Micros(from_));
  AppendQuery(&path, "endTime",
              Rfc3339Micros(window_end_ + absl::Microseconds(1)));
  AppendQuery(&path, "page_size", kPageSize);
  query_ = std::make_unique<PagedQuery>(
      api_, executor_, std::move(path),
      [this](const std::string& body) { return TakePage(body); },
      [this](absl::Status status) {
        if (!status.ok()) {
          return std::exchange(on_done_, nullptr)(std::move(status));
        }
        EndWindow();
      });
}

absl::StatusOr<std::string> HistoryFetch::TakePage(const std::string& body) {
  absl::StatusOr<HistoryPage> page = decoder_.DecodeHistoryPage(body);
  if (!page.ok()) return page.status();
  window_bytes_ += page->events->byte_size();
  window_.batches.push_back(std::move(page->events));
  for (MalformedInput& input : page->malformed) {
    window_bytes_ += input.bytes.size();
    window_.malformed.push_back(std::move(input));
  }
  if (window_bytes_ > max_window_bytes_ && !page->next_page_token.empty() &&
      window_end_ - from_ > kShortestWindow) {
    too_large_ = true;
    return std::string();
  }
  return std::move(page->next_page_token);
}

void HistoryFetch::EndWindow() {
  if (too_large_) {
    window_end_ = from_ + (window_end_ - from_) / 2;
    return Ask();
  }
  // Newest first becomes oldest first; equal times keep their order.
  for (const EventBatchPtr& batch : window_.batches) {
    for (size_t i = 0; i < batch->size(); ++i) {
      window_.events.push_back(batch->event(i));
    }
  }
  std::reverse(window_.events.begin(), window_.events.end());
  std::stable_sort(window_.events.begin(), window_.events.end(),
                   [](const EventView& a, const EventView& b) {
                     return a.time_unix_nanos() < b.time_unix_nanos();
                   });
  window_.last = window_end_ >= to_;
  const std::shared_ptr<bool> alive = alive_;
  on_window_(std::move(window_));
  if (!*alive) return;
  if (window_end_ >= to_) {
    return std::exchange(on_done_, nullptr)(absl::OkStatus());
  }
  from_ = window_end_;
  window_end_ = to_;
  Ask();
}

}  // namespace sluice::disruptive
