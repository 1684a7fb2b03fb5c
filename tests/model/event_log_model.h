// What an EventLog should be, plain enough to be right: a list of events, and
// for each cursor a list of what became of them.
#ifndef TESTS_MODEL_EVENT_LOG_MODEL_H_
#define TESTS_MODEL_EVENT_LOG_MODEL_H_

#include <array>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/time/time.h"
#include "storage/log/event_log.h"

namespace sluice {

struct ModelCursor {
  Sequence start = 1;
  bool parked = false;
  std::set<Sequence> done;
  std::array<uint64_t, 5> counts = {};  // By Completion.
  uint64_t rewound = 0;

  Sequence next() const;
  uint64_t Count(Completion completion) const;
  void Complete(Sequence first, Sequence end, Completion completion);
};

struct ModelBatch {
  Sequence first = 0;
  std::vector<std::string> ids;  // Of its events.
  // The cursors it is for, in order; empty: all.
  std::vector<std::string> only_cursors;
  Sequence end() const { return first + ids.size(); }
  bool IsFor(const std::string& cursor) const;
};

struct ModelSource {
  std::optional<std::string> checkpoint;
  uint64_t received = 0;
};

struct ModelDedupeKey {
  int64_t unix_nanos = 0;
  DedupeKey key;
};

// A value: copies are what a log was at some moment.
struct EventLogModel {
  Sequence first = 1;
  Sequence next = 1;
  std::deque<ModelBatch> batches;  // Held.
  std::map<std::string, ModelCursor> cursors;
  std::map<std::string, ModelSource> sources;
  std::vector<std::string> dead_letters;  // Their messages, in order.
  std::vector<ModelDedupeKey> dedupe;

  void AddBatch(std::vector<std::string> ids,
                std::vector<std::string> only_cursors = {});
  // Makes it be there and not parked.
  void OpenCursor(const std::string& name, bool from_start);
  // `to` is held, or the next event.
  void Rewind(const std::string& cursor, Sequence to);
  void AddDedupeKey(absl::Time now, const DedupeKey& key);
  void Complete(const std::string& cursor, const CompletedRange& range);

  // Every event below is done for every cursor in use; without one, `first`.
  Sequence Horizon() const;
  // Whole batches go; what a cursor had not done counts as dropped.
  void RemoveBelow(Sequence sequence);
  // Ids of the held events from `from` on.
  std::vector<std::string> IdsFrom(Sequence from) const;
  // What is not for the cursor is done for it.
  void FilterFor(const std::string& name);
  // Of the event `sequence`, if it is held.
  const std::string* IdOf(Sequence sequence) const;
};

// What of `log` is not as in `model`, in a sentence; empty: nothing. Reads
// events from `from` on, and dedupe keys not older than `oldest_key`.
std::string FindDifference(const EventLogModel& model, EventLog& log,
                           Sequence from, absl::Time oldest_key);

}  // namespace sluice

#endif  // TESTS_MODEL_EVENT_LOG_MODEL_H_
