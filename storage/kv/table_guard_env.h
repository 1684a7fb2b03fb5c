// Keeps RocksDB from aborting the process when a compaction cannot write.
#ifndef STORAGE_KV_TABLE_GUARD_ENV_H_
#define STORAGE_KV_TABLE_GUARD_ENV_H_

#include "rocksdb/env.h"

namespace sluice {

// An Env over another one which tells of a table file that a compaction could
// not write when the file is opened, instead of when it is written. RocksDB
// opens every table before it makes it part of a database, so none is taken for
// whole that is not.
//
// The reason is RocksDB 7.8: a compaction that leaves nothing of its input
// begins an empty table to see that. If writing that fails, the table stays
// among its results without a smallest key, which
// CompactionJob::UpdateCompactionJobStats() asks for: an assertion where
// asserts are compiled in, as Debian's are, and else a read of what is not
// there. Deleting ranges, as we do with what is consumed, makes such
// compactions, and a full disk makes them fail.
//
// Thread-safe. `base` outlives it, and it outlives the databases that use it.
class TableGuardEnv final : public rocksdb::EnvWrapper {
 public:
  explicit TableGuardEnv(rocksdb::Env* base);
  const char* Name() const override { return "TableGuardEnv"; }
};

}  // namespace sluice

#endif  // STORAGE_KV_TABLE_GUARD_ENV_H_
