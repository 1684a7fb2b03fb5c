// Many events in one post.
#ifndef PLUGINS_INTHING_DIGEST_H_
#define PLUGINS_INTHING_DIGEST_H_

#include <string>
#include <vector>

#include "absl/types/span.h"
#include "plugins/inthing/post.h"
#include "storage/event/event_view.h"

namespace sluice::inthing {

struct DigestMember {
  // Outlives the call.
  EventView event;
  // What would be posted for it alone.
  Post post;
};

// One post, within the service's limits, that tells of all `members` (two or
// more, in the order of the log):
//
//   title        "12 events from 3 devices, 12:03:07–12:09:44"
//   description  for each device and type: count, span of time, and lowest,
//                mean and highest reading, or the last state; then one line per
//                event, newest first. What does not fit is left out from the
//                old end, and the line "… and 7 more" says so; every event
//                counts in the summary.
//   priority     the highest of its members; time: the latest
//   image        the newest of its members' pictures, if there is one; the type
//                is image then, else text
//   generator    that of the members when they share one, else `generator`
//
// Times of day are UTC; events without time show none.
Post MakeDigest(absl::Span<const DigestMember> members,
                const std::string& generator);

}  // namespace sluice::inthing

#endif  // PLUGINS_INTHING_DIGEST_H_
