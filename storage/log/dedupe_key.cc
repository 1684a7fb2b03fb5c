#include "storage/log/dedupe_key.h"

#include <cstring>
#include <string>

#include "storage/base/coding.h"
#include "storage/base/murmur_hash.h"

namespace sluice {
namespace {

// Copies both in one piece to `to`, which has room.
void Join(std::string_view source, std::string_view id, char* to) {
  StoreLittleEndian32(to, static_cast<uint32_t>(source.size()));
  to += 4;
  if (!source.empty()) std::memcpy(to, source.data(), source.size());
  if (!id.empty()) std::memcpy(to + source.size(), id.data(), id.size());
}

}  // namespace

DedupeKey MakeDedupeKey(std::string_view source, std::string_view id) {
  const size_t size = 4 + source.size() + id.size();
  char on_stack[256];
  std::string on_heap;
  char* joined = on_stack;
  if (size > sizeof(on_stack)) {
    on_heap.resize(size);
    joined = on_heap.data();
  }
  Join(source, id, joined);
  const Hash128 hash = MurmurHash3(std::string_view(joined, size), 0);
  return {hash.first, hash.second};
}

}  // namespace sluice
