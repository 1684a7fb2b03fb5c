#include "plugins/inthing/digest.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/time/time.h"
#include "plugins/inthing/reading.h"
#include "plugins/inthing/text_limits.h"

namespace sluice::inthing {
namespace {

// The summary may take so much when there is more than fits.
constexpr size_t kMaxSummary = kMaxDescription * 3 / 4;
// Of a device or type, in code points: no name takes the room of the others.
constexpr size_t kMaxName = 60;
// Room for the line that says how many are left out.
constexpr size_t kMoreLine = 40;

// Earliest and latest time of some events; 0: none has a time.
struct TimeSpan {
  int64_t first = 0;
  int64_t last = 0;

  void Add(const EventView& event) {
    const int64_t time = event.time_unix_nanos();
    if (time == 0) return;
    first = first == 0 ? time : std::min(first, time);
    last = last == 0 ? time : std::max(last, time);
  }
};

std::string TimeOfDay(int64_t nanos) {
  return absl::FormatTime("%H:%M:%S", absl::FromUnixNanos(nanos),
                          absl::UTCTimeZone());
}

// "12:03:07–12:09:44"; empty without times.
std::string SpanText(const TimeSpan& span) {
  if (span.first == 0) return "";
  std::string text = TimeOfDay(span.first);
  if (span.last / 1'000'000'000 != span.first / 1'000'000'000) {
    absl::StrAppend(&text, "–", TimeOfDay(span.last));
  }
  return text;
}

// Events of one device and type.
struct Group {
  std::string device;
  std::string type;
  size_t count = 0;
  TimeSpan span;
  size_t numbers = 0;
  double lowest = 0;
  double highest = 0;
  double sum = 0;
  std::string last_text;

  void Add(const EventView& event, const Reading& reading) {
    ++count;
    span.Add(event);
    if (!reading.text.empty()) last_text = reading.text;
    if (!reading.number.has_value()) return;
    const double number = *reading.number;
    lowest = numbers == 0 ? number : std::min(lowest, number);
    highest = numbers == 0 ? number : std::max(highest, number);
    sum += number;
    ++numbers;
  }

  std::string Line() const {
    std::string line = absl::StrCat("- **", EscapeMarkdown(device), "** ",
                                    EscapeMarkdown(type), ": ", count,
                                    count == 1 ? " event" : " events");
    if (const std::string times = SpanText(span); !times.empty()) {
      absl::StrAppend(&line, ", ", times);
    }
    if (numbers > 1) {
      absl::StrAppendFormat(&line, ", %.6g to %.6g, mean %.6g", lowest, highest,
                            sum / static_cast<double>(numbers));
    } else if (!last_text.empty()) {
      absl::StrAppend(&line, ", last ", EscapeMarkdown(last_text));
    }
    return line + "\n";
  }
};

std::vector<Group> MakeGroups(absl::Span<const DigestMember> members) {
  std::vector<Group> groups;
  std::map<std::pair<std::string_view, std::string_view>, size_t> index;
  ReadingFinder readings;
  for (const DigestMember& member : members) {
    const EventView& event = member.event;
    const auto [at, is_new] =
        index.try_emplace({event.subject(), event.type()}, groups.size());
    if (is_new) {
      Group& group = groups.emplace_back();
      group.device = OneLine(DeviceName(event));
      group.type = OneLine(event.type());
      Truncate(kMaxName, &group.device);
      Truncate(kMaxName, &group.type);
    }
    groups[at->second].Add(event, readings.Find(event));
  }
  return groups;
}

// The largest groups when not all fit, in the order of their first event.
std::string Summary(std::vector<Group> groups) {
  std::string all;
  for (const Group& group : groups) all.append(group.Line());
  if (CountCodePoints(all) <= kMaxSummary) return all;

  std::vector<size_t> by_count(groups.size());
  for (size_t i = 0; i < by_count.size(); ++i) by_count[i] = i;
  std::stable_sort(by_count.begin(), by_count.end(), [&](size_t a, size_t b) {
    return groups[a].count > groups[b].count;
  });
  std::set<size_t> kept;
  size_t room = kMaxSummary - 2 * kMoreLine;
  size_t left_out_events = 0;
  for (const size_t i : by_count) {
    const size_t size = CountCodePoints(groups[i].Line());
    if (left_out_events == 0 && size <= room) {
      room -= size;
      kept.insert(i);
    } else {
      left_out_events += groups[i].count;
    }
  }
  std::string summary;
  for (const size_t i : kept) summary.append(groups[i].Line());
  absl::StrAppend(&summary, "- … and ", left_out_events, " events of ",
                  groups.size() - kept.size(), " more\n");
  return summary;
}

// One line per event, newest first, as many as fit into `room`.
std::string Details(absl::Span<const DigestMember> members, size_t room) {
  std::string details;
  for (size_t i = members.size(); i > 0; --i) {
    const DigestMember& member = members[i - 1];
    const std::string time =
        member.event.has_time()
            ? TimeOfDay(member.event.time_unix_nanos()) + " "
            : "";
    const std::string line =
        absl::StrCat("- ", time, EscapeMarkdown(member.post.title), "\n");
    const size_t size = CountCodePoints(line);
    if (size + kMoreLine > room) {
      absl::StrAppend(&details, "- … and ", i, " more\n");
      break;
    }
    room -= size;
    details.append(line);
  }
  return details;
}

std::string Title(absl::Span<const DigestMember> members) {
  std::set<std::string_view> devices;
  TimeSpan span;
  for (const DigestMember& member : members) {
    devices.insert(member.event.subject());
    span.Add(member.event);
  }
  std::string title =
      absl::StrCat(members.size(), " events from ", devices.size(),
                   devices.size() == 1 ? " device" : " devices");
  if (const std::string times = SpanText(span); !times.empty()) {
    absl::StrAppend(&title, ", ", times);
  }
  return title;
}

}  // namespace

Post MakeDigest(absl::Span<const DigestMember> members,
                const std::string& generator) {
  Post digest;
  digest.title = Title(members);
  digest.generator = members[0].post.generator;
  digest.priority = members[0].post.priority;
  for (const DigestMember& member : members) {
    digest.priority = std::max(digest.priority, member.post.priority);
    if (member.post.generator != digest.generator) digest.generator = generator;
    const std::optional<int64_t>& time = member.post.time_unix_seconds;
    if (time.has_value()) {
      digest.time_unix_seconds =
          std::max(*time, digest.time_unix_seconds.value_or(*time));
    }
    if (member.post.image.has_value()) {
      digest.type = "image";
      digest.image = member.post.image;
    }
  }
  Truncate(kMaxGenerator, &digest.generator);
  digest.description = Summary(MakeGroups(members));
  digest.description.push_back('\n');
  digest.description.append(
      Details(members, kMaxDescription - CountCodePoints(digest.description)));
  return digest;
}

}  // namespace sluice::inthing
