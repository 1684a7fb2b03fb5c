// The past of one device.
#ifndef PLUGINS_DISRUPTIVE_HISTORY_FETCH_H_
#define PLUGINS_DISRUPTIVE_HISTORY_FETCH_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/api/source.h"
#include "pipeline/executor/executor.h"
#include "plugins/disruptive/api_client.h"
#include "plugins/disruptive/event_decoder.h"
#include "plugins/disruptive/paged_query.h"
#include "plugins/disruptive/settings.h"
#include "storage/event/event_batch.h"

namespace sluice::disruptive {

// Events of one device in one stretch of time, oldest first.
struct HistoryWindow {
  // Views into `batches`, sorted by time.
  std::vector<EventView> events;
  std::vector<MalformedInput> malformed;
  std::vector<EventBatchPtr> batches;
  // No later one follows.
  bool last = false;
};

// Reads a device's event history from `from` to `to`. The service gives newest
// first, so a stretch has to be read whole before its oldest event is known; a
// stretch that grows too large is halved. Stretches come in order of time.
// Source: python-client 1.7.3, disruptive/resources/eventhistory.py; order:
// Swift client, Resources/Event.swift.
//
// Used on the executor only. Destroying it takes it back; it may be destroyed
// inside of its callbacks.
class HistoryFetch {
 public:
  using OnWindow = absl::AnyInvocable<void(HistoryWindow)>;
  // See PagedQuery::OnDone.
  using OnDone = absl::AnyInvocable<void(absl::Status)>;

  // Begins at once; callbacks come later. `max_window_bytes` bounds what is
  // held of one stretch.
  HistoryFetch(const Settings* settings, ApiClient* api, Executor* executor,
               std::string device, absl::Time from, absl::Time to,
               size_t max_window_bytes, OnWindow on_window, OnDone on_done);
  ~HistoryFetch() { *alive_ = false; }

 private:
  void Ask();
  absl::StatusOr<std::string> TakePage(const std::string& body);
  void EndWindow();

  const Settings* settings_;
  ApiClient* api_;
  Executor* executor_;
  std::string device_;
  absl::Time from_;
  absl::Time to_;
  // End of the stretch under way.
  absl::Time window_end_;
  size_t max_window_bytes_;
  OnWindow on_window_;
  OnDone on_done_;

  EventDecoder decoder_;
  HistoryWindow window_;
  size_t window_bytes_ = 0;
  bool too_large_ = false;
  std::unique_ptr<PagedQuery> query_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

// False: the event types of `settings` have no history (the service keeps none
// of labelsChanged).
bool HasHistory(const Settings& settings);

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_HISTORY_FETCH_H_
