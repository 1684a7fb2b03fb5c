// What labels each device has.
#ifndef PLUGINS_DISRUPTIVE_LABEL_CACHE_H_
#define PLUGINS_DISRUPTIVE_LABEL_CACHE_H_

#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "pipeline/executor/executor.h"
#include "proto/disruptive/v1/event.pb.h"
#include "storage/event/event_view.h"

namespace sluice::disruptive {

// Labels by device, within a bound: beyond it the devices that were asked for
// longest ago are forgotten. Filled from lists of devices and kept right by
// labelsChanged events.
//
// A list may have been made before a change whose event has already come; so
// the changes of the last two minutes (at most 1024) are made again on top of
// it.
//
// Used on the executor only.
class LabelCache {
 public:
  using Labels = std::vector<std::pair<std::string, std::string>>;

  // `keys`: only these labels; empty: all.
  LabelCache(size_t max_bytes, std::vector<std::string> keys,
             Executor* executor);

  bool Knows(std::string_view device) const;
  // The labels of `device`, sorted by key; nullopt: they are not known. Valid
  // until the next call that is not const.
  std::optional<absl::Span<const LabelView>> Find(std::string_view device);

  // All labels of `device` as the service lists them.
  void Set(std::string_view device, const Labels& labels);
  // A labelsChanged event of `device`.
  void Apply(std::string_view device, const v1::LabelsChanged& change);
  // Events may have been missed: changes from before are not made again.
  void ForgetChanges() { changes_.clear(); }

  size_t devices() const { return entries_.size(); }
  size_t bytes() const { return bytes_; }

 private:
  struct Entry {
    std::string device;
    Labels labels;
    // Views into `labels`.
    std::vector<LabelView> views;
    size_t bytes = 0;
  };
  // Most recently asked for first.
  using Entries = std::list<Entry>;
  struct PastChange {
    absl::Duration at;
    std::string device;
    v1::LabelsChanged change;
  };

  bool Wanted(std::string_view key) const;
  void ChangeEntry(Entry* entry, const v1::LabelsChanged& change);
  // Brings views and sizes up to date, and keeps the bound.
  void Settle(Entries::iterator entry);
  void DropOldChanges();

  const size_t max_bytes_;
  const std::vector<std::string> keys_;
  Executor* executor_;
  Entries entries_;
  absl::flat_hash_map<std::string, Entries::iterator> by_device_;
  size_t bytes_ = 0;
  std::deque<PastChange> changes_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_LABEL_CACHE_H_
