// Telling records from other bytes.
#ifndef STORAGE_KV_RECORD_FINDER_H_
#define STORAGE_KV_RECORD_FINDER_H_

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace sluice {

// A value that shows by itself that it is whole, and its key.
struct FoundRecord {
  std::string key;
  size_t bytes = 0;
};

// The record that begins where `bytes` does; nullopt: none.
using RecordFinder =
    std::function<std::optional<FoundRecord>(std::string_view bytes)>;

}  // namespace sluice

#endif  // STORAGE_KV_RECORD_FINDER_H_
