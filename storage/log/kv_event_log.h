// The EventLog over a KeyValueStore, whichever that is. Keys and values are
// described in docs/log_format.md.
#ifndef STORAGE_LOG_KV_EVENT_LOG_H_
#define STORAGE_LOG_KV_EVENT_LOG_H_

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "storage/base/clock.h"
#include "storage/format/record.h"
#include "storage/kv/damage.h"
#include "storage/kv/key_value_store.h"
#include "storage/log/event_log.h"
#include "storage/log/log_book.h"
#include "storage/log/stored_records.h"

namespace sluice {

struct LetterChanges;

// Thread-safe: beyond what EventLog asks for, writing methods may be called
// from any thread; they take turns. Nobody waits for the disk but writers and
// those who read from it.
class KvEventLog : public EventLog {
 public:
  absl::StatusOr<AppendResult> Append(const AppendRequest& request,
                                      Durability durability) override;
  absl::Status Flush(Durability durability) override;
  absl::StatusOr<uint64_t> TrimOldest(uint64_t bytes) override;
  absl::StatusOr<CursorInfo> OpenCursor(std::string_view name,
                                        bool from_start) override;
  absl::Status ParkCursor(std::string_view name) override;
  absl::StatusOr<CursorInfo> RewindCursor(std::string_view name,
                                          Sequence to) override;
  absl::Status RemoveCursor(std::string_view name) override;
  std::vector<CursorInfo> Cursors() const override;
  absl::Status Commit(CursorCommit commit) override;
  absl::StatusOr<std::vector<LogBatch>> Read(Sequence from,
                                             size_t max_bytes) override;
  std::vector<SourceInfo> Sources() const override;
  absl::Status ForEachDedupeKey(
      absl::FunctionRef<void(absl::Time, DedupeKey)> visit) const override;
  absl::StatusOr<std::vector<storage::v1::DeadLetter>> ListDeadLetters(
      uint64_t from_id, size_t limit) const override;
  absl::Status DeleteDeadLetters(absl::Span<const uint64_t> ids) override;
  LogStats stats() const override;
  uint64_t AddAppendListener(
      absl::AnyInvocable<void(Sequence)> listener) override;
  void RemoveAppendListener(uint64_t id) override;
  bool HasRoom(uint64_t bytes) const override;
  void SetSpaceListener(absl::AnyInvocable<void()> listener) override;

  // The events, first and last of each range, that turned out to be lost since
  // the log was opened, and were not known to be.
  std::vector<std::pair<Sequence, Sequence>> found_losses() const;

 protected:
  // Keeps the bytes of a damaged record for a person to look at. Any thread.
  using Quarantine = absl::AnyInvocable<void(Sequence, std::string_view)>;

  // `clock` outlives the log. `quarantine` may be null.
  KvEventLog(std::unique_ptr<KeyValueStore> store, const LogOptions& options,
             format::Codec codec, Clock* clock, Quarantine quarantine);

  struct LoadOptions {
    // The store cannot be written.
    bool read_only = false;
    // Reads all records, whether or not anything is known to be damaged.
    bool check_all = false;
    // Of the log's newest bytes at least so many are looked through for records
    // that are not there.
    uint64_t recheck_bytes = 0;
  };

  // Reads what the store holds, or prepares an empty one; to be called once,
  // before anything else. `damage` holds what had to be repaired to open the
  // store: if anything, its tables may not fit each other. What turns
  // out to be damaged is left out and added to it.
  //   kFailedPrecondition: of a newer format version.
  absl::Status Load(DamageList* damage, const LoadOptions& options);
  absl::Status Load(DamageList* damage) { return Load(damage, LoadOptions()); }

 private:
  // What one write adds beside what was committed.
  struct Additions;
  absl::Status CheckCursorsExist(const std::vector<std::string>& names) const
      ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status CheckCursor(const std::string& name) const
      ABSL_SHARED_LOCKS_REQUIRED(mu_);

  // ---- kv_event_log_load.cc ----

  absl::Status CheckFormatVersion(bool* fresh);
  // These fail with kDataLoss where a table is damaged; what was read by then
  // is in `book`.
  absl::Status LoadState(LogBook* book) const;
  absl::Status RebuildState(LogBook* book) const;
  absl::Status LoadCursors(LogBook* book) const;
  absl::Status LoadAddressed(LogBook* book) const;
  absl::Status LoadSources(LogBook* book) const;
  // Makes `book` include records and dead letters that it does not know of.
  absl::Status IncludeNewerEvents(LogBook* book) const;
  absl::Status IncludeNewerDeadLetters(LogBook* book) const;
  absl::Status RecountDeadLetters(LogBook* book, DamageList* damage) const;
  // Looks through the records from `from` on, or only what they begin with, and
  // adds to `damage` what is lost of them.
  absl::Status FindLosses(Sequence from, bool places_only, DamageList* damage)
      ABSL_LOCKS_EXCLUDED(mu_);
  // An event before which at least the newest `bytes` begin.
  Sequence BeforeNewest(uint64_t bytes) const ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status LoadNewestDedupe() ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_);

