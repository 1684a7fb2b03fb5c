#include "plugins/disruptive/label_cache.h"

#include <algorithm>

#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

constexpr absl::Duration kChangeLife = absl::Minutes(2);
constexpr size_t kMaxChanges = 1024;
// Beside its texts: list node, slot of the map, views.
constexpr size_t kEntryBytes = 200;
constexpr size_t kLabelBytes = 96;

auto Position(LabelCache::Labels& labels, std::string_view key) {
  return std::lower_bound(
      labels.begin(), labels.end(), key,
      [](const auto& label, std::string_view k) { return label.first < k; });
}

void Put(LabelCache::Labels& labels, std::string_view key,
         std::string_view value) {
  const auto at = Position(labels, key);
  if (at != labels.end() && at->first == key) {
    at->second = value;
  } else {
    labels.emplace(at, key, value);
  }
}

}  // namespace

LabelCache::LabelCache(size_t max_bytes, std::vector<std::string> keys,
                       Executor* executor)
    : max_bytes_(max_bytes), keys_(std::move(keys)), executor_(executor) {}

bool LabelCache::Knows(std::string_view device) const {
  return by_device_.contains(ToAbsl(device));
}

std::optional<absl::Span<const LabelView>> LabelCache::Find(
    std::string_view device) {
  const auto it = by_device_.find(ToAbsl(device));
  if (it == by_device_.end()) return std::nullopt;
  entries_.splice(entries_.begin(), entries_, it->second);
  return absl::Span<const LabelView>(it->second->views);
}

bool LabelCache::Wanted(std::string_view key) const {
  return keys_.empty() ||
         std::find(keys_.begin(), keys_.end(), key) != keys_.end();
}

void LabelCache::Set(std::string_view device, const Labels& labels) {
  const auto [it, added] = by_device_.try_emplace(ToAbsl(device));
  if (added) {
    entries_.emplace_front();
    entries_.front().device = device;
    it->second = entries_.begin();
  }
  Entry& entry = *it->second;
  entry.labels.clear();
  for (const auto& [key, value] : labels) {
    if (Wanted(key)) Put(entry.labels, key, value);
  }
  DropOldChanges();
  for (const PastChange& past : changes_) {
    if (past.device == device) ChangeEntry(&entry, past.change);
  }
  Settle(it->second);
}

void LabelCache::Apply(std::string_view device,
                       const v1::LabelsChanged& change) {
  DropOldChanges();
  if (changes_.size() == kMaxChanges) changes_.pop_front();
  changes_.push_back({executor_->MonotonicNow(), std::string(device), change});
  const auto it = by_device_.find(ToAbsl(device));
  // A part of the labels of a device is not enough.
  if (it == by_device_.end()) return;
  ChangeEntry(&*it->second, change);
  Settle(it->second);
}

void LabelCache::ChangeEntry(Entry* entry, const v1::LabelsChanged& change) {
  for (const auto* texts : {&change.added(), &change.modified()}) {
    for (const auto& [key, value] : *texts) {
      if (Wanted(key)) Put(entry->labels, key, value);
    }
  }
  for (const std::string& key : change.removed()) {
    const auto at = Position(entry->labels, key);
    if (at != entry->labels.end() && at->first == key) entry->labels.erase(at);
  }
}

void LabelCache::Settle(Entries::iterator entry) {
  bytes_ -= entry->bytes;
  entry->views.clear();
  entry->bytes = kEntryBytes + 2 * entry->device.size();
  for (const auto& [key, value] : entry->labels) {
    entry->views.push_back({key, value});
    entry->bytes += kLabelBytes + key.size() + value.size();
  }
  bytes_ += entry->bytes;
  while (bytes_ > max_bytes_ && !entries_.empty()) {
    bytes_ -= entries_.back().bytes;
    by_device_.erase(entries_.back().device);
    entries_.pop_back();
  }
}

void LabelCache::DropOldChanges() {
  const absl::Duration oldest = executor_->MonotonicNow() - kChangeLife;
  while (!changes_.empty() && changes_.front().at < oldest) {
    changes_.pop_front();
  }
}

}  // namespace sluice::disruptive
