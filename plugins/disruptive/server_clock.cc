#include "plugins/disruptive/server_clock.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/disruptive/text.h"

namespace sluice::disruptive {
namespace {

constexpr size_t kPings = 4;

}  // namespace

void ServerClock::ObservePing(absl::Time time) {
  ping_offsets_.push_back(time - executor_->Now());
  if (ping_offsets_.size() > kPings) ping_offsets_.pop_front();
  offset_ = *std::max_element(ping_offsets_.begin(), ping_offsets_.end());
}

void ServerClock::ObserveDate(const HttpHeaders& headers) {
  const std::optional<std::string_view> text = FindHeader(headers, "Date");
  absl::Time date;
  std::string error;
  if (!text.has_value() ||
      !absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", ToAbsl(*text),
                       absl::UTCTimeZone(), &date, &error)) {
    return;
  }
  if (!ping_offsets_.empty()) return;
  // The true time is in the second that begins at `date`.
  const absl::Time now = Now();
  if (now < date) {
    offset_ += date - now;
  } else if (now >= date + absl::Seconds(2)) {
    offset_ += date + absl::Seconds(1) - now;
  }
}

}  // namespace sluice::disruptive
