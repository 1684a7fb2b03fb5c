// MurmurHash3_x64_128, for keys that are stored: the same bytes give the same
// hash in every version and on every machine.
#ifndef STORAGE_BASE_MURMUR_HASH_H_
#define STORAGE_BASE_MURMUR_HASH_H_

#include <cstdint>
#include <string_view>

namespace sluice {

struct Hash128 {
  uint64_t first = 0;
  uint64_t second = 0;
  friend bool operator==(const Hash128&, const Hash128&) = default;
};

// The 128-bit hash for 64-bit machines of Austin Appleby's public domain
// MurmurHash3 (https://github.com/aappleby/smhasher, MurmurHash3.cpp). Well
// mixed, not cryptographic: somebody who picks the input can make two collide.
Hash128 MurmurHash3(std::string_view bytes, uint32_t seed);

}  // namespace sluice

#endif  // STORAGE_BASE_MURMUR_HASH_H_
