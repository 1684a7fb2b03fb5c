#include "pipeline/monitoring/thread_watch.h"

#include <utility>

namespace sluice {

ThreadWatch::ThreadWatch(std::vector<Thread> threads) {
  for (Thread& thread : threads) {
    threads_.push_back({std::move(thread),
                        std::make_shared<std::atomic<bool>>(false),
                        absl::ZeroDuration()});
  }
}

void ThreadWatch::Ask(absl::Duration now) {
  for (Watched& watched : threads_) {
    if (watched.asked->exchange(true)) continue;
    watched.since = now;
    watched.thread.executor->Post([asked = watched.asked] { *asked = false; });
  }
}

std::vector<ThreadWatch::Report> ThreadWatch::Look(absl::Duration now) const {
  std::vector<Report> reports;
  for (const Watched& watched : threads_) {
    reports.push_back({watched.thread.name, *watched.asked
                                                ? now - watched.since
                                                : absl::ZeroDuration()});
  }
  return reports;
}

}  // namespace sluice
