#include "plugins/disruptive/device_labels.h"

#include "absl/strings/str_cat.h"
#include "glog/logging.h"
#include "pipeline/http/url.h"
#include "plugins/disruptive/event_fields.h"
#include "plugins/disruptive/typed_json.h"
#include "plugins/disruptive/vocabulary.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {

DeviceLabels::DeviceLabels(const Settings* settings, Executor* executor,
                           ApiClient* api, Counters counters,
                           OnRelease on_release, OnReleased on_released)
    : settings_(settings),
      executor_(executor),
      api_(api),
      counters_(counters),
      on_release_(std::move(on_release)),
      on_released_(std::move(on_released)),
      cache_(settings->labels_max_bytes, settings->label_keys, executor),
      deadline_timer_(executor),
      refresh_timer_(executor) {}

void DeviceLabels::Refresh() {
  if (!settings_->labels || listing_ != nullptr) return;
  refresh_timer_.Start(settings_->labels_refresh, [this] { Refresh(); });
  listing_ = std::make_unique<DeviceListing>(
      settings_, api_, executor_,
      [this](std::vector<ListedDevice> devices) { OnListed(devices); },
      [this](absl::Status status) { OnListingDone(status); });
}

void DeviceLabels::OnGap() { cache_.ForgetChanges(); }

void DeviceLabels::OnListed(const std::vector<ListedDevice>& devices) {
  if (!settings_->labels) return;
  for (const ListedDevice& device : devices) {
    cache_.Set(device.id, device.labels);
    Release(device.id);
  }
  Drained();
}

void DeviceLabels::OnListingDone(const absl::Status& status) {
  if (!status.ok()) {
    LOG(WARNING) << "the labels of the devices cannot be read: "
                 << status.message();
  }
  listing_.reset();
  // What is not in the list is asked for by itself.
  for (auto& [device, awaited] : awaited_) {
    if (awaited.request == nullptr) Ask(device, &awaited);
  }
}

bool DeviceLabels::MayPass(const EventFields& event,
                           std::optional<absl::Time> covered_until) {
  if (!settings_->labels || event.subject.empty() || !event.labels.empty()) {
    return true;
  }
  const auto awaited = awaited_.find(ToAbsl(event.subject));
  if (awaited == awaited_.end() ? cache_.Knows(event.subject)
                                : awaited->second.given_up) {
    return true;
  }
  if (!held_since_.has_value()) held_since_ = covered_until;
  held_.Hold(event, /*epoch=*/0);
  if (awaited == awaited_.end()) Await(event.subject);
  if (held_.bytes() > settings_->hold_bytes) {
    for (const std::string& device : held_.devices()) GiveUp(device);
    Drained();
  }
  if (counters_.waiting != nullptr) {
    counters_.waiting->Set(static_cast<int64_t>(held_.size()));
  }
  return false;
}

void DeviceLabels::Await(std::string_view device) {
  Awaited& awaited = awaited_[ToAbsl(device)];
  if (listing_ == nullptr) Ask(std::string(device), &awaited);
  deadlines_.emplace_back(executor_->MonotonicNow() + settings_->labels_wait,
                          device);
  WatchDeadlines();
}

void DeviceLabels::Ask(const std::string& device, Awaited* awaited) {
  awaited->request =
      api_->Get(absl::StrCat("/projects/", settings_->project, "/devices/",
                             PercentEncode(device)),
                [this, device](absl::StatusOr<std::string> body) {
                  OnDevice(device, std::move(body));
                });
}

void DeviceLabels::OnDevice(const std::string& device,
                            absl::StatusOr<std::string> body) {
  const absl::StatusOr<DevicePage> page =
      body.ok() ? decoder_.DecodeDevicePage(
                      absl::StrCat("{\"devices\":[", *body, "]}"))
                : body.status();
  if (page.ok() && page->devices.size() == 1) {
    cache_.Set(device, page->devices[0].labels);
  } else {
    // It left the project, say. It is asked for again with the next list.
    LOG(WARNING) << "the labels of device " << device << " cannot be read: "
                 << (page.ok() ? "the answer is no device"
                               : page.status().message());
    cache_.Set(device, {});
  }
  Release(device);
  Drained();
}

void DeviceLabels::Release(const std::string& device) {
  const auto it = awaited_.find(device);
  if (it == awaited_.end()) return;
  awaited_.erase(it);
  HandOn(device);
}

void DeviceLabels::GiveUp(const std::string& device) {
  const auto it = awaited_.find(device);
  if (it == awaited_.end() || it->second.given_up) return;
  it->second.given_up = true;
  HandOn(device);
}

void DeviceLabels::HandOn(const std::string& device) {
  const EventBatchPtr events = held_.Release(device, /*epoch=*/0);
  std::vector<LabelView> labels;
  for (size_t i = 0; i < events->size(); ++i) {
    on_release_(FieldsOf(events->event(i), &labels));
  }
}

void DeviceLabels::WatchDeadlines() {
  if (deadline_timer_.running() || deadlines_.empty()) return;
  deadline_timer_.Start(
      deadlines_.front().first - executor_->MonotonicNow(), [this] {
        const absl::Duration now = executor_->MonotonicNow();
        while (!deadlines_.empty() && deadlines_.front().first <= now) {
          const std::string device = std::move(deadlines_.front().second);
          deadlines_.pop_front();
          GiveUp(device);
        }
        WatchDeadlines();
        Drained();
      });
}

void DeviceLabels::Drained() {
  if (held_.size() == 0) held_since_.reset();
  if (counters_.waiting != nullptr) {
    counters_.waiting->Set(static_cast<int64_t>(held_.size()));
  }
  on_released_();
}

bool DeviceLabels::Finish(EventFields* event) {
  if (!settings_->labels) return true;
  const bool change = event->type == kLabelsChanged;
  if (change) {
    v1::LabelsChanged labels;
    if (FromJson(event->data, &labels).ok()) {
      cache_.Apply(event->subject, labels);
    }
  }
  if (event->labels.empty() && !event->subject.empty()) {
    const auto labels = cache_.Find(event->subject);
    if (labels.has_value()) {
      event->labels = *labels;
    } else if (counters_.unlabelled != nullptr) {
      counters_.unlabelled->Add();
    }
  }
  return !change || settings_->WantsType(kLabelsChanged);
}

}  // namespace sluice::disruptive
