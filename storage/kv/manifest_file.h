// RocksDB's MANIFEST: which table files a database consists of.
#ifndef STORAGE_KV_MANIFEST_FILE_H_
#define STORAGE_KV_MANIFEST_FILE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace sluice {

struct ManifestFile {
  struct Table {
    uint64_t bytes = 0;
    uint32_t family = 0;
    // RocksDB's number of the last change in it.
    uint64_t last_change = 0;
  };
  std::map<uint64_t, Table> tables;  // By file number; those that count.
  std::set<uint64_t> deleted;        // File numbers that counted once.
  std::map<uint32_t, std::string> families;  // Names of the column families.
};

// Reads a MANIFEST of RocksDB 7.8 (db/version_edit.cc). A last record that was
// not written as a whole does not count. nullopt: damaged.
std::optional<ManifestFile> ParseManifestFile(std::string_view bytes);

}  // namespace sluice

#endif  // STORAGE_KV_MANIFEST_FILE_H_
