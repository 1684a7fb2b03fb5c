// What an operator can do with the dead letters of one pipeline.
#ifndef PIPELINE_RUNTIME_DEAD_LETTER_BOX_H_
#define PIPELINE_RUNTIME_DEAD_LETTER_BOX_H_

#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "proto/storage/v1/storage.pb.h"
#include "storage/base/clock.h"
#include "storage/log/event_log.h"

namespace sluice {

// Which dead letters are meant. What is empty does not restrict; all that is
// given has to hold.
struct DeadLetterFilter {
  std::vector<uint64_t> ids = {};
  // Names of sinks and sources.
  std::vector<std::string> components = {};
  std::vector<std::string> reasons = {};
  // They died in [from, to).
  absl::Time from = absl::InfinitePast();
  absl::Time to = absl::InfiniteFuture();
  // Id of the event.
  std::string event_id = {};
  // Ids in [from_id, end_id): a part of all, to go on with the next one later.
  uint64_t from_id = 0;
  uint64_t end_id = std::numeric_limits<uint64_t>::max();

  bool Matches(const storage::v1::DeadLetter& letter) const;
  // True when every letter of the part matches.
  bool empty() const;
};

struct DeadLetterPage {
  std::vector<storage::v1::DeadLetter> letters;
  // Where the next page begins; nullopt: this is the last.
  std::optional<uint64_t> next_id;
};

// Changes to the event of a dead letter, made in this order.
struct DeadLetterEdit {
  // Attributes and their new values: id, source, type, subject, time (RFC
  // 3339), datacontenttype, labels.KEY.
  std::vector<std::pair<std::string, std::string>> set = {};
  // Labels to remove: labels.KEY.
  std::vector<std::string> unset = {};
  // The payload, any bytes.
  std::optional<std::string> data;
};

// Refusals that a report tells one by one.
constexpr size_t kMaxRefusalsTold = 100;

struct RedriveReport {
  // Letters that went back into the log, one event each.
  uint64_t redriven = 0;
  // The same by sink; one that went to two sinks counts for both.
  std::map<std::string, uint64_t> by_sink;
  // Letters that stayed, and why; the first kMaxRefusalsTold of them.
  uint64_t refused = 0;
  std::vector<std::pair<uint64_t, std::string>> refusals;
};

// Thread-safety: as that of the log's writing methods; a process calls it on
// its ingest executor. Reads dead letters in pages of a few, so memory stays
// bounded, however many there are.
//
// Errors, of all methods: those of the log.
class DeadLetterBox {
 public:
  // Both outlive the box.
  DeadLetterBox(EventLog* log, const Clock* clock) : log_(log), clock_(clock) {}

  // At most `limit` of those that match, from `from_id` on, oldest first.
  absl::StatusOr<DeadLetterPage> List(const DeadLetterFilter& filter,
                                      uint64_t from_id, size_t limit) const;

  //   kNotFound: there is none.
  absl::StatusOr<storage::v1::DeadLetter> Get(uint64_t id) const;

  // Visits those that match, oldest first, until `visit` fails; those that are
  // made meanwhile are not among them.
  absl::Status ForEach(
      const DeadLetterFilter& filter,
      absl::FunctionRef<absl::Status(const storage::v1::DeadLetter&)> visit)
      const;

  // Puts the events of those that match back into the log, for `sinks` only;
  // none given: for the sink that could not deliver it, and for every sink if
  // it is the letter of a source. They go as they are (transforms are not
  // applied again), with their ids, behind everything stored so far. A letter
  // goes in the same write as its event comes, so after a crash there is one
  // of the two; what was not reached yet can be redriven then. `dry_run` only
  // says what would be done.
  //   kNotFound: a sink is not known.
  //   kFailedPrecondition: a sink is not in use any more.
  absl::StatusOr<RedriveReport> Redrive(const DeadLetterFilter& filter,
                                        const std::vector<std::string>& sinks,
                                        bool dry_run);

  // Changes the event of a letter and returns the letter. Input that was not
  // understood becomes the payload of an event. The first content is kept, and
  // what was changed is noted in the letter's past.
  //   kNotFound: there is no such letter.
  //   kInvalidArgument: an attribute or a value cannot be.
  //   kFailedPrecondition: the input was cut off; give the whole payload.
  absl::StatusOr<storage::v1::DeadLetter> Edit(uint64_t id,
                                               const DeadLetterEdit& edit);

  // Deletes those that match; returns how many.
  absl::StatusOr<uint64_t> Purge(const DeadLetterFilter& filter, bool dry_run);

 private:
  EventLog* const log_;
  const Clock* const clock_;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_DEAD_LETTER_BOX_H_
