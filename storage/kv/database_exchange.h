// Putting a database in the place of another, all at once: loss of power leaves
// one of them or the other.
#ifndef STORAGE_KV_DATABASE_EXCHANGE_H_
#define STORAGE_KV_DATABASE_EXCHANGE_H_

#include <string>

namespace rocksdb {
class Env;
class Status;
}  // namespace rocksdb

namespace sluice {

// Where the database is made that is to replace the one in folder `path`.
std::string ReplacementFolder(const std::string& path);

// Whether an exchange was under way when the process ended.
bool IsExchangePending(rocksdb::Env* env, const std::string& path);

// Finishes an exchange that was under way when the process ended, or removes a
// replacement that was not ready. To be called before the database in `path` is
// looked at; does nothing if there is no replacement.
rocksdb::Status FinishExchange(rocksdb::Env* env, const std::string& path);

// Replaces the database in `path`, whose files are deleted, by that in
// ReplacementFolder(path), which is whole and synced. Neither is open.
rocksdb::Status ExchangeDatabase(rocksdb::Env* env, const std::string& path);

}  // namespace sluice

#endif  // STORAGE_KV_DATABASE_EXCHANGE_H_
