#include "plugins/feed/activity_key.h"

#include <algorithm>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"

namespace sluice::feed {
namespace {

constexpr int64_t kNanosPerMicro = 1'000;
constexpr int64_t kNanosPerMilli = 1'000'000;
constexpr int64_t kNanosPerSecond = 1'000'000'000;

bool IsPlain(char c) {
  constexpr std::string_view kOthers = "_-.~=+@";
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) ||
         kOthers.find(c) != std::string_view::npos;
}

void AppendPlain(std::string_view text, std::string* out) {
  for (char c : text) out->push_back(IsPlain(c) ? c : '_');
}

}  // namespace

uint64_t StableHash(std::string_view text) {
  uint64_t hash = 0xcbf29ce484222325;
  for (char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 0x100000001b3;
  }
  hash ^= hash >> 33;
  hash *= 0xff51afd7ed558ccd;
  hash ^= hash >> 33;
  hash *= 0xc4ceb9fe1a85ec53;
  return hash ^ (hash >> 33);
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
