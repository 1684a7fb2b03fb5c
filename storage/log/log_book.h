// What a log knows of itself in memory: its extent, its cursors and sources,
// what was lost, and what has to be written down with the next write.
#ifndef STORAGE_LOG_LOG_BOOK_H_
#define STORAGE_LOG_LOG_BOOK_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "proto/storage/v1/storage.pb.h"
#include "storage/log/cursor_progress.h"
#include "storage/log/event_log.h"
#include "storage/log/recent_batches.h"

namespace sluice {

// Where a log begins.
struct LogStart {
  Sequence first = 1;
  uint64_t offset = 0;  // Of the record of `first`.
};

struct PendingDeadLetter {
  uint64_t id = 0;
  std::string serialized;
};

// What a write, or a commit, does to the dead letters in numbers.
struct DeadLetterDelta {
  uint64_t made = 0;
  uint64_t redriven = 0;
  uint64_t purged = 0;
  uint64_t dropped = 0;
  int64_t bytes = 0;

  void AddTo(storage::v1::LogState* state) const;
};

struct CursorEntry {
  explicit CursorEntry(CursorProgress p) : progress(std::move(p)) {}
  CursorProgress progress;
  bool changed = false;  // Since it was last written.
};

using CursorMap = std::map<std::string, CursorEntry, std::less<>>;
using SourceMap = std::map<std::string, storage::v1::SourceState, std::less<>>;

// Thread-safety: none; KvEventLog guards it.
class LogBook {
 public:
  // `tail_bytes`: LogOptions::tail_bytes.
  explicit LogBook(size_t tail_bytes);

  // ---- Extent ----

  Sequence first() const { return start_.first; }
  Sequence next() const { return next_; }
  const LogStart& start() const { return start_; }
  uint64_t next_offset() const { return next_offset_; }

  // Bytes that the events from `start` on take.
  uint64_t BytesFrom(const LogStart& start) const;
  uint64_t held_bytes() const { return BytesFrom(start_); }
  // Events from the first held up to `sequence`, excluded, that are not lost.
  uint64_t EventsBelow(Sequence sequence) const;

  // A batch was written at the end of the log.
  void AddBatch(const BatchPlace& place, EventBatchPtr events);
  // Everything below `start` is gone; what a cursor had not done counts as
  // dropped for it. Returns whether that moved the start.
  bool MoveStart(const LogStart& start);

  const RecentBatches& recent() const { return recent_; }

  // ---- Damage ----

  // The events first .. last, whose records took `bytes` all together (less:
  // not known), are lost. Counts
  // those not yet known to be, for the log and every cursor; returns how many.
  uint64_t AddLoss(Sequence first, Sequence last, uint64_t bytes);
  // The loss that `sequence` lies in; null: none.
  const storage::v1::Hole* FindHole(Sequence sequence) const;
  // What AddLoss() has counted, first and last of each, in that order.
  const std::vector<std::pair<Sequence, Sequence>>& found_losses() const {
    return found_losses_;
  }

  // ---- Cursors ----

  CursorMap& cursors() { return cursors_; }
  const CursorMap& cursors() const { return cursors_; }
  // A new cursor, marked as changed.
  CursorEntry& AddCursor(std::string_view name, Sequence start);
  // Every event below is done for every cursor that is in use. Without such a
  // cursor it is first(): nobody has passed anything.
  Sequence Horizon() const;
  // As EventLog::Commit(); dead letters get their ids.
  absl::Status Commit(CursorCommit commit);
  CursorInfo Info(const std::string& name, const CursorProgress& cursor) const;
  // `cursor` of this name, as it is after EventLog::RewindCursor().
  CursorProgress Rewound(std::string_view name, const CursorProgress& cursor,
                         Sequence to) const;

  // ---- Events that are for some cursors only ----

  // The events first .. last, at the end of the log, are for `cursors`, in
  // order, only; the others have them done.
  void Address(Sequence first, Sequence last,
               const std::vector<std::string>& cursors);
  // The range that Address() of the same would add, or make longer.
  storage::v1::AddressedRange RangeFor(
      Sequence first, Sequence last,
      const std::vector<std::string>& cursors) const;
  // Whether ranges came from LogState, and have to get keys of their own.
  bool addressed_have_no_keys() const { return addressed_have_no_keys_; }
  void set_addressed_have_no_keys(bool value) {
    addressed_have_no_keys_ = value;
  }
  // As it was stored. Ranges come in order.
  void LoadAddressed(const storage::v1::AddressedRange& range);
  // The cursors that the batch of `sequence` is for; null: all.
  std::shared_ptr<const std::vector<std::string>> AddressedTo(
      Sequence sequence) const;
  // Calls `visit(range)` for those that end before `sequence`.
  template <typename Visitor>
  void ForEachAddressedBelow(Sequence sequence, Visitor visit) const {
    for (const Addressed& range : addressed_) {
      if (range.last >= sequence) return;
      visit(ToProto(range));
    }
  }
  template <typename Visitor>
  void ForEachAddressed(Visitor visit) const {
    for (const Addressed& range : addressed_) visit(ToProto(range));
  }

  // ---- Dead letters ----

  // Gives `letter` its id.
  PendingDeadLetter MakeDeadLetter(storage::v1::DeadLetter letter);
  std::deque<PendingDeadLetter>& pending_dead_letters() {
    return pending_dead_letters_;
  }
  const std::deque<PendingDeadLetter>& pending_dead_letters() const {
    return pending_dead_letters_;
  }
  void CountDeadLetters(const DeadLetterDelta& delta);
  // There are `held` of them, of `bytes`; what is missing is lost.
  void RecountDeadLetters(uint64_t held, uint64_t bytes);
  uint64_t dead_letter_bytes() const { return letters_.dead_letter_bytes(); }
  uint64_t next_dead_letter_id() const { return next_dead_letter_id_; }

  // ---- Stored form ----

  SourceMap& sources() { return sources_; }
  const SourceMap& sources() const { return sources_; }

  storage::v1::LogState ToProto() const;
  void FromProto(const storage::v1::LogState& state);
  // For a log whose state was lost or is older than its events.
  void Extend(Sequence next, uint64_t next_offset);
  void ExtendDeadLetterIds(uint64_t next_id);

  // Whether anything waits to be written.
  bool changed() const { return changed_; }
  void set_changed(bool changed) { changed_ = changed; }

  void FillStats(LogStats* stats) const;

 private:
  LogStart start_;
  Sequence next_ = 1;
  uint64_t next_offset_ = 0;
  RecentBatches recent_;
  std::vector<storage::v1::Hole> holes_;  // Ascending, disjoint.
  std::vector<std::pair<Sequence, Sequence>> found_losses_;
  struct Addressed {
    Sequence first = 0;
    Sequence last = 0;
    std::shared_ptr<const std::vector<std::string>> cursors;
  };
  static storage::v1::AddressedRange ToProto(const Addressed& range);
  // What is lost, and what is for others, is done for `cursor`.
  void CompleteKnown(std::string_view name, CursorProgress& cursor) const;

  std::deque<Addressed> addressed_;  // Ascending, disjoint.
  bool addressed_have_no_keys_ = false;
  CursorMap cursors_;
  SourceMap sources_;
  uint64_t next_dead_letter_id_ = 1;
  // Waiting for the next write; counted in the numbers below.
  std::deque<PendingDeadLetter> pending_dead_letters_;
  // Only the fields about dead letters are used.
  storage::v1::LogState letters_;
  uint64_t corrupt_events_ = 0;
  bool changed_ = false;
};

}  // namespace sluice

#endif  // STORAGE_LOG_LOG_BOOK_H_
