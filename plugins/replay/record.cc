#include "plugins/replay/record.h"

#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"

namespace sluice::replay {
namespace {

// Seconds of the years 1678 and 2262, between which int64_t nanoseconds reach.
constexpr double kMaxSeconds = 9.2e9;

// Digits tell the unit: today has 10 digits in seconds, 13 in milliseconds.
std::optional<int64_t> ParseEpoch(absl::string_view text) {
  int64_t whole;
  double number;
  if (absl::SimpleAtoi(text, &whole)) {
    const int64_t magnitude = whole < 0 ? -(whole + 1) : whole;
    if (magnitude < 100'000'000'000) {
      if (static_cast<double>(magnitude) > kMaxSeconds) return std::nullopt;
      return whole * 1'000'000'000;
    }
    if (magnitude < 100'000'000'000'000) {
      if (magnitude / 1e3 > kMaxSeconds) return std::nullopt;
      return whole * 1'000'000;
    }
    if (magnitude < 100'000'000'000'000'000) {
      if (magnitude / 1e6 > kMaxSeconds) return std::nullopt;
      return whole * 1'000;
    }
    return whole;
  }
  if (!absl::SimpleAtod(text, &number) || !(std::abs(number) <= kMaxSeconds)) {
    return std::nullopt;
  }
  return std::llround(number * 1e6) * 1'000;
}

}  // namespace

void Record::Clear() {
  id.clear();
  source.clear();
  type.clear();
  subject.clear();
  datacontenttype.clear();
  data.clear();
  time_unix_nanos = 0;
  labels.clear();
  is_event = true;
}

std::optional<int64_t> ParseTimeText(std::string_view text) {
  const absl::string_view input(text.data(), text.size());
  if (std::optional<int64_t> epoch = ParseEpoch(input)) return epoch;
  absl::Time time;
  for (const char* format :
       {absl::RFC3339_full, "%Y-%m-%d %H:%M:%E*S%Ez", "%Y-%m-%d%ET%H:%M:%E*S",
        "%Y-%m-%d %H:%M:%E*S", "%Y-%m-%d%ET%H:%M", "%Y-%m-%d %H:%M",
        "%Y-%m-%d"}) {
    if (!absl::ParseTime(format, input, &time, nullptr)) continue;
    // "infinite-past" is a time to Abseil.
    const double seconds = absl::ToDoubleSeconds(time - absl::UnixEpoch());
    if (!(std::abs(seconds) <= kMaxSeconds)) return std::nullopt;
    return absl::ToUnixNanos(time);
  }
  return std::nullopt;
}

}  // namespace sluice::replay
