#include "storage/kv/table_file.h"

#include <algorithm>
#include <array>
#include <map>

#include "absl/strings/str_cat.h"
#include "rocksdb/env.h"
#include "storage/base/coding.h"
#include "storage/kv/table_block.h"

namespace sluice {
namespace {

// rocksdb/table/format.cc: the kind of checksum, where the index of parts other
// than data is and where that of data is, filled up with zeros, and then the
// version and a number that all such files end with.
constexpr size_t kFooterBytes = 53;
constexpr size_t kVersionAt = 41;
constexpr size_t kMagicAt = 45;
constexpr char kXxh3 = 4;
constexpr uint32_t kVersion = 5;
constexpr uint64_t kMagic = 0x88e241b785f4cff7;
constexpr char kProperties[] = "rocksdb.properties";
constexpr char kRangeDeletions[] = "rocksdb.range_del";
constexpr char kFamilyName[] = "rocksdb.column.family.name";

// Where a block is; the size is without its trailer.
struct BlockHandle {
  uint64_t offset = 0;
  uint64_t bytes = 0;

  uint64_t end() const { return offset + bytes + kBlockTrailerBytes; }
  bool FitsInto(uint64_t file_bytes) const {
    return offset <= file_bytes && bytes <= file_bytes - offset &&
           end() <= file_bytes;
  }
};

// Reads a handle off the front of `bytes`; false: there is none.
bool TakeHandle(std::string_view* bytes, BlockHandle* handle) {
  const char* end = bytes->data() + bytes->size();
  const char* at = LoadVarint(bytes->data(), end, &handle->offset);
  if (at != nullptr) at = LoadVarint(at, end, &handle->bytes);
  if (at == nullptr) return false;
  *bytes = std::string_view(at, static_cast<size_t>(end - at));
  return true;
}

struct Footer {
  BlockHandle meta_index;
  BlockHandle index;
};

std::optional<Footer> ParseFooter(std::string_view bytes) {
  if (bytes.size() != kFooterBytes || bytes[0] != kXxh3 ||
      LoadLittleEndian32(bytes.data() + kVersionAt) != kVersion ||
      LoadLittleEndian64(bytes.data() + kMagicAt) != kMagic) {
    return std::nullopt;
  }
  Footer footer;
  std::string_view handles = bytes.substr(1, kVersionAt - 1);
  if (!TakeHandle(&handles, &footer.meta_index) ||
      !TakeHandle(&handles, &footer.index)) {
    return std::nullopt;
  }
  return footer;
}

// The blocks that a meta index names; nullopt: it is not readable.
std::optional<std::map<std::string, BlockHandle>> ParseMetaIndex(
    std::string_view block) {
  const auto content = UnpackBlock(block);
  if (!content.has_value()) return std::nullopt;
  const auto entries = ParseBlock(*content);
  if (!entries.has_value()) return std::nullopt;
  std::map<std::string, BlockHandle> handles;
  for (const BlockEntry& entry : *entries) {
    std::string_view value = entry.value;
    BlockHandle handle;
    if (!TakeHandle(&value, &handle)) return std::nullopt;
    handles[entry.key] = handle;
  }
  return handles;
}

std::string FamilyOf(std::string_view properties) {
  const auto content = UnpackBlock(properties);
  if (!content.has_value()) return "";
  const auto entries = ParseBlock(*content);
  if (!entries.has_value()) return "";
  for (const BlockEntry& entry : *entries) {
    if (entry.key == kFamilyName) return std::string(entry.value);
  }
  return "";
}

// Splits the version's key; false: it is none.
bool ParseVersion(const BlockEntry& from, TableEntry* entry) {
  if (from.key.size() < kChangeBytes) return false;
  const std::string_view key = from.key;
  const size_t key_bytes = key.size() - kChangeBytes;
  const uint64_t change = LoadLittleEndian64(key.data() + key_bytes);
  entry->key = key.substr(0, key_bytes);
  entry->change = change >> 8;
  entry->kind = static_cast<TableEntry::Kind>(change & 0xff);
  entry->value = from.value;
  switch (entry->kind) {
    case TableEntry::Kind::kDelete:
    case TableEntry::Kind::kPut:
    case TableEntry::Kind::kDeleteOnce:
    case TableEntry::Kind::kDeleteRange:
      return true;
  }
  return false;
}

class Reader {
 public:
  Reader(std::string_view bytes, const RecordFinder& find_record,
         absl::FunctionRef<void(const TableEntry&)> visit)
      : bytes_(bytes), find_record_(find_record), visit_(visit) {}

  TableFile Run() {
    FindKnownBlocks();
    uint64_t damaged_from = 0;
    uint64_t at = 0;
    while (at < bytes_.size()) {
      const uint64_t bytes = WholeBytesAt(at);
      if (bytes == 0) {
        ++at;
        continue;
      }
      AddDamage(damaged_from, at);
      at += bytes;
      damaged_from = at;
    }
    AddDamage(damaged_from, at);
    return std::move(table_);
  }

 private:
  // The block of `handle` with its trailer, if it is whole.
  std::optional<std::string_view> BlockOf(const BlockHandle& handle) const {
    if (!handle.FitsInto(bytes_.size())) return std::nullopt;
    const auto block =
        bytes_.substr(handle.offset, handle.end() - handle.offset);
    if (!PassesChecksum(block)) return std::nullopt;
    known_.emplace(handle.offset, handle.end());
    return block;
  }

