#include "storage/kv/table_block.h"

#include <algorithm>
#include <utility>

#include "lz4.h"
#include "storage/base/coding.h"
#include "xxhash.h"

namespace sluice {
namespace {

// rocksdb/include/rocksdb/compression_type.h
constexpr char kNotPacked = 0;
constexpr char kLz4 = 4;
// Entries between two places where keys are written whole, and at most so many
// blocks unpack to.
constexpr size_t kRestartInterval = 16;
constexpr uint64_t kMaxUnpackedBytes = uint64_t{1} << 30;
// A byte of an LZ4 block stands for this many at most, so a few damaged bytes
// cannot ask for much memory.
constexpr uint64_t kBestLz4Ratio = 255;

// rocksdb/table/format.cc: what comes before the checksum itself, the last of
// it hashed apart.
uint32_t Checksum(std::string_view bytes_and_type) {
  const auto type = static_cast<uint8_t>(bytes_and_type.back());
  bytes_and_type.remove_suffix(1);
  const auto hash = static_cast<uint32_t>(
      XXH3_64bits(bytes_and_type.data(), bytes_and_type.size()));
  return hash ^ (uint32_t{type} * 0x6b9083d9u);
}

// Reads entries one by one. Each is the bytes of its key that it has in common
// with the one before, the sizes of the rest and of the value, and these.
class EntryReader {
 public:
  explicit EntryReader(std::string_view bytes) : bytes_(bytes) {}

  // Reads one more; false: there is none.
  bool Next() {
    uint64_t common = 0;
    uint64_t rest = 0;
    uint64_t value = 0;
    const char* end = bytes_.data() + bytes_.size();
    const char* at = bytes_.data() + at_;
    for (uint64_t* field : {&common, &rest, &value}) {
      at = LoadVarint(at, end, field);
      if (at == nullptr) return false;
    }
    const auto left = static_cast<uint64_t>(end - at);
    if (common > key_.size() || rest > left || value > left - rest) {
      return false;
    }
    if (common == 0) whole_keys_.push_back(at_);
    key_.resize(common);
    key_.append(at, rest);
    value_ = std::string_view(at + rest, value);
    at_ = static_cast<size_t>(at + rest + value - bytes_.data());
    ++count_;
    return true;
  }

  // The number of bytes of the list of whole keys that stands here, if any:
  // their places, and how many.
  size_t ListHere() const {
    if (count_ == 0 || bytes_.size() - at_ < 8 || Number(0) != 0) return 0;
    for (const size_t interval : {kRestartInterval, size_t{1}, count_}) {
      const size_t places = (count_ - 1) / interval + 1;
      if (IsListOf(places)) return 4 * (places + 1);
    }
    return 0;
  }

  size_t at() const { return at_; }
  const std::string& key() const { return key_; }
  std::string_view value() const { return value_; }

 private:
  uint32_t Number(size_t index) const {
    return LoadLittleEndian32(bytes_.data() + at_ + 4 * index);
  }
  bool IsListOf(size_t places) const {
    if (bytes_.size() - at_ < 4 * (places + 1) || Number(places) != places) {
      return false;
    }
    for (size_t i = 0; i < places; ++i) {
      if (!std::binary_search(whole_keys_.begin(), whole_keys_.end(),
                              Number(i))) {
        return false;
      }
    }
    return true;
  }

