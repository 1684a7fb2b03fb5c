// Protobuf's wire format by hand, for the few messages on the hot path
// (https://protobuf.dev/programming-guides/encoding/). Groups, which proto3
// does not have, are refused.
#ifndef STORAGE_BASE_PROTOBUF_WIRE_H_
#define STORAGE_BASE_PROTOBUF_WIRE_H_

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "storage/base/coding.h"

namespace sluice::wire {

enum Type : uint32_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kFixed32 = 5,
};

constexpr uint32_t Tag(uint32_t field, Type type) { return field << 3 | type; }

// Reads a field's tag. Returns what follows it, or null when it is cut off,
// longer than 32 bits, or has field number 0.
inline const char* ReadTag(const char* from, const char* end, uint32_t* tag) {
  uint64_t value = 0;
  from = LoadVarint(from, end, &value);
  if (from == nullptr || value > UINT32_MAX || value < 8) return nullptr;
  *tag = static_cast<uint32_t>(value);
  return from;
}

// Reads a length and the bytes it announces. Returns what follows them, or null
// when either is cut off.
inline const char* ReadBytes(const char* from, const char* end,
                             std::string_view* bytes) {
  uint64_t size = 0;
  from = LoadVarint(from, end, &size);
  if (from == nullptr || size > static_cast<uint64_t>(end - from)) {
    return nullptr;
  }
  *bytes = std::string_view(from, size);
  return from + size;
}

inline const char* ReadFixed64(const char* from, const char* end,
                               int64_t* value) {
  if (end - from < 8) return nullptr;
  *value = static_cast<int64_t>(LoadLittleEndian64(from));
  return from + 8;
}

// Steps over the value of a field of no interest. Null: cut off, or a wire type
// that is not in use (groups included).
inline const char* SkipValue(const char* from, const char* end, uint32_t tag) {
  uint64_t number = 0;
  std::string_view bytes;
  switch (tag & 7) {
    case kVarint:
      return LoadVarint(from, end, &number);
    case kFixed64:
      return end - from < 8 ? nullptr : from + 8;
    case kBytes:
      return ReadBytes(from, end, &bytes);
    case kFixed32:
      return end - from < 4 ? nullptr : from + 4;
    default:
      return nullptr;
  }
}

// Size of a field of bytes whose tag takes one byte; 0 when it is empty and so
// not written.
inline size_t BytesFieldSize(std::string_view bytes) {
  return bytes.empty() ? 0 : 1 + VarintSize(bytes.size()) + bytes.size();
}

// Writes tag, length and bytes, and returns the end of it.
inline char* WriteBytes(char* to, uint32_t tag, std::string_view bytes) {
  *to++ = static_cast<char>(tag);
  to = StoreVarint(to, bytes.size());
  // The null pointer of an empty view must not reach memcpy.
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

// Writes a field of bytes as proto3 does: nothing at all when it is empty.
inline char* WriteBytesField(char* to, uint32_t tag, std::string_view bytes) {
  return bytes.empty() ? to : WriteBytes(to, tag, bytes);
}

inline char* WriteFixed64Field(char* to, uint32_t tag, int64_t value) {
  if (value == 0) return to;
  *to++ = static_cast<char>(tag);
  StoreLittleEndian64(to, static_cast<uint64_t>(value));
  return to + 8;
}

}  // namespace sluice::wire

#endif  // STORAGE_BASE_PROTOBUF_WIRE_H_
