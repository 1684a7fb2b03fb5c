// Durations of the command line as the admin API takes them.
#ifndef TOOLS_SLUICE_TO_PROTO_DURATION_H_
#define TOOLS_SLUICE_TO_PROTO_DURATION_H_

#include <cstdint>

#include "absl/time/time.h"
#include "google/protobuf/duration.pb.h"

namespace sluice {

inline google::protobuf::Duration ToProto(absl::Duration duration) {
  google::protobuf::Duration proto;
  const int64_t nanos = absl::ToInt64Nanoseconds(duration);
  proto.set_seconds(nanos / 1'000'000'000);
  proto.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  return proto;
}

}  // namespace sluice

#endif  // TOOLS_SLUICE_TO_PROTO_DURATION_H_
