// Integers as bytes, in the byte order their format names, and Protobuf's
// varints (https://protobuf.dev/programming-guides/encoding/).
#ifndef STORAGE_BASE_CODING_H_
#define STORAGE_BASE_CODING_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace sluice {

// The most bytes a varint of 64 bits takes.
inline constexpr size_t kMaxVarint64Bytes = 10;

// ---- Fixed width: the caller has room for, or has, all bytes ----

template <typename T>
T LoadNative(const char* from) {
  T value;
  std::memcpy(&value, from, sizeof(value));
  return value;
}

template <typename T>
void StoreNative(char* to, T value) {
  std::memcpy(to, &value, sizeof(value));
}

// What turns the host's byte order into little-endian, and back.
inline uint32_t SwapForLittleEndian(uint32_t value) {
  return std::endian::native == std::endian::little ? value
                                                    : __builtin_bswap32(value);
}
inline uint64_t SwapForLittleEndian(uint64_t value) {
  return std::endian::native == std::endian::little ? value
                                                    : __builtin_bswap64(value);
}

inline uint32_t LoadLittleEndian32(const char* from) {
  return SwapForLittleEndian(LoadNative<uint32_t>(from));
}
inline uint64_t LoadLittleEndian64(const char* from) {
  return SwapForLittleEndian(LoadNative<uint64_t>(from));
}
inline uint64_t LoadBigEndian64(const char* from) {
  return __builtin_bswap64(LoadLittleEndian64(from));
}

inline void StoreLittleEndian32(char* to, uint32_t value) {
  StoreNative(to, SwapForLittleEndian(value));
}
inline void StoreLittleEndian64(char* to, uint64_t value) {
  StoreNative(to, SwapForLittleEndian(value));
}
inline void StoreBigEndian64(char* to, uint64_t value) {
  StoreLittleEndian64(to, __builtin_bswap64(value));
}

// ---- Varints ----

// Bytes that `value` takes as a varint: 1 to kMaxVarint64Bytes.
inline size_t VarintSize(uint64_t value) {
  // Seven bits a byte; ceil(bits / 7) without a division, as Protobuf does it.
  return (static_cast<size_t>(std::bit_width(value | 1)) * 9 + 64) / 64;
}

// Writes `value` at `to` and returns the end of it.
inline char* StoreVarint(char* to, uint64_t value) {
  while (value >= 0x80) {
    *to++ = static_cast<char>(value | 0x80);
    value >>= 7;
  }
  *to++ = static_cast<char>(value);
  return to;
}

// The part of LoadVarint for values of more than one byte.
inline const char* LoadLongVarint(const char* from, const char* end,
                                  uint64_t* value) {
  uint64_t result = 0;
  for (int shift = 0; shift < 70 && from < end; shift += 7) {
    const uint64_t byte = static_cast<uint8_t>(*from++);
    // Only one bit of the tenth byte lies within 64 bits.
    if (shift == 63 && byte > 1) return nullptr;
    result |= (byte & 0x7f) << shift;
    if (byte < 0x80) {
      *value = result;
      return from;
    }
  }
  return nullptr;
}

// Reads a varint that lies before `end`. Returns what follows it, or null when
// it is cut off or does not fit 64 bits.
inline const char* LoadVarint(const char* from, const char* end,
                              uint64_t* value) {
  if (from < end && static_cast<uint8_t>(*from) < 0x80) [[likely]] {
    *value = static_cast<uint8_t>(*from);
    return from + 1;
  }
  return LoadLongVarint(from, end, value);
}

}  // namespace sluice

#endif  // STORAGE_BASE_CODING_H_
