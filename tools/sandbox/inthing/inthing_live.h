// Tells open pages that their stream has changed, by server-sent events.
#ifndef TOOLS_SANDBOX_INTHING_INTHING_LIVE_H_
#define TOOLS_SANDBOX_INTHING_INTHING_LIVE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_responder.h"

namespace sluice::sandbox {

// The site tells its pages by websocket; what it says is the same
// (TL/py/notify.py): [{"action": "update-stream"}].
//
// Thread-safety: used on the executor only.
class InthingLive {
 public:
  // At most `max_watchers` pages are told; further ones are answered 503.
  explicit InthingLive(size_t max_watchers = 256)
      : max_watchers_(max_watchers) {}

  // `executor` outlives the use of this object, up to Stop().
  void Start(Executor* executor);
  void Stop();

  // Keeps the answer open until its page goes away.
  void Watch(int64_t stream, std::shared_ptr<HttpResponder> responder);
  // Pages that do not take what they are told are let go of.
  void Notify(int64_t stream);

 private:
  using Watchers = std::vector<std::shared_ptr<HttpResponder>>;

  // Writes to all of them; forgets those that are gone or lag.
  void Tell(Watchers& watchers, const char* text);
  void BeatHeart();

  const size_t max_watchers_;
  Executor* executor_ = nullptr;
  Executor::TimerId timer_ = 0;
  size_t count_ = 0;
  absl::flat_hash_map<int64_t, Watchers> watchers_;
};

}  // namespace sluice::sandbox

#endif  // TOOLS_SANDBOX_INTHING_INTHING_LIVE_H_
