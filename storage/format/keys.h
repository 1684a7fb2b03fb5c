// Keys of the log's tables: numbers as big-endian bytes, so that byte order is
// number order. See docs/log_format.md.
#ifndef STORAGE_FORMAT_KEYS_H_
#define STORAGE_FORMAT_KEYS_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::format {

// 8 bytes: a sequence, a dead letter's id, or a time in nanoseconds.
std::string NumberKey(uint64_t number);

// The number of a key made by NumberKey; nullopt: `key` is none.
std::optional<uint64_t> ParseNumberKey(std::string_view key);

// A key above every NumberKey.
inline std::string_view AfterAllNumberKeys() {
  return "\xff\xff\xff\xff\xff\xff\xff\xff\xff";
}

// Keys of the table `cursors`: a prefix and a name; and the first key behind
// all of a prefix.
inline constexpr std::string_view kCursorPrefix = "c/";
inline constexpr std::string_view kAfterCursors = "c0";
inline constexpr std::string_view kSourcePrefix = "s/";
inline constexpr std::string_view kAfterSources = "s0";

// There, too: a prefix and the NumberKey of the first event of an
// AddressedRange.
inline constexpr std::string_view kAddressedPrefix = "a/";
inline constexpr std::string_view kAfterAddressed = "a0";

// Keys of the table `meta`.
inline constexpr std::string_view kFormatVersionKey = "format_version";
inline constexpr std::string_view kStateKey = "state";

// Value of kFormatVersionKey, in decimal: the version of everything that
// docs/log_format.md describes.
inline constexpr uint64_t kFormatVersion = 1;

}  // namespace sluice::format

#endif  // STORAGE_FORMAT_KEYS_H_
