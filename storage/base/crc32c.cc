#include "storage/base/crc32c.h"

#include <array>
#include <cstddef>

#include "storage/base/coding.h"

namespace sluice {
namespace {

// The polynomial 0x1EDC6F41 with its bits reversed.
constexpr uint32_t kPolynomial = 0x82f63b78;

using Tables = std::array<std::array<uint32_t, 256>, 8>;

// tables[k][b]: the CRC of byte b followed by k zero bytes ("slicing by 8").
constexpr Tables MakeTables() {
  Tables tables{};
  for (uint32_t byte = 0; byte < 256; ++byte) {
    uint32_t crc = byte;
    for (int bit = 0; bit < 8; ++bit) {
      crc = (crc >> 1) ^ ((crc & 1) != 0 ? kPolynomial : 0);
    }
    tables[0][byte] = crc;
  }
  for (size_t k = 1; k < 8; ++k) {
    for (size_t byte = 0; byte < 256; ++byte) {
      const uint32_t crc = tables[k - 1][byte];
      tables[k][byte] = (crc >> 8) ^ tables[0][crc & 0xff];
    }
  }
  return tables;
}

constexpr Tables kTables = MakeTables();

#if defined(__x86_64__)
// One instruction for eight bytes. Latency bounds it to about 8 GB/s, far above
// what a log writes, so there is no need for interleaved streams.
__attribute__((target("sse4.2"))) uint32_t HardwareCrc(std::string_view bytes,
                                                       uint32_t crc) {
  uint64_t state = ~crc;
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    state = __builtin_ia32_crc32di(state, LoadLittleEndian64(at));
  }
  uint32_t narrow = static_cast<uint32_t>(state);
  for (; left > 0; --left, ++at) {
    narrow = __builtin_ia32_crc32qi(narrow, static_cast<unsigned char>(*at));
  }
  return ~narrow;
}
#endif

}  // namespace

namespace crc32c_internal {

uint32_t Portable(std::string_view bytes, uint32_t crc) {
  crc = ~crc;
  const char* at = bytes.data();
  size_t left = bytes.size();
  for (; left >= 8; left -= 8, at += 8) {
    const uint64_t word = LoadLittleEndian64(at) ^ crc;
    crc = 0;
    for (int k = 0; k < 8; ++k) {
      crc ^= kTables[7 - k][(word >> (8 * k)) & 0xff];
    }
  }
  for (; left > 0; --left, ++at) {
    crc = (crc >> 8) ^ kTables[0][(crc ^ static_cast<uint8_t>(*at)) & 0xff];
  }
  return ~crc;
}

uint32_t (*Hardware())(std::string_view, uint32_t) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("sse4.2")) return &HardwareCrc;
#endif
  return nullptr;
}

}  // namespace crc32c_internal

uint32_t Crc32c(std::string_view bytes, uint32_t crc) {
  static const auto compute = crc32c_internal::Hardware() != nullptr
                                  ? crc32c_internal::Hardware()
                                  : &crc32c_internal::Portable;
  return compute(bytes, crc);
}

}  // namespace sluice
