#include "tools/sandbox/inthing/inthing_store.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "storage/base/to_absl.h"
#include "tools/sandbox/feed/feed_ids.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kPasswordLength = 8;
constexpr uint64_t kGregorianOffset = 122192928000000000;  // 1582 to 1970

bool IsUuid(std::string_view text) {
  if (text.size() != 36) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash ? text[i] != '-'
             : !absl::ascii_isxdigit(static_cast<unsigned char>(text[i]))) {
      return false;
    }
  }
  return true;
}

std::string LimitText(bool unclaimed, int max, absl::Duration span) {
  const auto seconds =
      static_cast<int64_t>(std::ceil(absl::ToDoubleSeconds(span)));
  if (!unclaimed) {
    return absl::StrCat("you have exceeded the maximum of ", max,
                        " requests in ", seconds, " seconds");
  }
  std::string time = absl::StrCat("in ", seconds, " seconds");
  if (seconds == 60) time = "a minute";
  if (seconds == 900) time = "in 15 minutes";
  return absl::StrCat("Unclaimed streams are rate-limited to ", max, " events ",
                      time);
}

}  // namespace

std::string InthingStream::Path() const {
  return claimed() ? absl::StrCat("/", user, "/", slug, "/")
                   : absl::StrCat("/s/", id, "/");
}

InthingStore::InthingStore(uint64_t seed, size_t max_events,
                           InthingLimits limits)
    : max_events_(max_events),
      limits_(limits),
      random_(seed * 0x9e3779b97f4a7c15 + 1) {}

// SplitMix64 (https://prng.di.unimi.it/splitmix64.c).
uint64_t InthingStore::NextRandom() {
  uint64_t z = random_ += 0x9e3779b97f4a7c15;
  z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
  z = (z ^ z >> 27) * 0x94d049bb133111eb;
  return z ^ z >> 31;
}

std::string InthingStore::NewId(absl::Time now) {
  const auto time =
      static_cast<uint64_t>(absl::ToUnixNanos(now) / 100) + kGregorianOffset;
  last_id_time_ = std::max(last_id_time_ + 1, time);
  // Variant bits 10; the rest is clock sequence and node.
  const uint64_t low = NextRandom() >> 2 | uint64_t{1} << 63;
  return ActivityId{last_id_time_, low}.ToText();
}

InthingStream& InthingStore::NewStream(absl::Time now) {
  auto stream = std::make_unique<InthingStream>();
  stream->id = NewId(now);
  stream->title = stream->id;
  by_id_[stream->id] = stream.get();
  streams_.push_back(std::move(stream));
  InthingStream& made = *streams_.back();
  InthingEvent event;
  event.type = "meta";
  event.title = "New stream";
  event.text = absl::StrCat("New stream *", made.id, "* created");
  event.time = now;
  Add(made, std::move(event), now);
  return made;
}

InthingStream* InthingStore::Find(std::string_view name) {
  if (IsUuid(name)) {
    const auto found = by_id_.find(absl::AsciiStrToLower(ToAbsl(name)));
    return found == by_id_.end() ? nullptr : found->second;
  }
  const size_t scheme = name.find("://");
  if (scheme != std::string_view::npos) {
    name.remove_prefix(scheme + 3);
    name.remove_prefix(std::min(name.find('/'), name.size()));
    name = name.substr(0, name.find_first_of("?#"));
  }
  const std::vector<std::string> parts =
      absl::StrSplit(ToAbsl(name), '/', absl::SkipEmpty());
  if (parts.size() != 2) return nullptr;
  if (parts[0] == "s") return IsUuid(parts[1]) ? Find(parts[1]) : nullptr;
  return FindOwned(parts[0], parts[1]);
}

InthingStream* InthingStore::FindOwned(std::string_view user,
                                       std::string_view slug) {
  for (const auto& stream : streams_) {
    if (stream->claimed() && stream->user == user && stream->slug == slug) {
      return stream.get();
    }
  }
  return nullptr;
}

const InthingEvent* InthingStore::FindEvent(
    std::string_view id, const InthingStream** stream) const {
  const auto found = events_.find(ToAbsl(id));
  if (found == events_.end()) return nullptr;
  *stream = found->second.second;
  // The stream holds it.
  return found->second.first.lock().get();
}

void InthingStore::Claim(InthingStream& stream, std::string user,
                         std::string slug, std::string password) {
  constexpr char kAlphabet[] = "abcdefghijklmnopqrstuvwxyz0123456789";
  while (password.size() < kPasswordLength && slug.empty()) {
    password += kAlphabet[NextRandom() % 36];
  }
  stream.user = std::move(user);
  stream.slug = slug.empty() ? stream.id : std::move(slug);
  stream.password = std::move(password);
}

const InthingEvent& InthingStore::Add(InthingStream& stream, InthingEvent event,
                                      absl::Time now) {
  event.id = NewId(now);
  event.order = ++last_order_;
  auto kept = std::make_shared<const InthingEvent>(std::move(event));
  events_[kept->id] = {kept, &stream};
  stream.events.push_front(kept);
  if (stream.events.size() > max_events_) {
    events_.erase(stream.events.back()->id);
    stream.events.pop_back();
  }
  return *stream.events.front();
}

std::optional<std::string> InthingStore::CountRule(const InthingStream& stream,
                                                   const Rule& rule,
                                                   bool unclaimed,
                                                   absl::Time now) {
  const absl::Duration span = limits_.minute * rule.minutes;
  const int max =
      std::max(1, static_cast<int>(std::lround(rule.max * limits_.factor)));
  const int64_t start = (now - absl::UnixEpoch()) / span;
  auto& [window, used] =
      windows_[absl::StrCat(stream.id, "-", rule.resource, rule.minutes)];
  if (window != start) used = 0;
  window = start;
  if (++used <= max) return std::nullopt;
  return LimitText(unclaimed, max, span);
}

std::optional<std::string> InthingStore::CountPost(const InthingStream& stream,
                                                   absl::Time now) {
  if (!limits_.enabled) return std::nullopt;
  // In the service's order: a refusal leaves the later ones uncounted.
  for (const Rule& rule : {Rule{"all", 1, 20}, Rule{"all", 15, 100}}) {
    if (auto text = CountRule(stream, rule, false, now)) return text;
  }
  if (stream.claimed()) return std::nullopt;
  for (const Rule& rule :
       {Rule{"unclaimed", 1, 10}, Rule{"unclaimed", 15, 30}}) {
    if (auto text = CountRule(stream, rule, true, now)) return text;
  }
  return std::nullopt;
}

}  // namespace sluice::sandbox
