// Which devices there are.
#ifndef PLUGINS_DISRUPTIVE_DEVICE_LISTING_H_
#define PLUGINS_DISRUPTIVE_DEVICE_LISTING_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "pipeline/executor/executor.h"
#include "plugins/disruptive/api_client.h"
#include "plugins/disruptive/event_decoder.h"
#include "plugins/disruptive/paged_query.h"
#include "plugins/disruptive/settings.h"

namespace sluice::disruptive {

// Lists the devices that the stream of these settings is about, page by page.
// With several label filters it asks once for each and gives the union (a
// device may then come twice): the stream takes devices that match any of them,
// the list only those that match all (python-client 1.7.3, docstrings of
// resources/stream.py and resources/device.py).
//
// Used on the executor only. Destroying it takes it back; it may be destroyed
// inside of its callbacks.
class DeviceListing {
 public:
  using OnPage = absl::AnyInvocable<void(std::vector<ListedDevice>)>;
  // See PagedQuery::OnDone.
  using OnDone = absl::AnyInvocable<void(absl::Status)>;

  // Begins at once; callbacks come later.
  DeviceListing(const Settings* settings, ApiClient* api, Executor* executor,
                OnPage on_page, OnDone on_done);

 private:
  void Ask();

  ApiClient* api_;
  Executor* executor_;
  OnPage on_page_;
  OnDone on_done_;
  EventDecoder decoder_;
  // One for each label filter, or a single one.
  std::vector<std::string> paths_;
  size_t next_ = 0;
  std::unique_ptr<PagedQuery> query_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_DEVICE_LISTING_H_
