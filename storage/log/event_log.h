// The durable log between sources and sinks: events in order, a cursor per
// sink, a checkpoint per source.
#ifndef STORAGE_LOG_EVENT_LOG_H_
#define STORAGE_LOG_EVENT_LOG_H_

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "proto/storage/v1/storage.pb.h"
#include "storage/event/event_batch.h"

namespace sluice {

// The place of an event in its log: 1 for the first ever appended, then one
// more for each. Never used twice.
using Sequence = uint64_t;

// How safe a write is when it returns.
enum class Durability {
  kBuffered,  // In the write-ahead log: survives the process, not the power.
  kDurable,   // Synced to the disk: survives power loss.
};

// 128 bits that stand for an event id within its source; see dedupe_key.h.
struct DedupeKey {
  uint64_t high = 0;
  uint64_t low = 0;
  friend bool operator==(const DedupeKey&, const DedupeKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const DedupeKey& key) {
    return H::combine(std::move(h), key.low);
  }
};

// What one source has to record with an append.
struct SourceUpdate {
  std::string name;
  // Replaces the stored checkpoint; nullopt leaves it.
  std::optional<std::string> checkpoint;
  // Added to the stored counters.
  storage::v1::SourceCounters added;
};

// All parts of one append become visible and durable together, or not at all.
struct AppendRequest {
  // One log record per batch, in this order; no null and no empty batch. May be
  // empty, to record only what follows.
  std::vector<EventBatchPtr> batches;
  std::vector<SourceUpdate> sources;
  // Dead letters of sources; ids are given by the log.
  std::vector<storage::v1::DeadLetter> dead_letters;
  // Keys of those events that may come again, kept for
  // LogOptions::dedupe_window.
  std::vector<DedupeKey> dedupe_keys;
  // Not empty: the batches are for these cursors only. For every other one, of
  // today or to come, their events count as filtered.
  std::vector<std::string> only_cursors;
  // Dead letters that go with this write, because `batches` brings their events
  // back.
  std::vector<uint64_t> redriven_dead_letters;
  // Dead letters that take the place of those with the same ids.
  std::vector<storage::v1::DeadLetter> edited_dead_letters;
};

struct AppendResult {
  // Sequence of the first appended event; with none appended, the sequence the
  // next one will get.
  Sequence first_sequence = 0;
};

// A stored batch and where it begins: event i has sequence first_sequence + i.
struct LogBatch {
  Sequence first_sequence = 0;
  EventBatchPtr events;
  // The cursors it is for, in order; null: all.
  std::shared_ptr<const std::vector<std::string>> only_cursors;
  // When it was appended.
  int64_t append_unix_nanos = 0;

