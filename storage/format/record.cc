#include "storage/format/record.h"

#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "glog/logging.h"
#include "lz4.h"
#include "storage/base/coding.h"
#include "storage/base/crc32c.h"

namespace sluice::format {
namespace {

// Offsets of the header's fields; all numbers are little-endian.
constexpr size_t kVersionAt = 0;
constexpr size_t kCodecAt = 1;
constexpr size_t kReservedAt = 2;
constexpr size_t kChecksumAt = 4;
constexpr size_t kFirstSequenceAt = 8;
constexpr size_t kBeginOffsetAt = 16;
constexpr size_t kAppendTimeAt = 24;
constexpr size_t kEventCountAt = 32;
constexpr size_t kBodyBytesAt = 36;

// CRC-32C of everything but the checksum itself.
uint32_t Checksum(std::string_view record) {
  return Crc32c(record.substr(kChecksumAt + 4),
                Crc32c(record.substr(0, kChecksumAt)));
}

absl::Status Damaged(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("record: ", what));
}

}  // namespace

std::string_view RecordEncoder::Pack(std::string_view body) {
  // LZ4's own limit is a little below EventBatch's; such a body stays as it is.
  if (codec_ != Codec::kLz4 || body.size() > LZ4_MAX_INPUT_SIZE) return {};
  const size_t bound =
      static_cast<size_t>(LZ4_compressBound(static_cast<int>(body.size())));
  if (scratch_bytes_ < bound) {
    scratch_.reset(new char[bound]);
    scratch_bytes_ = bound;
  }
  const int packed = LZ4_compress_default(body.data(), scratch_.get(),
                                          static_cast<int>(body.size()),
                                          static_cast<int>(bound));
  // Less than one part in sixteen is not worth the time to unpack it.
  const size_t worthwhile = body.size() - body.size() / 16;
  if (packed <= 0 || static_cast<size_t>(packed) >= worthwhile) return {};
  return std::string_view(scratch_.get(), static_cast<size_t>(packed));
}

void RecordEncoder::Append(const RecordHeader& header, const EventBatch& batch,
                           std::string* out) {
  CHECK(!batch.empty());
  const std::string_view packed = Pack(batch.wire());
  const Codec codec = packed.empty() ? Codec::kNone : Codec::kLz4;
  const size_t begin = out->size();
  char head[kRecordHeaderBytes] = {};
  head[kVersionAt] = kRecordVersion;
  head[kCodecAt] = static_cast<char>(codec);
  StoreLittleEndian64(head + kFirstSequenceAt, header.first_sequence);
  StoreLittleEndian64(head + kBeginOffsetAt, header.begin_offset);
  StoreLittleEndian64(head + kAppendTimeAt,
                      static_cast<uint64_t>(header.append_unix_nanos));
  StoreLittleEndian32(head + kEventCountAt,
                      static_cast<uint32_t>(batch.size()));
  StoreLittleEndian32(head + kBodyBytesAt,
                      static_cast<uint32_t>(batch.wire().size()));
  out->append(head, sizeof(head));
  out->append(codec == Codec::kNone ? batch.wire() : packed);
  StoreLittleEndian32(out->data() + begin + kChecksumAt,
                      Checksum(std::string_view(*out).substr(begin)));
}

absl::StatusOr<RecordHeader> ParseRecordHeader(std::string_view record) {
  if (record.size() < kRecordHeaderBytes) {
    return Damaged(absl::StrCat(record.size(), " bytes are no header"));
  }
  const char* const at = record.data();
  const uint8_t version = static_cast<uint8_t>(at[kVersionAt]);
  const uint8_t codec = static_cast<uint8_t>(at[kCodecAt]);
  const uint32_t stored = LoadLittleEndian32(at + kChecksumAt);
  const uint32_t computed = Checksum(record);
  if (stored != computed) {
    return Damaged(
        absl::StrFormat("checksum 0x%08x, computed 0x%08x", stored, computed));
  }
  const bool reserved = at[kReservedAt] != 0 || at[kReservedAt + 1] != 0;
  if (version != kRecordVersion || reserved ||
      codec > static_cast<uint8_t>(Codec::kLz4)) {
    return absl::UnimplementedError(absl::StrCat("record of version ", version,
                                                 " and codec ", codec,
                                                 " needs a newer program"));
  }
  RecordHeader header;
  header.codec = static_cast<Codec>(codec);
  header.first_sequence = LoadLittleEndian64(at + kFirstSequenceAt);
  header.begin_offset = LoadLittleEndian64(at + kBeginOffsetAt);
  header.append_unix_nanos =
      static_cast<int64_t>(LoadLittleEndian64(at + kAppendTimeAt));
  header.event_count = LoadLittleEndian32(at + kEventCountAt);
  header.body_bytes = LoadLittleEndian32(at + kBodyBytesAt);
  if (header.event_count == 0 ||
      header.body_bytes > std::numeric_limits<int32_t>::max()) {
    return Damaged("impossible counts");
  }
  return header;
}

absl::StatusOr<EventBatchPtr> ParseRecordBody(const RecordHeader& header,
                                              std::string_view record) {
  const std::string_view packed = record.substr(kRecordHeaderBytes);
  std::string body;
  if (header.codec == Codec::kNone) {
    body = std::string(packed);
  } else {
    body.resize(header.body_bytes);
    const int size = LZ4_decompress_safe(packed.data(), body.data(),
                                         static_cast<int>(packed.size()),
                                         static_cast<int>(body.size()));
    if (size < 0) return Damaged("LZ4 block does not unpack");
    body.resize(static_cast<size_t>(size));
  }
  if (body.size() != header.body_bytes) {
    return Damaged(absl::StrCat("body of ", body.size(), " bytes, announced ",
                                header.body_bytes));
  }
  auto batch = EventBatch::FromStored(std::move(body), header.event_count);
  if (!batch.ok()) return Damaged(batch.status().message());
  if ((*batch)->size() != header.event_count) {
    return Damaged(absl::StrCat((*batch)->size(), " events, announced ",
                                header.event_count));
  }
  return batch;
}

}  // namespace sluice::format
