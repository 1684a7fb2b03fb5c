#include "storage/kv/memory_store.h"

#include <iterator>

namespace sluice {

absl::Status MemoryStore::Write(const WriteSet& changes, bool) {
  absl::MutexLock lock(&mu_);
  for (const WriteSet::Change& change : changes.changes()) Apply(change);
  return absl::OkStatus();
}

void MemoryStore::Apply(const WriteSet::Change& change) {
  Rows& table = rows(change.table);
  switch (change.kind) {
    case WriteSet::Kind::kPut:
      table.insert_or_assign(change.key, std::string(change.value));
      break;
    case WriteSet::Kind::kDelete:
    case WriteSet::Kind::kDeleteOnce:
      table.erase(change.key);
      break;
    case WriteSet::Kind::kDeleteRange:
      if (change.key < change.end) {
        table.erase(table.lower_bound(change.key),
                    table.lower_bound(change.end));
      }
      break;
  }
}

absl::StatusOr<std::optional<std::string>> MemoryStore::Get(
    Table table, std::string_view key) const {
  absl::ReaderMutexLock lock(&mu_);
  const auto row = rows(table).find(key);
  if (row == rows(table).end()) return std::nullopt;
  return row->second;
}

absl::Status MemoryStore::Scan(Table table, const ScanRange& range,
                               Visitor visit) const {
  absl::ReaderMutexLock lock(&mu_);
  const Rows& table_rows = rows(table);
  auto row = table_rows.upper_bound(range.from);
  // The one before is the greatest at or below `from`.
  if (row != table_rows.begin() && std::prev(row)->first >= range.floor) --row;
  for (; row != table_rows.end() && row->first < range.end; ++row) {
    if (!visit(row->first, row->second)) break;
  }
  return absl::OkStatus();
}

absl::StatusOr<std::optional<std::string>> MemoryStore::LastKey(
    Table table, std::string_view floor, std::string_view end) const {
  absl::ReaderMutexLock lock(&mu_);
  auto row = rows(table).lower_bound(end);
  if (row == rows(table).begin()) return std::nullopt;
  --row;
  if (row->first < floor) return std::nullopt;
  return row->first;
}

void MemoryStore::DropBelow(Table table, std::string_view key) {
  absl::MutexLock lock(&mu_);
  rows(table).erase(rows(table).begin(), rows(table).lower_bound(key));
}

}  // namespace sluice
