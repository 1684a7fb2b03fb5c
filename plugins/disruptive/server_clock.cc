#include "plugins/disruptive/server_clock.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "plugins/disruptive/text.h"
#include "storage/base/to_absl.h"

namespace sluice::disruptive {
namespace {

constexpr size_t kPings = 4;
constexpr absl::Duration kAsleep = absl::Minutes(1);

}  // namespace

void ServerClock::ObservePing(absl::Time time) {
  ping_zeros_.push_back(time - executor_->MonotonicNow());
  if (ping_zeros_.size() > kPings) ping_zeros_.pop_front();
  zero_ = *std::max_element(ping_zeros_.begin(), ping_zeros_.end());
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
  if (!ping_zeros_.empty() && date < Now() + kAsleep) return;
  ping_zeros_.clear();
  // The true time is in the second that begins at `date`.
  const absl::Time now = Now();
  if (now < date) {
    zero_ += date - now;
  } else if (now >= date + absl::Seconds(2)) {
    zero_ += date + absl::Seconds(1) - now;
  }
}

}  // namespace sluice::disruptive
