#include "tools/sandbox/disruptive/event_history.h"

#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "storage/base/to_absl.h"

namespace sluice::sandbox {

void EventHistory::Add(std::string_view device_id, std::string_view event_type,
                       absl::Time timestamp, absl::Time arrived,
                       std::string envelope) {
  Entries& entries = devices_[ToAbsl(device_id)];
  Entry entry{.place = {absl::ToUnixMicros(timestamp), next_number_++},
              .arrived_micros = absl::ToUnixMicros(arrived),
              .event_type = event_type,
              .envelope = std::move(envelope)};
  if (entries.empty() || entries.back().place < entry.place) {
    entries.push_back(std::move(entry));
  } else {
    const auto before = std::upper_bound(
        entries.begin(), entries.end(), entry.place,
        [](const Place& place, const Entry& e) { return place < e.place; });
    entries.insert(before, std::move(entry));
  }
  if (entries.size() > options_.max_events_per_device) entries.pop_front();
}

void EventHistory::Forget(std::string_view device_id) {
  devices_.erase(ToAbsl(device_id));
}

absl::StatusOr<std::string> EventHistory::Page(std::string_view device_id,
                                               const HistoryQuery& query,
                                               absl::Time now,
                                               int64_t* events) const {
  // Events of this place and later ones are not wanted.
  Place end{absl::ToUnixMicros(query.end),
            std::numeric_limits<uint64_t>::max()};
  if (!query.page_token.empty()) {
    const std::optional<Place> token = ParseToken(query.page_token);
    if (!token.has_value()) {
      return absl::InvalidArgumentError("invalid page token");
    }
    end = std::min(end, *token);
  }
  const int64_t start =
      absl::ToUnixMicros(std::max(query.start, now - options_.retention));
  const int64_t indexed = absl::ToUnixMicros(now - options_.indexing_delay);

  std::string page = R"({"events":[)";
  std::string next_token;
  size_t found = 0;
  const Entry* last = nullptr;
  const auto device = devices_.find(ToAbsl(device_id));
  static const Entries kNone;
  const Entries& entries = device == devices_.end() ? kNone : device->second;
  auto it = std::lower_bound(entries.begin(), entries.end(), end,
                             [](const Entry& entry, const Place& place) {
                               return entry.place < place;
                             });
  while (it != entries.begin()) {
    const Entry& entry = *--it;
    if (entry.place.micros < start) break;
    if (entry.arrived_micros > indexed) continue;
    if (!query.event_types.empty() &&
        !query.event_types.contains(ToAbsl(entry.event_type))) {
      continue;
    }
    if (found == query.page_size) {
      next_token = Token(last->place);
      break;
    }
    if (found++ > 0) page += ',';
    page += entry.envelope;
    last = &entry;
  }
  *events += static_cast<int64_t>(found);
  absl::StrAppend(&page, R"(],"nextPageToken":")", next_token, R"("})");
  return page;
}

std::string EventHistory::Token(const Place& place) {
  return absl::StrCat("h", place.micros, "-", place.number);
}

std::optional<EventHistory::Place> EventHistory::ParseToken(
    std::string_view token) {
  const std::vector<absl::string_view> parts =
      absl::StrSplit(ToAbsl(token), '-');
  Place place;
  if (parts.size() != 2 || parts[0].empty() || parts[0][0] != 'h' ||
      !absl::SimpleAtoi(parts[0].substr(1), &place.micros) ||
      !absl::SimpleAtoi(parts[1], &place.number)) {
    return std::nullopt;
  }
  return place;
}

}  // namespace sluice::sandbox
