#include "tools/sluice/estimate.h"

#include "absl/strings/str_cat.h"

namespace sluice {
namespace {

// Before that, how fast it goes is not known.
constexpr absl::Duration kLeast = absl::Seconds(1);

}  // namespace

std::string About(absl::Duration duration) {
  const int64_t seconds = absl::ToInt64Seconds(duration);
  constexpr int64_t kMinute = 60;
  constexpr int64_t kHour = 60 * kMinute;
  constexpr int64_t kDay = 24 * kHour;
  const auto in = [&](int64_t unit) { return (seconds + unit / 2) / unit; };
  if (seconds < 2 * kMinute) return absl::StrCat(seconds, " s");
  if (seconds < 2 * kHour) return absl::StrCat(in(kMinute), " min");
  if (seconds < 2 * kDay) return absl::StrCat(in(kHour), " h");
  return absl::StrCat(in(kDay), " days");
}

std::string Estimate::Left(uint64_t done, uint64_t total,
                           absl::Time now) const {
  const absl::Duration took = now - start_;
  if (took < kLeast || done == 0 || done >= total) return "";
  const double part =
      static_cast<double>(total - done) / static_cast<double>(done);
  return absl::StrCat(", about ", About(took * part), " left");
}

}  // namespace sluice
