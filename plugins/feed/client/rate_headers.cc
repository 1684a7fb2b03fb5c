#include "plugins/feed/client/rate_headers.h"

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>

#include "absl/strings/numbers.h"
#include "storage/base/to_absl.h"

namespace sluice::feed {
namespace {

constexpr absl::Duration kMinWait = absl::Seconds(1);
constexpr absl::Duration kMaxWait = absl::Hours(1);

std::optional<int64_t> ReadInteger(const HttpHeaders& headers,
                                   std::string_view name) {
  const std::optional<std::string_view> text = FindHeader(headers, name);
  int64_t value = 0;
  if (!text.has_value() || !absl::SimpleAtoi(ToAbsl(*text), &value)) {
    return std::nullopt;
  }
  return value;
}

absl::Time ServerNow(const HttpHeaders& headers, absl::Time now) {
  const std::optional<std::string_view> text = FindHeader(headers, "Date");
  absl::Time date;
  std::string error;
  if (text.has_value() && absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT",
                                          ToAbsl(*text), &date, &error)) {
    return date;
  }
  return now;
}

// Until the window ends, which X-RateLimit-Reset gives in Unix seconds.
std::optional<absl::Duration> UntilReset(const HttpHeaders& headers,
                                         absl::Time now) {
  const std::optional<int64_t> reset =
      ReadInteger(headers, "X-RateLimit-Reset");
  if (!reset.has_value() || *reset <= 0) return std::nullopt;
  return absl::FromUnixSeconds(*reset) - ServerNow(headers, now);
}

}  // namespace

std::optional<absl::Duration> ReadWait(const HttpHeaders& headers,
                                       absl::Time now, bool use_window) {
  std::optional<absl::Duration> wait;
  if (use_window) wait = UntilReset(headers, now);
  if (const auto text = FindHeader(headers, "Retry-After")) {
    const auto after = ParseRetryAfter(*text, ServerNow(headers, now));
    if (after.has_value()) wait = std::max(wait.value_or(*after), *after);
  }
  if (wait.has_value()) wait = std::clamp(*wait, kMinWait, kMaxWait);
  return wait;
}

std::optional<RateBudget::Report> ReadWindow(const HttpHeaders& headers,
                                             absl::Time now) {
  const std::optional<int64_t> limit =
      ReadInteger(headers, "X-RateLimit-Limit");
  const std::optional<int64_t> left =
      ReadInteger(headers, "X-RateLimit-Remaining");
  const std::optional<absl::Duration> until = UntilReset(headers, now);
  if (!limit.has_value() || !left.has_value() || !until.has_value() ||
      *limit <= 0 || *until <= absl::ZeroDuration()) {
    return std::nullopt;
  }
  return RateBudget::Report{*limit, *left, std::min(*until, kMaxWait)};
}

}  // namespace sluice::feed
