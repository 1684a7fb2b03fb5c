// Ordered tables of keys and values with atomic writes: what the log is built
// on.
#ifndef STORAGE_KV_KEY_VALUE_STORE_H_
#define STORAGE_KV_KEY_VALUE_STORE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace sluice {

// The tables of a log; docs/log_format.md says what is in each.
enum class Table : uint8_t { kMeta, kCursors, kEvents, kDedupe, kDeadLetters };
inline constexpr size_t kTableCount = 5;

// Changes to be made together, in this order.
//
// Thread-safety: none.
class WriteSet {
 public:
  enum class Kind : uint8_t { kPut, kDelete, kDeleteOnce, kDeleteRange };
  struct Change {
    Kind kind;
    Table table;
    std::string key;
    std::string_view value;  // kPut.
    std::string end;         // kDeleteRange: the first key not deleted.
  };

  // Borrows `value` until the write is done.
  void PutView(Table table, std::string key, std::string_view value);
  void Put(Table table, std::string key, std::string value);
  void Delete(Table table, std::string key);
  // The same, much cheaper for a key that is still in memory. REQUIRES: the key
  // was put exactly once.
  void DeleteOnce(Table table, std::string key);
  // Deletes the keys in [begin, end).
  void DeleteRange(Table table, std::string begin, std::string end);

  const std::vector<Change>& changes() const { return changes_; }
  bool empty() const { return changes_.empty(); }
  // Bytes of all keys and values.
  size_t byte_size() const { return byte_size_; }

 private:
  void Add(Kind kind, Table table, std::string key, std::string_view value,
           std::string end);

  std::vector<Change> changes_;
  // Owned values; a deque, so that views into them stay valid.
  std::deque<std::string> values_;
  size_t byte_size_ = 0;
};

// Where a scan begins and ends.
struct ScanRange {
  // Begins at the greatest key in [floor, from], or else at the first above
  // `from`. With floor == from that is just the first key at or above `from`.
  std::string floor;
  std::string from;
  // The first key not to visit.
  std::string end;

  static ScanRange Between(std::string from, std::string end) {
    return {from, from, std::move(end)};
  }
};

// Thread-safety: one thread at a time writes (Write, Sync, DropBelow); any
// thread reads.
//
// Errors: kUnavailable  the disk refused (full, I/O error): may work later
//         kDataLoss     reading: damaged bytes; writing: the store has to be
//         opened anew
class KeyValueStore {
 public:
  virtual ~KeyValueStore() = default;

  // Makes all changes, or none. With `sync` these and all earlier ones are safe
  // from power loss when it returns. After an error they are not visible, but
  // may be after the store is opened again.
  virtual absl::Status Write(const WriteSet& changes, bool sync) = 0;
  // Makes all earlier writes safe from power loss.
  virtual absl::Status Sync() = 0;

  // nullopt: no such key.
  virtual absl::StatusOr<std::optional<std::string>> Get(
      Table table, std::string_view key) const = 0;

  using Visitor =
      absl::FunctionRef<bool(std::string_view key, std::string_view value)>;
  // Calls `visit` for the keys in `range`, ascending, until it returns false.
  // All are of one moment, whatever is written meanwhile. `visit` must not call
  // the store. kDataLoss is certain only if the first key is damaged: RocksDB
  // 7.8 passes over a whole table file that begins with a damaged block when it
  // comes to it from the one before.
  virtual absl::Status Scan(Table table, const ScanRange& range,
                            Visitor visit) const = 0;

  // The same where Scan() fails with kDataLoss: visits what is whole among the
  // damage, by looking through whole files. Keys that are still in memory may
  // be left out.
  virtual absl::Status ScanDamaged(Table table, const ScanRange& range,
                                   Visitor visit) const = 0;

  // The greatest key in [floor, end); nullopt: none. Damage to its value does
  // not hide it.
  virtual absl::StatusOr<std::optional<std::string>> LastKey(
      Table table, std::string_view floor, std::string_view end) const = 0;

  // Says that nobody needs keys below `key` any more. The store frees what it
  // can free cheaply, in whole files; the rest stays until later calls, and may
  // still be visited by scans that begin so low.
  virtual void DropBelow(Table table, std::string_view key) = 0;

  // A number that changes when keys written so far to `table` leave memory for
  // files. Deleting a key within its generation costs nothing in the end; later
  // it leaves a mark in the files, so DropBelow() is better.
  virtual uint64_t generation(Table table) const = 0;
};

}  // namespace sluice

#endif  // STORAGE_KV_KEY_VALUE_STORE_H_
