// Streams and events of the emulated inthing.io, and how often may be posted.
//
// Facts: https://github.com/willmcgugan/timeline at 0ca45ba9,
// logic/views/upload.xml, logic/tags.xml, logic/models.xml.
#ifndef TOOLS_SANDBOX_INTHING_INTHING_STORE_H_
#define TOOLS_SANDBOX_INTHING_INTHING_STORE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/time/time.h"
#include "pipeline/http/http_client.h"

namespace sluice::sandbox {

struct InthingEvent {
  std::string id;     // UUID
  int64_t order = 0;  // increases with each event
  absl::Time time;
  std::string title;
  std::string type = "text";  // text, code, image, screenshot, meta
  int priority = 0;           // -2 to 2
  std::string markup = "markdown";
  std::string description;
  std::string text;
  std::string generator;
  std::string code_language;
  std::vector<std::string> tags;  // lower-case, each once
  std::string image;              // bytes
  std::string_view image_type;    // "image/png"; empty: no image
  // The image has been dropped to make room for newer ones.
  bool image_dropped = false;

  // What the request said besides, for those who test clients.
  HttpHeaders request_headers;
  std::string image_name;
  std::string image_part_type;
};

struct InthingStream {
  std::string id;      // UUID
  int64_t number = 0;  // from 1, in order of creation
  // Claimed streams have these three; unclaimed ones none.
  std::string user;
  std::string slug;
  std::string password;
  // The page shows it once after the stream was claimed.
  bool password_shown = true;
  std::string title;
  std::deque<std::shared_ptr<InthingEvent>> events;  // newest first
  int64_t posts = 0;

  bool claimed() const { return !user.empty(); }
  // "/s/{id}/", or "/{user}/{slug}/" once it is claimed.
  std::string Path() const;
};

struct InthingLimits {
  bool enabled = true;
  double factor = 1;  // of every maximum
  // How long a minute of the windows lasts.
  absl::Duration minute = absl::Minutes(1);
  // Spellings of a stream's name are counted apart, as the site did; else
  // together.
  bool by_spelling = false;
};

// What is kept; beyond it the oldest goes.
struct InthingCapacity {
  size_t streams = 100'000;  // beyond it no new one is made
  size_t events_per_stream = 10'000;
  size_t image_bytes = size_t{256} << 20;  // of all streams
};

// Thread-safety: none.
class InthingStore {
 public:
  // `seed` decides ids and passwords.
  InthingStore(uint64_t seed, InthingCapacity capacity, InthingLimits limits);

  // Null: there is no room for another one.
  InthingStream* NewStream(absl::Time now);

  // By UUID, URL or path, with or without slashes at its ends. Null: no such
  // stream.
  InthingStream* Find(std::string_view name) const;
  InthingStream* FindNumber(int64_t number) const;
  InthingStream* FindOwned(std::string_view user, std::string_view slug) const;
  const InthingEvent* FindEvent(std::string_view id,
                                const InthingStream** stream) const;
  std::vector<const InthingStream*> OwnedBy(std::string_view user) const;

  // Makes `user` the owner. An empty password is made up. The slug is the
  // stream's id unless one is given. REQUIRES: unclaimed, and the user has no
  // stream with this slug.
  void Claim(InthingStream& stream, std::string user, std::string slug,
             std::string password);

  // Gives the event its id and place.
  const InthingEvent& Add(InthingStream& stream, InthingEvent event,
                          absl::Time now);

  // Counts a post to `stream` under the name it was posted to. Nullopt: it may
  // pass; else the service's words.
  std::optional<std::string> CountPost(const InthingStream& stream,
                                       std::string_view posted_name,
                                       absl::Time now);
  void set_limits(InthingLimits limits) { limits_ = limits; }
  const InthingLimits& limits() const { return limits_; }

  // Forgets all streams and counts but `kept`, which loses its events.
  void Reset(const InthingStream& kept);

  // By time of creation.
  const std::vector<std::unique_ptr<InthingStream>>& streams() const {
    return streams_;
  }

 private:
  struct Rule {
    const char* resource;
    int minutes;
    int max;
  };
  struct Window {
    int64_t start = 0;
    absl::Duration span;
    int used = 0;
  };
  // A UUID of version 1.
  std::string NewId(absl::Time now);
  uint64_t NextRandom();
  // The text when this rule's window is full.
  std::optional<std::string> CountRule(std::string_view name, const Rule& rule,
                                       bool unclaimed, absl::Time now);
  void DropOldWindows(absl::Time now);
  void DropImages();

  const InthingCapacity capacity_;
  InthingLimits limits_;
  uint64_t random_;
  uint64_t last_id_time_ = 0;
  int64_t last_order_ = 0;
  int64_t last_number_ = 0;
  std::vector<std::unique_ptr<InthingStream>> streams_;
  absl::flat_hash_map<std::string, InthingStream*> by_id_;
  absl::flat_hash_map<std::string, InthingStream*> by_path_;  // claimed ones
  absl::flat_hash_map<int64_t, InthingStream*> by_number_;
  absl::flat_hash_map<
      std::string, std::pair<std::weak_ptr<const InthingEvent>, InthingStream*>>
      events_;
  // Those with an image, oldest first.
  std::deque<std::weak_ptr<InthingEvent>> images_;
  size_t image_bytes_ = 0;
  // Posts per name and rule.
  absl::flat_hash_map<std::string, Window> windows_;
};

// True for text of the form of a UUID, of either case.
bool IsUuid(std::string_view text);

// True for a stream's name of the form ".../s/{id}/": its URL or path before it
// is claimed.
bool IsUnclaimedPath(std::string_view name);

// The words of `description` behind a "#", in lower case, each once: the tags
// of its event (py/hashtag.py). At most 100.
std::vector<std::string> TagsOf(std::string_view description);

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_INTHING_INTHING_STORE_H_
