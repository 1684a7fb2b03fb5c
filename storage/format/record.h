// One record of the table `events`: a header and the bytes of one event batch.
// docs/log_format.md describes every byte; the constants here are both sides'.
#ifndef STORAGE_FORMAT_RECORD_H_
#define STORAGE_FORMAT_RECORD_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "storage/event/event_batch.h"

namespace sluice::format {

inline constexpr uint8_t kRecordVersion = 1;
inline constexpr size_t kRecordHeaderBytes = 40;

// How the body is packed.
enum class Codec : uint8_t {
  kNone = 0,
  // Pieces of the body of kLz4PieceBytes, the last one shorter: each a 4-byte
  // size and an LZ4 block of so many bytes, without LZ4's frame.
  kLz4 = 1,
};

// LZ4 is nearly twice as fast on pieces that fit the first-level caches and
// 16-bit positions as on a megabyte at once, and packs them as well.
inline constexpr size_t kLz4PieceBytes = size_t{64} << 10;

// What a record says of itself.
struct RecordHeader {
  Codec codec = Codec::kNone;
  // Sequence of its first event: the same number as its key.
  uint64_t first_sequence = 0;
  // Bytes of all records appended before it since the log was made.
  uint64_t begin_offset = 0;
  // When it was appended, in nanoseconds since the Unix epoch.
  int64_t append_unix_nanos = 0;
  uint32_t event_count = 0;
  // Size of the body, unpacked.
  uint32_t body_bytes = 0;

  uint64_t end_sequence() const { return first_sequence + event_count; }
};

// Makes records. Keeps its working memory from one to the next.
//
// Thread-safety: none.
class RecordEncoder {
 public:
  // `codec`: kLz4 packs bodies when that makes them smaller.
  explicit RecordEncoder(Codec codec) : codec_(codec) {}

  // Appends the record of `batch` to `out`. Takes from `header` the sequence,
  // offset and time; the rest follows from the batch. REQUIRES: not empty.
  void Append(const RecordHeader& header, const EventBatch& batch,
              std::string* out);

 private:
  // The body packed into scratch_; empty when packing does not pay.
  std::string_view Pack(std::string_view body);

  Codec codec_;
  std::unique_ptr<char[]> scratch_;
  size_t scratch_bytes_ = 0;
};

// Reads and checks the header of `record`, and its checksum over everything.
//   kDataLoss: damaged.  kUnimplemented: of a newer version or codec.
absl::StatusOr<RecordHeader> ParseRecordHeader(std::string_view record);

// The size of the whole record that begins where `bytes` does, with more or
// less of anything behind it; 0: none does. For bytes found somewhere: a record
// shows by itself what it is.
size_t FindRecord(std::string_view bytes);

// Unpacks the events of `record`, whose header ParseRecordHeader() gave.
//   kDataLoss: damaged.
absl::StatusOr<EventBatchPtr> ParseRecordBody(const RecordHeader& header,
                                              std::string_view record);

}  // namespace sluice::format

#endif  // STORAGE_FORMAT_RECORD_H_
