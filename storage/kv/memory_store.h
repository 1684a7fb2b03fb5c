// A KeyValueStore that lasts as long as the process: for tests, and for logs
// that need not outlive it.
#ifndef STORAGE_KV_MEMORY_STORE_H_
#define STORAGE_KV_MEMORY_STORE_H_

#include <array>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "storage/kv/key_value_store.h"

namespace sluice {

// Thread-safe. A scan holds up writes until it is done.
class MemoryStore final : public KeyValueStore {
 public:
  absl::Status Write(const WriteSet& changes, bool sync) override;
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::StatusOr<std::optional<std::string>> Get(
      Table table, std::string_view key) const override;
  absl::Status Scan(Table table, const ScanRange& range,
                    Visitor visit) const override;
  absl::Status ScanDamaged(Table table, const ScanRange& range,
                           Visitor visit) const override {
    return Scan(table, range, visit);
  }
  absl::StatusOr<std::optional<std::string>> LastKey(
      Table table, std::string_view floor, std::string_view end) const override;
  void DropBelow(Table table, std::string_view key) override;
  uint64_t generation(Table) const override { return 0; }

 private:
  using Rows = std::map<std::string, std::string, std::less<>>;

  Rows& rows(Table table) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return tables_[static_cast<size_t>(table)];
  }
  const Rows& rows(Table table) const ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return tables_[static_cast<size_t>(table)];
  }
  void Apply(const WriteSet::Change& change) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);

  mutable absl::Mutex mu_;
  std::array<Rows, kTableCount> tables_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice

#endif  // STORAGE_KV_MEMORY_STORE_H_
