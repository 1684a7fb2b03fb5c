#include "plugins/disruptive/server_clock.h"

#include <optional>
#include <string>
#include <string_view>

#include "plugins/disruptive/text.h"

namespace sluice::disruptive {

void ServerClock::ObserveDate(const HttpHeaders& headers) {
  const std::optional<std::string_view> text = FindHeader(headers, "Date");
  absl::Time date;
  std::string error;
  if (!text.has_value() ||
      !absl::ParseTime("%a, %d %b %Y %H:%M:%S GMT", ToAbsl(*text),
                       absl::UTCTimeZone(), &date, &error)) {
    return;
  }
  // The true time is in the second that begins at `date`.
  const absl::Time now = Now();
  if (now < date) {
    Observe(date);
  } else if (now >= date + absl::Seconds(2)) {
    Observe(date + absl::Seconds(1));
  }
}

}  // namespace sluice::disruptive