  // Whole blocks that hold no entries.
  void FindKnownBlocks() {
    if (bytes_.size() < kFooterBytes) return;
    const uint64_t footer_at = bytes_.size() - kFooterBytes;
    const auto footer = ParseFooter(bytes_.substr(footer_at));
    if (!footer.has_value()) return;
    known_.emplace(footer_at, bytes_.size());
    BlockOf(footer->index);
    const auto meta_index = BlockOf(footer->meta_index);
    if (!meta_index.has_value()) return;
    const auto handles = ParseMetaIndex(*meta_index);
    if (!handles.has_value()) return;
    for (const auto& [name, handle] : *handles) {
      if (name == kRangeDeletions) continue;
      const auto block = BlockOf(handle);
      if (name == kProperties && block.has_value()) {
        table_.family = FamilyOf(*block);
      }
    }
  }

  // The bytes of the whole block that begins at `at`, after its entries were
  // visited; 0: none.
  uint64_t WholeBytesAt(uint64_t at) {
    const auto known = known_.find(at);
    if (known != known_.end()) return known->second - at;
    const auto block = FindBlock(bytes_.substr(at));
    if (!block.has_value()) return 0;
    std::vector<TableEntry> entries(block->entries.size());
    for (size_t i = 0; i < entries.size(); ++i) {
      if (!ParseVersion(block->entries[i], &entries[i])) return 0;
    }
    for (const TableEntry& entry : entries) visit_(entry);
    return block->bytes;
  }

  // Looks for records in [begin, end), where no block is whole.
  void AddDamage(uint64_t begin, uint64_t end) {
    uint64_t lost_from = begin;
    for (uint64_t at = begin; find_record_ != nullptr && at < end; ++at) {
      const auto found = find_record_(bytes_.substr(at, end - at));
      if (!found.has_value()) continue;
      TableEntry entry;
      entry.key = found->key;
      entry.change = ChangeBefore(at, found->key);
      entry.value = bytes_.substr(at, found->bytes);
      visit_(entry);
      AddLost(lost_from, at);
      lost_from = at + found->bytes;
      at = lost_from - 1;
    }
    AddLost(lost_from, end);
  }
  // In a block that is not packed, a value stands behind the end of its key and
  // the number of its change. 0: there is no such thing.
  uint64_t ChangeBefore(uint64_t at, std::string_view key) const {
    if (key.empty() || at <= kChangeBytes ||
        bytes_[at - kChangeBytes - 1] != key.back()) {
      return 0;
    }
    const uint64_t change =
        LoadLittleEndian64(bytes_.data() + at - kChangeBytes);
    const bool is_put =
        (change & 0xff) == static_cast<uint64_t>(TableEntry::Kind::kPut);
    return is_put ? change >> 8 : 0;
  }
  void AddLost(uint64_t begin, uint64_t end) {
    if (begin < end) table_.damaged.emplace_back(begin, end);
  }

  const std::string_view bytes_;
  const RecordFinder& find_record_;
  const absl::FunctionRef<void(const TableEntry&)> visit_;
  // Begin and end.
  mutable std::map<uint64_t, uint64_t> known_;
  TableFile table_;
};

rocksdb::Status Damaged(std::string_view what) {
  return rocksdb::Status::Corruption(
      absl::StrCat(std::string(what), " is damaged"));
}

// Reads the block of `handle` with its trailer, and checks it.
rocksdb::Status ReadBlock(const rocksdb::RandomAccessFile& file,
                          uint64_t file_bytes, const BlockHandle& handle,
                          std::string_view what, std::string* block) {
  if (!handle.FitsInto(file_bytes)) return Damaged(what);
  block->resize(handle.end() - handle.offset);
  rocksdb::Slice read;
  const rocksdb::Status status =
      file.Read(handle.offset, block->size(), &read, block->data());
  if (!status.ok()) return status;
  if (read.size() != block->size()) return Damaged(what);
  if (read.data() != block->data()) block->assign(read.data(), read.size());
  return PassesChecksum(*block) ? status : Damaged(what);
}

}  // namespace

TableFile ReadTableFile(std::string_view bytes, const RecordFinder& find_record,
                        absl::FunctionRef<void(const TableEntry&)> visit) {
  return Reader(bytes, find_record, visit).Run();
}

rocksdb::Status CheckTableStructure(const rocksdb::RandomAccessFile& file,
                                    uint64_t bytes) {
  if (bytes < kFooterBytes) return Damaged("its end");
  std::array<char, kFooterBytes> room;
  rocksdb::Slice end;
  rocksdb::Status status =
      file.Read(bytes - kFooterBytes, kFooterBytes, &end, room.data());
  if (!status.ok()) return status;
  const auto footer = ParseFooter(std::string_view(end.data(), end.size()));
  if (!footer.has_value()) return Damaged("its end");
  std::string block;
  status = ReadBlock(file, bytes, footer->index, "its index", &block);
  if (!status.ok()) return status;
  status =
      ReadBlock(file, bytes, footer->meta_index, "its list of parts", &block);
  if (!status.ok()) return status;
  const auto handles = ParseMetaIndex(block);
  if (!handles.has_value()) return Damaged("its list of parts");
  for (const auto& [name, handle] : *handles) {
    status = ReadBlock(file, bytes, handle, name, &block);
    if (!status.ok()) return status;
  }
  return status;
}

}  // namespace sluice
