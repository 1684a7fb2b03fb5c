// The ids of the Disruptive Technologies API: 12 bytes as 20 characters.
#ifndef TOOLS_SANDBOX_XID_H_
#define TOOLS_SANDBOX_XID_H_

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace sluice::sandbox {

// An id in the form of https://github.com/rs/xid: four bytes of unix seconds,
// then eight bytes that make it unique; here three bytes for who made it and
// five for a counter.
struct Xid {
  uint32_t seconds = 0;
  uint32_t maker = 0;    // 24 bits
  uint64_t counter = 0;  // 40 bits

  // 20 characters of [0-9a-v] that sort as the bytes do.
  std::string ToString() const;
  // Nullopt: not an xid.
  static std::optional<Xid> Parse(std::string_view text);

  bool operator==(const Xid&) const = default;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_XID_H_
