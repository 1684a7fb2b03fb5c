// The blocks of RocksDB's table files.
#ifndef STORAGE_KV_TABLE_BLOCK_H_
#define STORAGE_KV_TABLE_BLOCK_H_

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace sluice {

// How a block is packed, and its checksum.
inline constexpr size_t kBlockTrailerBytes = 5;

// Whether `block`, which ends with its trailer, passes its checksum.
bool PassesChecksum(std::string_view block);

// What `block`, which ends with its trailer and passed its checksum, holds.
// nullopt: packed in a way that these files do not use.
std::optional<std::string> UnpackBlock(std::string_view block);

// A key and a value in a block.
struct BlockEntry {
  std::string key;
  std::string_view value;
};

// The entries of unpacked `content`; nullopt: it is not of entries with sizes.
std::optional<std::vector<BlockEntry>> ParseBlock(std::string_view content);

// A block that begins with the first of some bytes: its size with the trailer,
// and its entries.
struct FoundBlock {
  size_t bytes = 0;
  // Where the entries' values are; null: in the bytes themselves.
  std::unique_ptr<const std::string> unpacked;
  std::vector<BlockEntry> entries;
};

// Keys of versions end with the number and the kind of the change.
inline constexpr size_t kChangeBytes = 8;

// Finds out where the block ends that begins where `bytes` does, which is
// written nowhere but in the index. nullopt: no whole block begins here whose
// keys have kChangeBytes or more.
std::optional<FoundBlock> FindBlock(std::string_view bytes);

}  // namespace sluice

#endif  // STORAGE_KV_TABLE_BLOCK_H_
