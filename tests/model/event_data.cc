#include "tests/model/event_data.h"

#include <cstddef>
#include <cstdint>

#include "storage/base/murmur_hash.h"

namespace sluice {

std::string EventData(const std::string& id) {
  const Hash128 hash = MurmurHash3(id, 0);
  const size_t bytes =
      hash.second % 8 == 0 ? hash.second / 8 % 30'000 : hash.second / 8 % 300;
  std::string data(bytes, '\0');
  uint64_t state = hash.first | 1;
  for (char& c : data) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    c = static_cast<char>(state >> 56);
  }
  return data;
}

}  // namespace sluice
