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
  std::string image;            // bytes
  std::string_view image_type;  // "image/png"; empty: no image
};

struct InthingStream {
  std::string id;  // UUID
  // Claimed streams have these three; unclaimed ones none.
  std::string user;
  std::string slug;
  std::string password;
  std::string title;
  std::deque<std::shared_ptr<const InthingEvent>> events;  // newest first
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
};

// Thread-safety: none.
class InthingStore {
 public:
  // `seed` decides ids and passwords. Of each stream the last `max_events`
  // events are kept.
  InthingStore(uint64_t seed, size_t max_events, InthingLimits limits);

  InthingStream& NewStream(absl::Time now);

  // By UUID, URL or path, with or without slashes at its ends. Null: no such
  // stream.
  InthingStream* Find(std::string_view name);
  InthingStream* FindOwned(std::string_view user, std::string_view slug);
  const InthingEvent* FindEvent(std::string_view id,
                                const InthingStream** stream) const;

  // Makes `user` the owner. An empty password is made up. The slug is the
  // stream's id unless one is given. REQUIRES: unclaimed.
  void Claim(InthingStream& stream, std::string user, std::string slug,
             std::string password);

  // Gives the event its id and place.
  const InthingEvent& Add(InthingStream& stream, InthingEvent event,
                          absl::Time now);

  // Counts a post. Nullopt: it may pass; else the service's words.
  std::optional<std::string> CountPost(const InthingStream& stream,
                                       absl::Time now);

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
  // A UUID of version 1.
  std::string NewId(absl::Time now);
  uint64_t NextRandom();
  // The text when this rule's window is full.
  std::optional<std::string> CountRule(const InthingStream& stream,
                                       const Rule& rule, bool unclaimed,
                                       absl::Time now);

  const size_t max_events_;
  const InthingLimits limits_;
  uint64_t random_;
  uint64_t last_id_time_ = 0;
  int64_t last_order_ = 0;
  std::vector<std::unique_ptr<InthingStream>> streams_;
  absl::flat_hash_map<std::string, InthingStream*> by_id_;
  absl::flat_hash_map<
      std::string, std::pair<std::weak_ptr<const InthingEvent>, InthingStream*>>
      events_;
  // Start of the window and posts in it, by stream and rule.
  absl::flat_hash_map<std::string, std::pair<int64_t, int>> windows_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_INTHING_INTHING_STORE_H_
