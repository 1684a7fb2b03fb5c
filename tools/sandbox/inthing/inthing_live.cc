#include "tools/sandbox/inthing/inthing_live.h"

#include <algorithm>
#include <utility>

namespace sluice::sandbox {
namespace {

constexpr char kUpdate[] = "data: [{\"action\": \"update-stream\"}]\n\n";
// A comment; it shows which pages are still there.
constexpr char kHeartbeat[] = ":\n\n";
constexpr absl::Duration kHeartbeatInterval = absl::Seconds(10);
constexpr size_t kMaxPendingBytes = size_t{64} << 10;

}  // namespace

void InthingLive::Start(Executor* executor) {
  executor_ = executor;
  timer_ = executor_->PostAfter(kHeartbeatInterval, [this] { BeatHeart(); });
}

void InthingLive::Stop() {
  if (executor_ != nullptr) executor_->Cancel(timer_);
  executor_ = nullptr;
  watchers_.clear();
  count_ = 0;
}

void InthingLive::Watch(int64_t stream,
                        std::shared_ptr<HttpResponder> responder) {
  if (count_ >= max_watchers_) {
    return responder->Send({.status = 503,
                            .headers = {{"Content-Type", "text/plain"}},
                            .body = "too many pages are open\n"});
  }
  responder->Begin(200, {{"Content-Type", "text/event-stream"},
                         {"Cache-Control", "no-store"},
                         {"X-Content-Type-Options", "nosniff"}});
  // A page that lost its connection comes back after so many milliseconds.
  responder->Write("retry: 1000\n\n");
  watchers_[stream].push_back(std::move(responder));
  ++count_;
}

void InthingLive::Notify(int64_t stream) {
  const auto found = watchers_.find(stream);
  if (found == watchers_.end()) return;
  Tell(found->second, kUpdate);
  if (found->second.empty()) watchers_.erase(found);
}

void InthingLive::Tell(Watchers& watchers, const char* text) {
  const size_t before = watchers.size();
  watchers.erase(
      std::remove_if(watchers.begin(), watchers.end(),
                     [text](const std::shared_ptr<HttpResponder>& watcher) {
                       if (!watcher->connected()) return true;
                       if (watcher->pending_bytes() > kMaxPendingBytes) {
                         watcher->Abort(/*reset=*/true);
                         return true;
                       }
                       watcher->Write(text);
                       return false;
                     }),
      watchers.end());
  count_ -= before - watchers.size();
}

void InthingLive::BeatHeart() {
  for (auto& [stream, watchers] : watchers_) Tell(watchers, kHeartbeat);
  absl::erase_if(watchers_,
                 [](const auto& entry) { return entry.second.empty(); });
  timer_ = executor_->PostAfter(kHeartbeatInterval, [this] { BeatHeart(); });
}

}  // namespace sluice::sandbox
