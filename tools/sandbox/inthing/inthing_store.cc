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

// More windows than this are looked through for those that have ended.
constexpr size_t kManyWindows = 100'000;
constexpr size_t kMaxTag = 100;  // py/hashtag.py
constexpr size_t kMaxTags = 100;

std::string PathKey(std::string_view user, std::string_view slug) {
  return absl::StrCat(ToAbsl(user), "/", ToAbsl(slug));
}

bool IsWordByte(char c) {
  return absl::ascii_isalnum(static_cast<unsigned char>(c)) || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
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

// Of a stream's URL or path.
std::vector<std::string> PathParts(std::string_view name) {
  const size_t scheme = name.find("://");
  if (scheme != std::string_view::npos) {
    name.remove_prefix(scheme + 3);
    name.remove_prefix(std::min(name.find('/'), name.size()));
    name = name.substr(0, name.find_first_of("?#"));
  }
  return absl::StrSplit(ToAbsl(name), '/', absl::SkipEmpty());
}

}  // namespace

bool IsUnclaimedPath(std::string_view name) {
  const std::vector<std::string> parts = PathParts(name);
  return parts.size() == 2 && parts[0] == "s";
}

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

std::vector<std::string> TagsOf(std::string_view description) {
  std::vector<std::string> tags;
  for (size_t at = description.find('#');
       at != std::string_view::npos && tags.size() < kMaxTags;
       at = description.find('#', at + 1)) {
    // Not in the middle of a word or an address.
    if (at > 0 && (IsWordByte(description[at - 1]) ||
                   description[at - 1] == '/' || description[at - 1] == '&')) {
      continue;
    }
    size_t end = at + 1;
    while (end < description.size() && IsWordByte(description[end])) ++end;
    const std::string tag =
        absl::AsciiStrToLower(ToAbsl(description.substr(at + 1, end - at - 1)));
    if (tag.empty() || tag.size() > kMaxTag ||
        std::find(tags.begin(), tags.end(), tag) != tags.end()) {
      continue;
    }
    tags.push_back(tag);
  }
  return tags;
}

std::string InthingStream::Path() const {
  return claimed() ? absl::StrCat("/", user, "/", slug, "/")
                   : absl::StrCat("/s/", id, "/");
}

InthingStore::InthingStore(uint64_t seed, InthingCapacity capacity,
                           InthingLimits limits)
    : capacity_(capacity),
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

InthingStream* InthingStore::NewStream(absl::Time now) {
  if (streams_.size() >= capacity_.streams) return nullptr;
  streams_.push_back(std::make_unique<InthingStream>());
  InthingStream& made = *streams_.back();
  made.id = NewId(now);
  made.number = ++last_number_;
  made.title = made.id;
  by_id_[made.id] = &made;
  by_number_[made.number] = &made;
  InthingEvent event;
  event.type = "meta";
  event.title = "New stream";
  event.text = absl::StrCat("New stream *", made.id, "* created");
  event.time = now;
  Add(made, std::move(event), now);
  return &made;
}

InthingStream* InthingStore::Find(std::string_view name) const {
  if (IsUuid(name)) {
    const auto found = by_id_.find(absl::AsciiStrToLower(ToAbsl(name)));
    return found == by_id_.end() ? nullptr : found->second;
  }
  const std::vector<std::string> parts = PathParts(name);
  if (parts.size() != 2) return nullptr;
  if (parts[0] == "s") return IsUuid(parts[1]) ? Find(parts[1]) : nullptr;
  return FindOwned(parts[0], parts[1]);
}

InthingStream* InthingStore::FindNumber(int64_t number) const {
  const auto found = by_number_.find(number);
  return found == by_number_.end() ? nullptr : found->second;
}

InthingStream* InthingStore::FindOwned(std::string_view user,
                                       std::string_view slug) const {
  const auto found = by_path_.find(PathKey(user, slug));
  return found == by_path_.end() ? nullptr : found->second;
}

