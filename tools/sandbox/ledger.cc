#include "tools/sandbox/ledger.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "absl/hash/hash.h"
#include "absl/strings/ascii.h"
#include "glog/logging.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {
namespace {

// Ids are words of letters and digits, of at least this length.
constexpr size_t kShortestId = 8;

// The words of `text` that may be event ids, each once.
std::vector<std::string_view> Words(std::string_view text) {
  std::vector<std::string_view> words;
  size_t begin = 0;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && absl::ascii_isalnum(text[i])) continue;
    if (i - begin >= kShortestId)
      words.push_back(text.substr(begin, i - begin));
    begin = i + 1;
  }
  std::sort(words.begin(), words.end());
  words.erase(std::unique(words.begin(), words.end()), words.end());
  return words;
}

void CountUp(uint16_t& counter) {
  if (counter < std::numeric_limits<uint16_t>::max()) ++counter;
}

uint32_t HashOfPlace(std::string_view place) {
  return static_cast<uint32_t>(absl::HashOf(ToAbsl(place)));
}

}  // namespace

size_t Ledger::Hash::operator()(std::string_view id) const {
  return absl::HashOf(ToAbsl(id));
}

size_t Ledger::Hash::operator()(uint64_t number) const {
  return absl::HashOf(ToAbsl(ledger->entry(number).event_id));
}

bool Ledger::Equal::operator()(uint64_t number, std::string_view id) const {
  return ledger->entry(number).event_id == id;
}

bool Ledger::Equal::operator()(std::string_view id, uint64_t number) const {
  return ledger->entry(number).event_id == id;
}

void Ledger::AddDestination(std::string_view name) {
  absl::MutexLock lock(&mu_);
  DestinationIndex(name);
}

void Ledger::Published(std::string_view event_id, std::string_view device_id) {
  absl::MutexLock lock(&mu_);
  if (by_id_.contains(event_id)) return;
  const uint64_t number = first_number_ + entries_.size();
  Entry entry;
  entry.event_id = event_id;
  entry.device = DeviceIndex(device_id);
  ++devices_[entry.device].published;
  entries_.push_back(std::move(entry));
  by_id_.insert(number);
  if (entries_.size() > max_events_) ForgetOldest();
}

void Ledger::Unheard() {
  absl::MutexLock lock(&mu_);
  ++unheard_;
}

bool Ledger::Received(std::string_view destination, std::string_view event_id,
                      Arrival arrival, std::string_view place) {
  absl::MutexLock lock(&mu_);
  return Record(DestinationIndex(destination), event_id, arrival,
                HashOfPlace(place));
}

int Ledger::ReceivedText(std::string_view destination, std::string_view text,
                         Arrival arrival, std::string_view place) {
  const std::vector<std::string_view> words = Words(text);
  absl::MutexLock lock(&mu_);
  const size_t index = DestinationIndex(destination);
  const uint32_t place_hash = HashOfPlace(place);
  int found = 0;
  for (std::string_view word : words) {
    if (!by_id_.contains(word)) continue;
    Record(index, word, arrival, place_hash);
    ++found;
  }
  if (found == 0) ++totals_[index].unknown;
  return found;
}

LedgerReport Ledger::Report(size_t max_ids) const {
  absl::ReaderMutexLock lock(&mu_);
  LedgerReport report = TotalsLocked();
  for (size_t d = 0; d < totals_.size(); ++d) {
    DestinationReport& destination = report.destinations[d];
    // Counted above; without this the whole log of events would be read for
    // nothing.
    if (destination.missing == 0 && destination.duplicated == 0) continue;
    for (const Entry& entry : entries_) {
      const uint32_t stored = entry.receipts[d].stored;
      if (stored == 0 && destination.missing_ids.size() < max_ids) {
        destination.missing_ids.push_back(entry.event_id);
      }
      if (entry.receipts[d].duplicated > 0 &&
          destination.duplicated_ids.size() < max_ids) {
        destination.duplicated_ids.push_back(entry.event_id);
      }
    }
  }
  for (const Device& device : devices_) {
    report.devices.push_back(
        {device.id,
         device.published,
         {device.destinations, device.destinations + totals_.size()}});
  }
  return report;
}

LedgerReport Ledger::Totals() const {
  absl::ReaderMutexLock lock(&mu_);
  return TotalsLocked();
}

void Ledger::Reset() {
  absl::MutexLock lock(&mu_);
  by_id_.clear();
  entries_.clear();
  first_number_ = 0;
  devices_.clear();
  device_index_.clear();
  other_places_.clear();
  latest_.clear();
  unheard_ = 0;
  for (DestinationReport& total : totals_) {
    total = DestinationReport{.name = std::move(total.name)};
  }
}

size_t Ledger::DestinationIndex(std::string_view name) {
  for (size_t i = 0; i < totals_.size(); ++i) {
    if (totals_[i].name == name) return i;
  }
  CHECK_LT(totals_.size(), kMaxDestinations)
      << "no room in the ledger for destination " << name;
  totals_.push_back(DestinationReport{.name = std::string(name)});
  return totals_.size() - 1;
}

uint32_t Ledger::DeviceIndex(std::string_view id) {
  const auto [it, added] = device_index_.try_emplace(
      ToAbsl(id), static_cast<uint32_t>(devices_.size()));
  if (added) {
    devices_.emplace_back();
    devices_.back().id = id;
  }
  return it->second;
}

bool Ledger::Record(size_t destination, std::string_view event_id,
                    Arrival arrival, uint32_t place) {
  const auto it = by_id_.find(event_id);
  if (it == by_id_.end()) {
    ++totals_[destination].unknown;
    return false;
  }
  if (arrival == Arrival::kRepeated) {
    ++totals_[destination].repeated;
  } else {
    RecordStored(destination, *it, place);
  }
  return true;
}

bool Ledger::AddPlace(uint64_t number, size_t destination, uint32_t place) {
  Places& places = other_places_[number];
  const std::pair<size_t, uint32_t> added(destination, place);
  if (std::find(places.begin(), places.end(), added) != places.end()) {
    return false;
  }
  places.push_back(added);
  return true;
}

void Ledger::RecordStored(size_t destination, uint64_t number, uint32_t place) {
  Entry& entry = entries_[number - first_number_];
  Receipt& receipt = entry.receipts[destination];
  DestinationReport& total = totals_[destination];
  DeviceReport::Destination& device =
      devices_[entry.device].destinations[destination];
  const bool first = receipt.stored == 0;
  CountUp(receipt.stored);
  if (first) {
    receipt.first_place = place;
    ++total.received;
    ++device.received;
  } else if (receipt.first_place == place ||
             !AddPlace(number, destination, place)) {
    CountUp(receipt.duplicated);
    ++total.duplicated;
    ++device.duplicated;
    return;
  }
  uint64_t& latest =
      latest_.try_emplace({destination, place, entry.device}, number)
          .first->second;
  if (number < latest) {
    ++total.out_of_order;
    ++device.out_of_order;
  }
  latest = std::max(latest, number);
}

void Ledger::ForgetOldest() {
  by_id_.erase(first_number_);
  other_places_.erase(first_number_);
  entries_.pop_front();
  ++first_number_;
}

LedgerReport Ledger::TotalsLocked() const {
  LedgerReport report;
  report.forgotten = static_cast<int64_t>(first_number_);
  report.published = report.forgotten + static_cast<int64_t>(entries_.size());
  report.unheard = unheard_;
  report.destinations = totals_;
  for (DestinationReport& destination : report.destinations) {
    destination.missing = report.published - destination.received;
  }
  return report;
}

}  // namespace sluice::sandbox