  // ---- kv_event_log_write.cc ----

  // Puts `additions` and what waits in the book into the store, moves the
  // book's start to additions.start, and tells listeners.
  absl::Status WriteOut(Additions& additions, Durability durability)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_) ABSL_LOCKS_EXCLUDED(mu_);
  void Prepare(Additions& additions, WriteSet& set)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_, mu_);
  void PrepareReclaim(Additions& additions, WriteSet& set)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_, mu_);
  void PrepareCursors(Additions& additions, WriteSet& set)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_, mu_);
  // `cursor` as it is once `additions` are written; nullopt: as it is.
  std::optional<CursorProgress> ProgressAfter(const std::string& name,
                                              const CursorProgress& cursor,
                                              const Additions& additions) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_, mu_);
  void PrepareAddressed(const Additions& additions, WriteSet& set)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_, mu_);
  void PrepareSources(Additions& additions, WriteSet& set)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_, mu_);
  void PrepareDedupe(Additions& additions, WriteSet& set)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_);
  void PrepareState(const Additions& additions, WriteSet& set)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_, mu_);
  // Adds the events that a failed write wanted to take away.
  void RepeatReclaim(Additions& additions) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_);
  void ApplyToCursors(const Additions& additions)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_, mu_);
  // Returns whether the start of the log moved.
  bool Apply(Additions& additions)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_, mu_);
  // Lets the store free what nobody reads any more.
  void DropOld(const Additions& additions)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_);

  // ---- kv_event_log_letters.cc ----

  // Finds the dead letters `ids`, which go because of `reason`.
  //   kNotFound: one is not there, and all `must_exist`.
  absl::Status PlanDeletion(absl::Span<const uint64_t> ids, bool must_exist,
                            uint64_t DeadLetterDelta::*reason,
                            LetterChanges* changes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_) ABSL_LOCKS_EXCLUDED(mu_);
  absl::Status PlanEdits(absl::Span<const storage::v1::DeadLetter> edited,
                         LetterChanges* changes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_) ABSL_LOCKS_EXCLUDED(mu_);
  // Chooses the oldest that are over the limits.
  void PlanLimits(const Additions& additions, LetterChanges* changes) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_) ABSL_LOCKS_EXCLUDED(mu_);
  bool LettersOverLimits() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_)
      ABSL_LOCKS_EXCLUDED(mu_);
  // The stored form of a dead letter; nullopt: it is not there.
  absl::StatusOr<std::optional<std::string>> FindLetter(uint64_t id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_) ABSL_LOCKS_EXCLUDED(mu_);
  void PrepareDeadLetters(Additions& additions, WriteSet& set)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_, mu_);
  // After a write that succeeded (or not).
  void SettleLetters(const Additions& additions, bool written)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_);

  // ---- kv_event_log_space.cc ----

  // The furthest start that frees only what is delivered and not retained, or,
  // as far as `need` more bytes ask for it, retained.
  LogStart PlanReclaim(uint64_t need) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(writer_mu_) ABSL_LOCKS_EXCLUDED(mu_);
  // Whether `bytes` of records fit behind a log that begins at `start`.
  bool Fits(const LogStart& start, uint64_t bytes) const
      ABSL_LOCKS_EXCLUDED(mu_);
  // The start of the log that follows the batch, or the loss, at `start`;
  // nullopt: that cannot be read now.
  std::optional<LogStart> StartBehind(const LogStart& start,
                                      int64_t* append_unix_nanos) const
      ABSL_LOCKS_EXCLUDED(mu_);
  // The start of the batch that holds `sequence`; nullopt as above.
  std::optional<LogStart> StartOf(Sequence sequence) const
      ABSL_LOCKS_EXCLUDED(mu_);
  // The batch that holds `sequence`, from memory or from the store.
  std::optional<BatchPlace> FindPlace(Sequence sequence) const
      ABSL_LOCKS_EXCLUDED(mu_);

  // Counts `lost` for the log and its cursors, and says in `damage` what was
  // not known.
  void AccountLosses(std::vector<LostRange> lost, DamageList* damage) const
      ABSL_LOCKS_EXCLUDED(mu_);
  void AccountLosses(std::vector<LostRange> lost) const
      ABSL_LOCKS_EXCLUDED(mu_) {
    DamageList logged;
    AccountLosses(std::move(lost), &logged);
  }
  void NotifySpace() ABSL_LOCKS_EXCLUDED(mu_, space_mu_);

  const LogOptions options_;
  Clock* const clock_;
  const std::unique_ptr<KeyValueStore> store_;

  // One writer at a time. Held during writes to the disk, unlike mu_.
  mutable absl::Mutex writer_mu_;
  format::RecordEncoder encoder_ ABSL_GUARDED_BY(writer_mu_);
  std::string records_ ABSL_GUARDED_BY(writer_mu_);
  std::string dedupe_bytes_ ABSL_GUARDED_BY(writer_mu_);
  // Records from here on are still in the store's memory, where deleting them
  // one by one costs nothing.
  Sequence young_from_ ABSL_GUARDED_BY(writer_mu_) = 1;
  uint64_t generation_ ABSL_GUARDED_BY(writer_mu_) = 0;
  // Bytes freed from older ones since the store was told to drop files.
  uint64_t undropped_bytes_ ABSL_GUARDED_BY(writer_mu_) = 0;
  // Key of the newest dedupe record: its time, made unique.
  int64_t last_dedupe_nanos_ ABSL_GUARDED_BY(writer_mu_) = 0;
  absl::Time last_expiry_ ABSL_GUARDED_BY(writer_mu_) = absl::InfinitePast();
  // Some write was not synced yet.
  bool unsynced_ ABSL_GUARDED_BY(writer_mu_) = false;
  // A failed write may still turn up after a crash: the next one must overwrite
  // every trace it can have left.
  bool overwrite_ ABSL_GUARDED_BY(writer_mu_) = false;
  // The events that it wanted to take away cannot be brought back, so the next
  // one takes them away too: everything below this start.
  LogStart overwrite_start_ ABSL_GUARDED_BY(writer_mu_);
  // The first dead letter id that no write that succeeded has used.
  uint64_t unwritten_dead_letter_id_ ABSL_GUARDED_BY(writer_mu_) = 1;
  // Dead letters that a failed write deleted or edited, as they were.
  std::map<uint64_t, std::string> letters_to_restore_
      ABSL_GUARDED_BY(writer_mu_);
  // No stored dead letter has a smaller id.
  uint64_t letter_floor_ ABSL_GUARDED_BY(writer_mu_) = 0;
  // No dead letter is too old before this.
  absl::Time next_letter_check_ ABSL_GUARDED_BY(writer_mu_) =
      absl::InfinitePast();
  // Not OK: the store refuses to go on.
  absl::Status broken_ ABSL_GUARDED_BY(writer_mu_);

  mutable absl::Mutex mu_ ABSL_ACQUIRED_AFTER(writer_mu_);
  mutable LogBook book_ ABSL_GUARDED_BY(mu_);
  // Records below are being deleted: their absence is no loss.
  Sequence reclaiming_to_ ABSL_GUARDED_BY(mu_) = 0;
  // The batch that FindPlace() last found in the store.
  mutable BatchPlace last_found_ ABSL_GUARDED_BY(mu_);
  // A failed write may have left dead letters from this id on, and dedupe keys
  // behind this time, which do not count.
  uint64_t dead_letters_end_ ABSL_GUARDED_BY(mu_) = 1;
  int64_t dedupe_last_ ABSL_GUARDED_BY(mu_) = 0;
  // Keys of damaged records, to be deleted with the next write.
  mutable std::vector<Sequence> damaged_records_ ABSL_GUARDED_BY(mu_);
  uint64_t syncs_ ABSL_GUARDED_BY(mu_) = 0;
  absl::Duration sync_time_ ABSL_GUARDED_BY(mu_);

  mutable absl::Mutex quarantine_mu_;
  mutable Quarantine quarantine_ ABSL_GUARDED_BY(quarantine_mu_);

  absl::Mutex append_mu_;
  std::map<uint64_t, absl::AnyInvocable<void(Sequence)>> append_listeners_
      ABSL_GUARDED_BY(append_mu_);
  uint64_t next_listener_id_ ABSL_GUARDED_BY(append_mu_) = 1;

  absl::Mutex space_mu_;
  absl::AnyInvocable<void()> space_listener_ ABSL_GUARDED_BY(space_mu_);
};

}  // namespace sluice

#endif  // STORAGE_LOG_KV_EVENT_LOG_H_
