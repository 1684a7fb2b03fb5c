#include "pipeline/service/log_place.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "pipeline/runtime/log_walk.h"

namespace sluice {
namespace {

using admin::v1::LogPlace;
using google::protobuf::util::TimeUtil;

absl::Status Problem(std::string_view field, std::string_view what) {
  return absl::InvalidArgumentError(
      absl::StrCat(std::string(field), ": ", std::string(what)));
}

}  // namespace

absl::Status CheckPlace(const LogPlace& place, std::string_view field) {
  switch (place.place_case()) {
    case LogPlace::kSequence:
      return absl::OkStatus();
    case LogPlace::kTime:
      if (place.time().seconds() >= TimeUtil::kTimestampMinSeconds &&
          place.time().seconds() <= TimeUtil::kTimestampMaxSeconds &&
          place.time().nanos() >= 0 && place.time().nanos() < 1'000'000'000) {
        return absl::OkStatus();
      }
      return Problem(field, "the time must be from year 1 to 9999");
    case LogPlace::kOldest:
      if (place.oldest()) return absl::OkStatus();
      break;
    case LogPlace::kEnd:
      if (place.end()) return absl::OkStatus();
      break;
    case LogPlace::PLACE_NOT_SET:
      break;
  }
  return Problem(field, "give a sequence, a time, oldest or end");
}

absl::StatusOr<Sequence> FindPlace(EventLog& log, const LogPlace& place,
                                   std::string_view field) {
  const LogStats stats = log.stats();
  switch (place.place_case()) {
    case LogPlace::kSequence:
      if (place.sequence() > stats.next_sequence) {
        return Problem(
            field,
            absl::StrCat("the log ends before event ", stats.next_sequence,
                         "; ", place.sequence(), " is behind that"));
      }
      return std::max(place.sequence(), stats.first_sequence);
    case LogPlace::kTime:
      return FindAppended(log, absl::FromUnixSeconds(place.time().seconds()) +
                                   absl::Nanoseconds(place.time().nanos()));
    case LogPlace::kEnd:
      return stats.next_sequence;
    case LogPlace::kOldest:
    case LogPlace::PLACE_NOT_SET:
      break;
  }
  return stats.first_sequence;
}

EventSelection FromMessage(const admin::v1::EventSelection& selection) {
  EventSelection events;
  events.ids.assign(selection.ids().begin(), selection.ids().end());
  events.sources.assign(selection.sources().begin(), selection.sources().end());
  events.types.assign(selection.types().begin(), selection.types().end());
  events.subjects.assign(selection.subjects().begin(),
                         selection.subjects().end());
  events.labels.assign(selection.labels().begin(), selection.labels().end());
  return events;
}

}  // namespace sluice
