#include "storage/format/record.h"

#include <algorithm>
#include <limits>
#include <optional>
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

// A byte of a block stands for this many at most.
constexpr uint32_t kBestLz4Ratio = 255;

// Before each piece of a packed body.
constexpr size_t kPieceSizeBytes = 4;

// Of LZ4, whose own default is 1. Events repeat each other in long runs, which
// are found all the same: a fifth less time for a few percent more bytes.
constexpr int kLz4Acceleration = 4;

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
  if (codec_ != Codec::kLz4) return {};
  constexpr size_t kPieceBound =
      kPieceSizeBytes + LZ4_COMPRESSBOUND(kLz4PieceBytes);
  const size_t pieces = body.size() / kLz4PieceBytes + 1;
  if (scratch_bytes_ < pieces * kPieceBound) {
    scratch_bytes_ = pieces * kPieceBound;
    scratch_.reset(new char[scratch_bytes_]);
  }
  // Less than one part in sixteen is not worth the time to unpack it.
  const size_t worthwhile = body.size() - body.size() / 16;
  char* to = scratch_.get();
  for (size_t at = 0; at < body.size(); at += kLz4PieceBytes) {
    const std::string_view piece = body.substr(at, kLz4PieceBytes);
    const int packed = LZ4_compress_fast(
        piece.data(), to + kPieceSizeBytes, static_cast<int>(piece.size()),
        static_cast<int>(kPieceBound - kPieceSizeBytes), kLz4Acceleration);
    CHECK_GT(packed, 0) << "LZ4 failed although it had room";
    StoreLittleEndian32(to, static_cast<uint32_t>(packed));
    to += kPieceSizeBytes + static_cast<size_t>(packed);
  }
  const size_t packed = static_cast<size_t>(to - scratch_.get());
  if (packed >= worthwhile) return {};
  return std::string_view(scratch_.get(), packed);
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

namespace {

// Unpacks all pieces of `packed` into `body`, which has the size to be reached.
bool Unpack(std::string_view packed, std::string& body) {
  size_t done = 0;
  while (done < body.size()) {
    if (packed.size() < kPieceSizeBytes) return false;
    const size_t packed_bytes = LoadLittleEndian32(packed.data());
    packed.remove_prefix(kPieceSizeBytes);
    if (packed_bytes > packed.size()) return false;
    const size_t piece_bytes = std::min(kLz4PieceBytes, body.size() - done);
    const int unpacked = LZ4_decompress_safe(packed.data(), body.data() + done,
                                             static_cast<int>(packed_bytes),
                                             static_cast<int>(piece_bytes));
    if (unpacked < 0 || static_cast<size_t>(unpacked) != piece_bytes) {
      return false;
    }
    packed.remove_prefix(packed_bytes);
    done += piece_bytes;
  }
  return packed.empty();
}

}  // namespace

namespace {

// The size of a body that unpacks to `body_bytes`; nullopt: cut off.
std::optional<size_t> PackedBytes(std::string_view packed, size_t body_bytes) {
  size_t at = 0;
  for (size_t done = 0; done < body_bytes; done += kLz4PieceBytes) {
    if (packed.size() - at < kPieceSizeBytes) return std::nullopt;
    const size_t piece = LoadLittleEndian32(packed.data() + at);
    at += kPieceSizeBytes;
    if (piece > packed.size() - at) return std::nullopt;
    at += piece;
  }
  return at;
}

}  // namespace

size_t FindRecord(std::string_view bytes) {
  // Not the checksum yet, which takes longest.
  if (bytes.size() < kRecordHeaderBytes ||
      static_cast<uint8_t>(bytes[kVersionAt]) != kRecordVersion ||
      static_cast<uint8_t>(bytes[kCodecAt]) >
          static_cast<uint8_t>(Codec::kLz4) ||
      bytes[kReservedAt] != 0 || bytes[kReservedAt + 1] != 0) {
    return 0;
  }
  std::optional<size_t> body = LoadLittleEndian32(bytes.data() + kBodyBytesAt);
  const std::string_view rest = bytes.substr(kRecordHeaderBytes);
  if (static_cast<Codec>(bytes[kCodecAt]) == Codec::kLz4) {
    body = PackedBytes(rest, *body);
  }
  if (!body.has_value() || *body > rest.size()) return 0;
  const size_t size = kRecordHeaderBytes + *body;
  return ParseRecordHeader(bytes.substr(0, size)).ok() ? size : 0;
}

absl::StatusOr<EventBatchPtr> ParseRecordBody(const RecordHeader& header,
                                              std::string_view record) {
  const std::string_view packed = record.substr(kRecordHeaderBytes);
  // Before room is made for it: LZ4 never packs better than that.
  if (header.body_bytes / kBestLz4Ratio > packed.size()) {
    return Damaged(absl::StrCat(header.body_bytes, " bytes cannot be packed ",
                                "into ", packed.size()));
  }
  std::string body;
  if (header.codec == Codec::kNone) {
    body = std::string(packed);
  } else {
    body.resize(header.body_bytes);
    if (!Unpack(packed, body)) return Damaged("LZ4 blocks do not unpack");
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
