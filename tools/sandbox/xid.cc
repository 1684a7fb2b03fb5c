#include "tools/sandbox/xid.h"

namespace sluice::sandbox {
namespace {

constexpr std::string_view kDigits = "0123456789abcdefghijklmnopqrstuv";
constexpr size_t kBytes = 12;
constexpr size_t kCharacters = 20;

using Bytes = std::array<uint8_t, kBytes>;

Bytes ToBytes(const Xid& xid) {
  Bytes bytes;
  for (int i = 0; i < 4; ++i) bytes[i] = xid.seconds >> (24 - 8 * i);
  for (int i = 0; i < 3; ++i) bytes[4 + i] = xid.maker >> (16 - 8 * i);
  for (int i = 0; i < 5; ++i) bytes[7 + i] = xid.counter >> (32 - 8 * i);
  return bytes;
}

}  // namespace

std::string Xid::ToString() const {
  std::string text;
  text.reserve(kCharacters);
  uint32_t bits = 0;
  int held = 0;
  for (uint8_t byte : ToBytes(*this)) {
    bits = bits << 8 | byte;
    for (held += 8; held >= 5; held -= 5) {
      text.push_back(kDigits[bits >> (held - 5) & 31]);
    }
  }
  text.push_back(kDigits[bits << (5 - held) & 31]);
  return text;
}

std::optional<Xid> Xid::Parse(std::string_view text) {
  if (text.size() != kCharacters) return std::nullopt;
  Bytes bytes{};
  uint32_t bits = 0;
  int held = 0;
  size_t filled = 0;
  for (char character : text) {
    const size_t digit = kDigits.find(character);
    if (digit == std::string_view::npos) return std::nullopt;
    bits = bits << 5 | static_cast<uint32_t>(digit);
    held += 5;
    if (held >= 8) {
      held -= 8;
      bytes[filled++] = bits >> held;
    }
  }
  Xid xid;
  for (int i = 0; i < 4; ++i) xid.seconds = xid.seconds << 8 | bytes[i];
  for (int i = 4; i < 7; ++i) xid.maker = xid.maker << 8 | bytes[i];
  for (int i = 7; i < 12; ++i) xid.counter = xid.counter << 8 | bytes[i];
  return xid;
}

}  // namespace sluice::sandbox
