#include "pipeline/service/periodic_call.h"

namespace sluice {
namespace {

constexpr absl::Duration kMinInterval = absl::Milliseconds(200);
constexpr absl::Duration kMaxInterval = absl::Hours(1);
constexpr absl::Duration kDefaultInterval = absl::Seconds(1);

}  // namespace

absl::StatusOr<absl::Duration> IntervalOf(
    bool given, const google::protobuf::Duration& interval) {
  if (!given) return kDefaultInterval;
  const absl::Duration value =
      absl::Seconds(interval.seconds()) + absl::Nanoseconds(interval.nanos());
  if (value >= kMinInterval && value <= kMaxInterval) return value;
  return absl::InvalidArgumentError("interval: must be from 200ms to 1h");
}

}  // namespace sluice
