#include "plugins/feed/activity_key.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace sluice::feed {
namespace {

constexpr int64_t kNanosPerMicro = 1'000;
constexpr int64_t kNanosPerMilli = 1'000'000;
constexpr int64_t kNanosPerSecond = 1'000'000'000;

constexpr std::array<bool, 256> MakePlainTable() {
  std::array<bool, 256> table{};
  for (char c = '0'; c <= '9'; ++c) table[static_cast<size_t>(c)] = true;
  for (char c = 'A'; c <= 'Z'; ++c) table[static_cast<size_t>(c)] = true;
  for (char c = 'a'; c <= 'z'; ++c) table[static_cast<size_t>(c)] = true;
  for (char c : {'_', '-', '.', '~', '=', '+', '@'}) {
    table[static_cast<size_t>(c)] = true;
  }
  return table;
}
constexpr std::array<bool, 256> kPlain = MakePlainTable();

bool IsPlain(char c) { return kPlain[static_cast<unsigned char>(c)]; }

// Eight bytes of `text` from `at` on, the first one lowest; at its end zeros
// for those that are missing.
uint64_t LittleEndian(std::string_view text, size_t at) {
  uint64_t word = 0;
  std::memcpy(&word, text.data() + at, std::min<size_t>(8, text.size() - at));
  if constexpr (std::endian::native == std::endian::big) {
    word = __builtin_bswap64(word);
  }
  return word;
}

void AppendPlain(std::string_view text, std::string* out) {
  for (char c : text) out->push_back(IsPlain(c) ? c : '_');
}

}  // namespace

uint64_t StableHash(std::string_view text) {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995;
  constexpr int kShift = 47;
  uint64_t hash = text.size() * kFactor;
  size_t at = 0;
  for (; at + 8 <= text.size(); at += 8) {
    uint64_t word = LittleEndian(text, at) * kFactor;
    word ^= word >> kShift;
    hash = (hash ^ (word * kFactor)) * kFactor;
  }
  if (at < text.size()) hash = (hash ^ LittleEndian(text, at)) * kFactor;
  hash = (hash ^ (hash >> kShift)) * kFactor;
  return hash ^ (hash >> kShift);
}

void ForeignIdMaker::SetSource(std::string_view source) {
  if (has_source_ && source == source_) return;
  has_source_ = true;
  source_ = std::string(source);
  prefix_.clear();
  const size_t slash = source.find_last_of('/');
  AppendPlain(
      slash == std::string_view::npos ? source : source.substr(slash + 1),
      &prefix_);
  absl::StrAppend(&prefix_, "-",
                  absl::Hex(static_cast<uint32_t>(StableHash(source) >> 32),
                            absl::kZeroPad8),
                  ":");
}

void ForeignIdMaker::Append(const EventView& event, std::string* out) {
  SetSource(event.source());
  out->append(prefix_);
  const std::string_view id = event.id();
  if (std::all_of(id.begin(), id.end(), IsPlain)) {
    out->append(id);
    return;
  }
  AppendPlain(id, out);
  absl::StrAppend(out, "~", absl::Hex(StableHash(id), absl::kZeroPad16));
}

int64_t SpreadTime(int64_t unix_nanos, uint64_t hash) {
  int64_t unit = kNanosPerMicro;
  if (unix_nanos % kNanosPerSecond == 0) {
    unit = kNanosPerSecond;
  } else if (unix_nanos % kNanosPerMilli == 0) {
    unit = kNanosPerMilli;
  }
  const auto micros = static_cast<uint64_t>(unit / kNanosPerMicro);
  return unix_nanos + static_cast<int64_t>(hash % micros) * kNanosPerMicro;
}

}  // namespace sluice::feed
