#include "storage/kv/log_file.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "storage/base/coding.h"
#include "storage/base/crc32c.h"

namespace sluice {
namespace {

// rocksdb/db/log_format.h. A record is cut into fragments so that none spans
// two blocks; a fragment is a checksum, a length and a type, and its bytes.
constexpr size_t kBlockBytes = size_t{32} << 10;
constexpr size_t kHeaderBytes = 7;
constexpr size_t kSectorBytes = 512;
enum FragmentType : uint8_t { kFull = 1, kFirst = 2, kMiddle = 3, kLast = 4 };

uint32_t Checksum(std::string_view type_and_bytes) {
  const uint32_t crc = Crc32c(type_and_bytes);
  return ((crc >> 15) | (crc << 17)) + 0xa282ead8u;
}

struct Fragment {
  uint8_t type = 0;
  std::string_view bytes;
  size_t end = 0;
};

class Parser {
 public:
  Parser(std::string_view bytes, size_t min_record_bytes)
      : bytes_(bytes), min_record_bytes_(min_record_bytes) {}

  LogFile Run() {
    size_t at = 0;
    while (at < bytes_.size()) {
      const size_t block_left = kBlockBytes - at % kBlockBytes;
      if (block_left < kHeaderBytes) {
        at = std::min(at + block_left, bytes_.size());
        continue;
      }
      const auto fragment = FragmentAt(at);
      if (!fragment.has_value()) {
        DropPartial(at);
        at = NextFragment(at + 1);
        bad_end_ = at;
        continue;
      }
      Take(*fragment, at);
      at = fragment->end;
    }
    DropPartial(bytes_.size());
    CloseGap();
    return std::move(file_);
  }

 private:
  // Of the fragment whose header is at `at`.
  size_t LengthAt(size_t at) const {
    return static_cast<uint8_t>(bytes_[at + 4]) |
           static_cast<size_t>(static_cast<uint8_t>(bytes_[at + 5])) << 8;
  }

  std::optional<Fragment> FragmentAt(size_t at) const {
    const size_t block_end =
        std::min(bytes_.size(), at / kBlockBytes * kBlockBytes + kBlockBytes);
    if (at + kHeaderBytes > block_end) return std::nullopt;
    const char* header = bytes_.data() + at;
    const size_t length = LengthAt(at);
    Fragment fragment;
    fragment.type = static_cast<uint8_t>(header[6]);
    fragment.end = at + kHeaderBytes + length;
    if (fragment.type < kFull || fragment.type > kLast ||
        fragment.end > block_end ||
        LoadLittleEndian32(header) !=
            Checksum(bytes_.substr(at + 6, 1 + length))) {
      return std::nullopt;
    }
    fragment.bytes = bytes_.substr(at + kHeaderBytes, length);
    return fragment;
  }

  // The next place from `at` on with a whole fragment, or the end.
  size_t NextFragment(size_t at) const {
    while (at < bytes_.size() && !FragmentAt(at).has_value()) ++at;
    return at;
  }

  void Take(const Fragment& fragment, size_t at) {
    const bool begins = fragment.type == kFull || fragment.type == kFirst;
    if (begins == partial_.has_value()) {
      // One more begins, or this one has no beginning.
      DropPartial(at);
      if (!begins) {
        if (!bad_begin_.has_value()) bad_begin_ = at;
        bad_end_ = fragment.end;
        return;
      }
    }
    if (begins) {
      partial_.emplace();
      partial_->begin = at;
    }
    partial_->bytes.append(fragment.bytes);
    if (fragment.type == kFirst || fragment.type == kMiddle) return;
    partial_->end = fragment.end;
    if (partial_->bytes.size() < min_record_bytes_) {
      return DropPartial(fragment.end);
    }
    CloseGap();
    file_.records.push_back(*std::move(partial_));
    partial_.reset();
  }

  // What has begun does not go on: it is bad, up to `end`.
  void DropPartial(size_t end) {
    const size_t begin = partial_.has_value() ? partial_->begin : end;
    if (!bad_begin_.has_value()) bad_begin_ = begin;
    if (partial_.has_value()) bad_end_ = end;
    partial_.reset();
  }

  void CloseGap() {
    if (bad_begin_.has_value() && bad_end_ > *bad_begin_) {
      file_.gaps.push_back({*bad_begin_, bad_end_, file_.records.size(),
                            IsTorn(*bad_begin_, bad_end_)});
    }
    bad_begin_.reset();
    bad_end_ = 0;
  }

  // Whether the record that begins at `at` goes on behind the end of the file,
  // after fragments that are whole.
  bool RunsPastEnd(size_t at) const {
    while (at < bytes_.size()) {
      const size_t block_left = kBlockBytes - at % kBlockBytes;
      if (block_left < kHeaderBytes) {
        at += block_left;
        continue;
      }
      const auto fragment = FragmentAt(at);
      if (!fragment.has_value()) break;
      at = fragment->end;
    }
    if (at + kHeaderBytes > bytes_.size()) return true;
    return at + kHeaderBytes + LengthAt(at) > bytes_.size();
  }

  bool IsTorn(size_t begin, size_t end) const {
    if (end == bytes_.size() && RunsPastEnd(begin)) return true;
    // Sectors that were never written read as zeros.
    size_t zeros = 0;
    for (char c : bytes_.substr(begin, end - begin)) {
      zeros = c == '\0' ? zeros + 1 : 0;
      if (zeros >= kSectorBytes) return true;
    }
    return zeros == end - begin;
  }

  const std::string_view bytes_;
  const size_t min_record_bytes_;
  LogFile file_;
  std::optional<LogFileRecord> partial_;
  std::optional<size_t> bad_begin_;
  size_t bad_end_ = 0;
};

void AppendFragment(uint8_t type, std::string_view bytes, std::string* file) {
  std::string typed(1, static_cast<char>(type));
  typed.append(bytes);
  char header[6];
  StoreLittleEndian32(header, Checksum(typed));
  header[4] = static_cast<char>(bytes.size() & 0xff);
  header[5] = static_cast<char>(bytes.size() >> 8);
  file->append(header, sizeof(header));
  file->append(typed);
}

}  // namespace

LogFile ParseLogFile(std::string_view bytes, size_t min_record_bytes) {
  return Parser(bytes, min_record_bytes).Run();
}

void AppendLogFileRecord(std::string_view record, std::string* file) {
  bool first = true;
  do {
    size_t room = kBlockBytes - file->size() % kBlockBytes;
    if (room < kHeaderBytes) {
      file->append(room, '\0');
      room = kBlockBytes;
    }
    const size_t part = std::min(record.size(), room - kHeaderBytes);
    const bool last = part == record.size();
    const uint8_t type =
        first ? (last ? kFull : kFirst) : (last ? kLast : kMiddle);
    AppendFragment(type, record.substr(0, part), file);
    record.remove_prefix(part);
    first = false;
  } while (!record.empty());
}

}  // namespace sluice