std::vector<const InthingStream*> InthingStore::OwnedBy(
    std::string_view user) const {
  std::vector<const InthingStream*> owned;
  for (const auto& stream : streams_) {
    if (stream->claimed() && stream->user == user) {
      owned.push_back(stream.get());
    }
  }
  return owned;
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
  stream.password_shown = !password.empty();
  if (password.empty()) {
    while (password.size() < kPasswordLength) {
      password += kAlphabet[NextRandom() % 36];
    }
  }
  stream.user = std::move(user);
  stream.slug = slug.empty() ? stream.id : std::move(slug);
  stream.password = std::move(password);
  by_path_[PathKey(stream.user, stream.slug)] = &stream;
}

const InthingEvent& InthingStore::Add(InthingStream& stream, InthingEvent event,
                                      absl::Time now) {
  event.id = NewId(now);
  event.order = ++last_order_;
  auto kept = std::make_shared<InthingEvent>(std::move(event));
  events_[kept->id] = {kept, &stream};
  if (!kept->image.empty()) {
    images_.push_back(kept);
    image_bytes_ += kept->image.size();
    DropImages();
  }
  stream.events.push_front(std::move(kept));
  if (stream.events.size() > capacity_.events_per_stream) {
    image_bytes_ -= stream.events.back()->image.size();
    events_.erase(stream.events.back()->id);
    stream.events.pop_back();
  }
  return *stream.events.front();
}

void InthingStore::DropImages() {
  while (image_bytes_ > capacity_.image_bytes && images_.size() > 1) {
    if (const auto oldest = images_.front().lock()) {
      image_bytes_ -= oldest->image.size();
      oldest->image = std::string();
      oldest->image_dropped = true;
    }
    images_.pop_front();
  }
}

void InthingStore::Reset(const InthingStream& kept) {
  for (auto& stream : streams_) {
    if (stream.get() == &kept) {
      stream->events.clear();
      stream->posts = 0;
      stream.swap(streams_.front());
      break;
    }
  }
  streams_.resize(1);
  InthingStream* left = streams_.front().get();
  by_id_ = {{left->id, left}};
  by_number_ = {{left->number, left}};
  by_path_.clear();
  if (left->claimed()) by_path_[PathKey(left->user, left->slug)] = left;
  events_.clear();
  images_.clear();
  image_bytes_ = 0;
  windows_.clear();
}

void InthingStore::DropOldWindows(absl::Time now) {
  absl::erase_if(windows_, [now](const auto& entry) {
    const Window& window = entry.second;
    return window.start != (now - absl::UnixEpoch()) / window.span;
  });
}

std::optional<std::string> InthingStore::CountRule(std::string_view name,
                                                   const Rule& rule,
                                                   bool unclaimed,
                                                   absl::Time now) {
  const absl::Duration span = limits_.minute * rule.minutes;
  const int max =
      std::max(1, static_cast<int>(std::lround(rule.max * limits_.factor)));
  const int64_t start = (now - absl::UnixEpoch()) / span;
  if (windows_.size() > kManyWindows) DropOldWindows(now);
  Window& window =
      windows_[absl::StrCat(ToAbsl(name), "-", rule.resource, rule.minutes)];
  if (window.start != start || window.span != span) {
    window = {start, span, 0};
  }
  if (++window.used <= max) return std::nullopt;
  return LimitText(unclaimed, max, span);
}

std::optional<std::string> InthingStore::CountPost(const InthingStream& stream,
                                                   std::string_view posted_name,
                                                   absl::Time now) {
  if (!limits_.enabled) return std::nullopt;
  const std::string_view name = limits_.by_spelling ? posted_name : stream.id;
  // In the service's order: a refusal leaves the later ones uncounted.
  for (const Rule& rule : {Rule{"all", 1, 20}, Rule{"all", 15, 100}}) {
    if (auto text = CountRule(name, rule, false, now)) return text;
  }
  if (stream.claimed()) return std::nullopt;
  for (const Rule& rule :
       {Rule{"unclaimed", 1, 10}, Rule{"unclaimed", 15, 30}}) {
    if (auto text = CountRule(name, rule, true, now)) return text;
  }
  return std::nullopt;
}

}  // namespace sluice::sandbox
