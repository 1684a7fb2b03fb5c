#include "storage/format/keys.h"

#include "storage/base/coding.h"

namespace sluice::format {

std::string NumberKey(uint64_t number) {
  char key[8];
  StoreBigEndian64(key, number);
  return std::string(key, sizeof(key));
}

std::optional<uint64_t> ParseNumberKey(std::string_view key) {
  if (key.size() != 8) return std::nullopt;
  return LoadBigEndian64(key.data());
}

}  // namespace sluice::format
