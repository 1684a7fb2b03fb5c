// The CRC-32C checksum (Castagnoli; RFC 3720 appendix B.4), in hardware where
// the processor has it.
#ifndef STORAGE_BASE_CRC32C_H_
#define STORAGE_BASE_CRC32C_H_

#include <cstdint>
#include <string_view>

namespace sluice {

// The CRC-32C of some bytes whose CRC is `crc` (0 for none), followed by
// `bytes`. So Crc32c(b, Crc32c(a)) is the checksum of a and b in one piece.
uint32_t Crc32c(std::string_view bytes, uint32_t crc = 0);

namespace crc32c_internal {

// The two ways to compute it, for tests to compare.
uint32_t Portable(std::string_view bytes, uint32_t crc);
// Null on processors without the instruction (SSE 4.2).
uint32_t (*Hardware())(std::string_view bytes, uint32_t crc);

}  // namespace crc32c_internal
}  // namespace sluice

#endif  // STORAGE_BASE_CRC32C_H_