  bool IsFor(std::string_view cursor) const;
};

inline bool LogBatch::IsFor(std::string_view cursor) const {
  return only_cursors == nullptr ||
         std::find(only_cursors->begin(), only_cursors->end(), cursor) !=
             only_cursors->end();
}

// How a sink finished with events. kSkipped: a person gave them up for it.
enum class Completion {
  kDelivered,
  kDeadLettered,
  kFiltered,
  kDropped,
  kSkipped
};

struct CompletedRange {
  Sequence first = 0;
  Sequence last = 0;  // Included.
  Completion completion = Completion::kDelivered;
};

// One sink's progress. Ranges may come in any order; what was completed before,
// or lies below the log's first sequence, is ignored (those events were
// accounted for when they went).
struct CursorCommit {
  std::string cursor;
  std::vector<CompletedRange> completed;
  // Written with the progress: an event counted as dead-lettered is never lost
  // between the two. One whose `sequence` was completed before is left out: the
  // event is accounted for already.
  std::vector<storage::v1::DeadLetter> dead_letters;
};

struct CursorInfo {
  std::string name;
  storage::v1::CursorState state;
  // Events between the cursor and the end of the log that are not done.
  uint64_t waiting = 0;
};

struct SourceInfo {
  std::string name;
  storage::v1::SourceState state;
};

struct LogStats {
  Sequence first_sequence = 1;  // Of the oldest event still held.
  Sequence next_sequence = 1;   // Of the next event to come.
  uint64_t stored_bytes = 0;    // Bytes the held events take, encoded and
                                // compressed; what max_bytes bounds.
  uint64_t tail_bytes = 0;      // Memory of the tail.
  uint64_t dead_letters = 0;
  uint64_t dead_letter_bytes = 0;
  // Since the log was made:
  //   made = dead_letters + redriven + purged + dropped + lost
  uint64_t dead_letters_made = 0;
  uint64_t next_dead_letter_id = 1;  // Above every id given so far.
  uint64_t dead_letters_redriven = 0;
  uint64_t dead_letters_purged = 0;
  uint64_t dead_letters_dropped = 0;  // Because of their limits.
  uint64_t dead_letters_lost = 0;     // To damage.
  uint64_t corrupt_events = 0;        // Lost to damage since the log was made.
  uint64_t syncs = 0;                 // Since it was opened.
  absl::Duration sync_time;           // Spent in them.
};

// An append-only log of event batches.
//
// Two threads' worth of work, kept apart: one thread at a time writes (Append,
// Flush, TrimOldest, the setters), any thread reads (Read, stats, cursors) and
// commits. Commit() never touches the disk; what it was told goes out with the
// next Append() or Flush(), in order, so that the stored progress is always a
// true earlier state.
//
// Space: batches that every cursor in use has passed, and that retention does
// not hold, are removed by the log itself; as long as no cursor is in use,
// nothing is. The log never drops an undelivered event by itself: a full log
// refuses, and the caller's overflow policy decides.
//
// Damage: opening always succeeds on a readable disk. A record that fails its
// checksum is moved to quarantine, counted as `corrupt` for the cursors that
// had not passed it, and skipped.
//
// Errors of writing methods:
//   kResourceExhausted  the log is full (limit), nothing was written: make room
//                       or wait.
//   kUnavailable        the disk refused (full, I/O error), nothing is
//                       promised: retry later; reads go on.
//   kDataLoss           the log can no longer be trusted for writing: reopen
//                       it.
class EventLog {
 public:
  virtual ~EventLog() = default;

  // ---- Writing: one thread at a time ----

  // Stores `request` and everything committed so far in one atomic write. With
  // kDurable everything appended before, at whatever level, is durable too once
  // this returns.
  //   kNotFound: a cursor of `only_cursors`, or a dead letter, is not there;
  //   nothing was written.
  virtual absl::StatusOr<AppendResult> Append(const AppendRequest& request,
                                              Durability durability) = 0;

  // Writes what was committed since the last write; with kDurable also syncs.
  // Cheap when there is nothing to do.
  virtual absl::Status Flush(Durability durability) = 0;

  // Removes the oldest batches, delivered or not, until `bytes` more fit under
  // max_bytes. The events that a cursor had not done count as `dropped` for it.
  // Returns the number of events removed.
  virtual absl::StatusOr<uint64_t> TrimOldest(uint64_t bytes) = 0;

  // ---- Cursors ----

  // Makes cursor `name` exist and unparked. A new one starts at the oldest
  // event held (`from_start`) or behind the newest. Returns its state. Durable
  // when it returns.
  virtual absl::StatusOr<CursorInfo> OpenCursor(std::string_view name,
                                                bool from_start) = 0;
  // Parks a cursor: it stays, but holds no space any more.  kNotFound
  virtual absl::Status ParkCursor(std::string_view name) = 0;
  // Takes a cursor back: the events from `to` on wait for it again, whatever
  // became of them, but for those that are lost or for other cursors only.
  // Those that are not held any more do not come back. Returns its state.
  // Durable when it returns. A sink that delivers from the cursor does not hear
  // of it: stop it first.
  //   kNotFound: no such cursor.  kInvalidArgument: `to` lies behind the end of
  //   the log.
  virtual absl::StatusOr<CursorInfo> RewindCursor(std::string_view name,
                                                  Sequence to) = 0;
  // Forgets a parked cursor, with its counters.
  //   kNotFound: no such cursor.  kFailedPrecondition: it is not parked.
  virtual absl::Status RemoveCursor(std::string_view name) = 0;
  virtual std::vector<CursorInfo> Cursors() const = 0;

