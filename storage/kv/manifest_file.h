// RocksDB's MANIFEST: which table files a database consists of.
#ifndef STORAGE_KV_MANIFEST_FILE_H_
#define STORAGE_KV_MANIFEST_FILE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

struct ManifestFile {
  struct Table {
    uint64_t bytes = 0;
    uint32_t family = 0;
    // RocksDB's number of the last change in it.
    uint64_t last_change = 0;
  };
  struct Family {
    std::string name;
    // Its files are listed, if it has any: what a MANIFEST begins with is whole
    // as far as this column family is concerned.
    bool complete = false;
    // The number of the first write-ahead log with changes that its files may
    // lack.
    uint64_t log_number = 0;
  };
  // The MANIFEST's own number. It begins with the files that count which were
  // there before; those that opening the database made from its write-ahead
  // log, whose numbers are smaller too, come behind that.
  uint64_t number = 0;
  std::map<uint64_t, Table> tables;  // By file number; those that count.
  std::set<uint64_t> deleted;        // File numbers that counted once.
  std::map<uint32_t, Family> families;
  // The highest `last_change` of any table, listed or deleted. RocksDB syncs
  // all earlier changes in its write-ahead log before it lists a table
  // (DBImpl::SyncClosedLogs).
  uint64_t last_tabled_change = 0;

  // The name of a column family; empty: not listed.
  const std::string& FamilyName(uint32_t family) const;
  // Whether it lists all of the column families with these names, and their
  // files.
  bool IsComplete(const std::vector<std::string>& names) const;
  // Write-ahead logs with smaller numbers are of no use any more. REQUIRES: it
  // lists all column families.
  uint64_t FirstLogNumber() const;
  // Whether `table` is the number of a file that RocksDB had no time to delete.
  bool IsObsolete(uint64_t table, const std::vector<std::string>& names) const;
};

// Reads MANIFEST-`number` of RocksDB 7.8 (db/version_edit.cc). A last record
// that was not written as a whole does not count. nullopt: damaged.
std::optional<ManifestFile> ParseManifestFile(uint64_t number,
                                              std::string_view bytes);

}  // namespace sluice

#endif  // STORAGE_KV_MANIFEST_FILE_H_