  const std::string_view bytes_;
  size_t at_ = 0;
  size_t count_ = 0;
  std::string key_;
  std::string_view value_;
  std::vector<size_t> whole_keys_;
};

// A block that is not packed ends with its list of whole keys.
std::optional<FoundBlock> FindPlainBlock(std::string_view bytes) {
  FoundBlock block;
  EntryReader reader(bytes);
  while (reader.Next() && reader.key().size() >= kChangeBytes) {
    block.entries.push_back({reader.key(), reader.value()});
    const size_t list = reader.ListHere();
    if (list == 0) continue;
    block.bytes = reader.at() + list + kBlockTrailerBytes;
    if (block.bytes <= bytes.size() &&
        bytes[block.bytes - kBlockTrailerBytes] == kNotPacked &&
        PassesChecksum(bytes.substr(0, block.bytes))) {
      return block;
    }
  }
  return std::nullopt;
}

// The size of the LZ4 block that begins where `bytes` does and unpacks to
// `unpacked` bytes; 0: there is none. See LZ4's doc/lz4_Block_format.md.
size_t Lz4BlockBytes(std::string_view bytes, uint64_t unpacked) {
  size_t at = 0;
  uint64_t made = 0;
  const auto extend = [&](uint64_t length) -> std::optional<uint64_t> {
    if (length < 15) return length;
    for (uint8_t more = 255; more == 255; ++at) {
      if (at >= bytes.size()) return std::nullopt;
      more = static_cast<uint8_t>(bytes[at]);
      length += more;
    }
    return length;
  };
  while (at < bytes.size()) {
    const auto token = static_cast<uint8_t>(bytes[at++]);
    const auto literals = extend(token >> 4);
    if (!literals.has_value() || *literals > bytes.size() - at) return 0;
    at += *literals;
    made += *literals;
    if (made >= unpacked) return made == unpacked ? at : 0;
    if (bytes.size() - at < 2) return 0;
    const auto back = static_cast<uint64_t>(static_cast<uint8_t>(bytes[at])) |
                      static_cast<uint64_t>(static_cast<uint8_t>(bytes[at + 1]))
                          << 8;
    if (back == 0 || back > made) return 0;
    at += 2;
    const auto match = extend(token & 15);
    if (!match.has_value()) return 0;
    made += *match + 4;
  }
  return 0;
}

std::optional<FoundBlock> FindLz4Block(std::string_view bytes) {
  uint64_t unpacked = 0;
  const char* end = bytes.data() + bytes.size();
  const char* packed = LoadVarint(bytes.data(), end, &unpacked);
  if (packed == nullptr || unpacked == 0 || unpacked > kMaxUnpackedBytes) {
    return std::nullopt;
  }
  const auto size = static_cast<size_t>(packed - bytes.data());
  const size_t packed_bytes = Lz4BlockBytes(bytes.substr(size), unpacked);
  FoundBlock block;
  block.bytes = size + packed_bytes + kBlockTrailerBytes;
  if (packed_bytes == 0 || block.bytes > bytes.size() ||
      bytes[block.bytes - kBlockTrailerBytes] != kLz4 ||
      !PassesChecksum(bytes.substr(0, block.bytes))) {
    return std::nullopt;
  }
  auto content = UnpackBlock(bytes.substr(0, block.bytes));
  if (!content.has_value()) return std::nullopt;
  block.unpacked = std::make_unique<const std::string>(*std::move(content));
  auto entries = ParseBlock(*block.unpacked);
  if (!entries.has_value()) return std::nullopt;
  block.entries = *std::move(entries);
  return block;
}

}  // namespace

bool PassesChecksum(std::string_view block) {
  if (block.size() < kBlockTrailerBytes) return false;
  const size_t summed = block.size() - 4;
  return LoadLittleEndian32(block.data() + summed) ==
         Checksum(block.substr(0, summed));
}

std::optional<std::string> UnpackBlock(std::string_view block) {
  const size_t bytes = block.size() - kBlockTrailerBytes;
  const char type = block[bytes];
  if (type == kNotPacked) return std::string(block.substr(0, bytes));
  uint64_t unpacked = 0;
  const char* end = block.data() + bytes;
  const char* packed = LoadVarint(block.data(), end, &unpacked);
  if (type != kLz4 || packed == nullptr || unpacked > kMaxUnpackedBytes ||
      unpacked / kBestLz4Ratio > static_cast<uint64_t>(end - packed)) {
    return std::nullopt;
  }
  std::string content(unpacked, '\0');
  const int made = LZ4_decompress_safe(packed, content.data(),
                                       static_cast<int>(end - packed),
                                       static_cast<int>(unpacked));
  if (made < 0 || static_cast<uint64_t>(made) != unpacked) return std::nullopt;
  return content;
}

std::optional<std::vector<BlockEntry>> ParseBlock(std::string_view content) {
  std::vector<BlockEntry> entries;
  EntryReader reader(content);
  while (reader.Next()) {
    entries.push_back({reader.key(), reader.value()});
    if (reader.at() + reader.ListHere() == content.size()) return entries;
  }
  return std::nullopt;
}

std::optional<FoundBlock> FindBlock(std::string_view bytes) {
  auto block = FindPlainBlock(bytes);
  if (!block.has_value()) block = FindLz4Block(bytes);
  return block;
}

}  // namespace sluice