  // Records progress, in memory now and on disk with the next write. Any
  // thread.
  //   kNotFound: no such cursor.  kInvalidArgument: a range beyond the end of
  //   the log.
  virtual absl::Status Commit(CursorCommit commit) = 0;

  // ---- Reading: any thread ----

  // The batches from the one holding `from` on, in order, until their memory
  // reaches `max_bytes` (always at least one, if there is one). Where events
  // are gone (trimmed, quarantined) it goes on behind them: a first sequence
  // above `from` means that, and they are accounted for. Empty: nothing there
  // yet. Recent batches come from memory, shared with everybody; older ones
  // from disk.
  virtual absl::StatusOr<std::vector<LogBatch>> Read(Sequence from,
                                                     size_t max_bytes) = 0;

  // ---- Sources and dedupe ----

  virtual std::vector<SourceInfo> Sources() const = 0;
  // Every key still within the dedupe window, oldest first; for filling an
  // index at start.
  virtual absl::Status ForEachDedupeKey(
      absl::FunctionRef<void(absl::Time, DedupeKey)> visit) const = 0;

  // ---- Dead letters ----

  // At most `limit` dead letters with id >= from_id, ascending. Those of a
  // Commit() are among them at once, although they are not written yet.
  virtual absl::StatusOr<std::vector<storage::v1::DeadLetter>> ListDeadLetters(
      uint64_t from_id, size_t limit) const = 0;
  // Removes them, counted as purged; unknown ids are ignored. A writing method.
  virtual absl::Status DeleteDeadLetters(absl::Span<const uint64_t> ids) = 0;

  // ---- Watching ----

  virtual LogStats stats() const = 0;

  // Calls `listener` after each append that brought events, on the appending
  // thread, with the new next sequence. It must be quick and must not call the
  // log. Returns an id for RemoveAppendListener, which returns once the
  // listener is surely not running.
  virtual uint64_t AddAppendListener(
      absl::AnyInvocable<void(Sequence)> listener) = 0;
  virtual void RemoveAppendListener(uint64_t id) = 0;

  // True when `bytes` more of encoded events (before compression) surely fit
  // under max_bytes.
  virtual bool HasRoom(uint64_t bytes) const = 0;
  // Calls `listener` whenever space was freed, on whichever thread freed it;
  // quick, must not call the log. One at most; null removes it.
  virtual void SetSpaceListener(absl::AnyInvocable<void()> listener) = 0;
};

// What every implementation has in common.
struct LogOptions {
  // Bound on LogStats::stored_bytes; at least 1 MiB.
  uint64_t max_bytes = uint64_t{10} << 30;
  // Delivered events are kept for replay while they are younger than this and
  // take no more bytes than this; zero does not bound, and both zero: not kept.
  // They give way to new events.
  absl::Duration retain_time = absl::ZeroDuration();
  uint64_t retain_bytes = 0;
  // Dedupe keys older than this expire.
  absl::Duration dedupe_window = absl::Hours(26);
  // Bounds on the dead letters kept: their bytes, and how long ago they died;
  // zero does not bound. The oldest go with the next write, counted and logged.
  uint64_t dead_letter_max_bytes = uint64_t{1} << 30;
  absl::Duration dead_letter_max_age = absl::ZeroDuration();
  // Memory of recent batches kept for sinks that keep up.
  size_t tail_bytes = 32 << 20;
};

}  // namespace sluice

#endif  // STORAGE_LOG_EVENT_LOG_H_
