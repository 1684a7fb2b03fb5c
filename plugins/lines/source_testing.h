// A pipeline in miniature, for tests of the whole source.
#ifndef PLUGINS_LINES_SOURCE_TESTING_H_
#define PLUGINS_LINES_SOURCE_TESTING_H_

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/random/random.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/time.h"
#include "gtest/gtest.h"
#include "pipeline/api/source.h"
#include "pipeline/executor/thread_executor.h"
#include "plugins/lines/lines_settings.h"
#include "plugins/lines/lines_source.h"

namespace sluice::lines {

// Takes what it is given, acknowledges it at once or when the test says so, and
// is full when the test says so. Written on the source's executor, read and
// waited for by the test.
class WatchedEmitter final : public Emitter {
 public:
  bool TryEmit(Emission& emission) override {
    absl::MutexLock lock(&mu_);
    if (full_) {
      ++refusals_;
      return false;
    }
    ++emissions_;
    if (emission.events != nullptr) {
      for (size_t i = 0; i < emission.events->size(); ++i) {
        if (keep_events_) {
          data_.emplace_back(emission.events->event(i).data());
          ids_.emplace_back(emission.events->event(i).id());
        }
        ++events_;
      }
    }
    for (MalformedInput& input : emission.malformed) {
      malformed_.push_back(std::move(input));
    }
    if (emission.on_acknowledged) {
      held_.push_back(std::move(emission.on_acknowledged));
    }
    emission = Emission();
    return true;
  }
  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override {
    ready_ = std::move(ready);
  }

  // On the executor.
  void SetFull(bool full) {
    {
      absl::MutexLock lock(&mu_);
      full_ = full;
    }
    if (!full && ready_) std::exchange(ready_, nullptr)();
  }
  // Answers for everything that is held.
  void Acknowledge(const absl::Status& status) {
    std::vector<absl::AnyInvocable<void(absl::Status)>> held;
    {
      absl::MutexLock lock(&mu_);
      held.swap(held_);
    }
    for (auto& done : held) done(status);
  }
  void KeepNoEvents() { keep_events_ = false; }

  // From any thread. Waits until so many have come; ends the test after half a
  // minute.
  void AwaitEvents(size_t events) {
    Await([this, events]()
              ABSL_SHARED_LOCKS_REQUIRED(mu_) { return events_ >= events; });
  }
  void AwaitMalformed(size_t inputs) {
    Await([this, inputs]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
      return malformed_.size() >= inputs;
    });
  }
  void AwaitRefusal() {
    Await([this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) { return refusals_ > 0; });
  }
  size_t events() const {
    absl::MutexLock lock(&mu_);
    return events_;
  }
  int emissions() const {
    absl::MutexLock lock(&mu_);
    return emissions_;
  }
  std::vector<std::string> data() const {
    absl::MutexLock lock(&mu_);
    return data_;
  }
  std::vector<std::string> ids() const {
    absl::MutexLock lock(&mu_);
    return ids_;
  }
  std::vector<MalformedInput> malformed() const {
    absl::MutexLock lock(&mu_);
    return malformed_;
  }

 private:
  template <typename Condition>
  void Await(Condition condition) {
    absl::MutexLock lock(&mu_);
    ASSERT_TRUE(
        mu_.AwaitWithTimeout(absl::Condition(&condition), absl::Seconds(30)))
        << "there are " << events_ << " events, " << malformed_.size()
        << " malformed and " << refusals_ << " refusals";
  }

  mutable absl::Mutex mu_;
  bool keep_events_ = true;
  bool full_ ABSL_GUARDED_BY(mu_) = false;
  int refusals_ ABSL_GUARDED_BY(mu_) = 0;
  int emissions_ ABSL_GUARDED_BY(mu_) = 0;
  size_t events_ ABSL_GUARDED_BY(mu_) = 0;
  std::vector<std::string> data_ ABSL_GUARDED_BY(mu_);
  std::vector<std::string> ids_ ABSL_GUARDED_BY(mu_);
  std::vector<MalformedInput> malformed_ ABSL_GUARDED_BY(mu_);
  std::vector<absl::AnyInvocable<void(absl::Status)>> held_
      ABSL_GUARDED_BY(mu_);
  // On the executor only.
  absl::AnyInvocable<void()> ready_;
};

class LastHealth final : public HealthReporter {
 public:
  void Report(Health health) override {
    absl::MutexLock lock(&mu_);
    last_ = std::move(health);
  }
  Health last() const {
    absl::MutexLock lock(&mu_);
    return last_;
  }

 private:
  mutable absl::Mutex mu_;
  Health last_ ABSL_GUARDED_BY(mu_);
};

// One source with a real thread and real sockets.
class SourceHome {
 public:
  ~SourceHome() { Stop(); }

  // Runs `task` on the source's executor and waits for it.
  void Do(const std::function<void()>& task) {
    absl::Notification done;
    executor_.Post([&] {
      task();
      done.Notify();
    });
    done.WaitForNotification();
  }

  void Start(const LinesSettings& settings) {
    Do([&] {
      source_ = std::make_unique<LinesSource>(settings);
      ComponentContext context;
      context.name = "in";
      context.pipeline = "office";
      context.executor = &executor_;
      context.health = &health_;
      context.metrics = &metrics_;
      context.random = &random_;
      ASSERT_TRUE(source_->Start(context, &emitter_, std::nullopt).ok());
      port_ = source_->port();
    });
  }

  void Stop() {
    if (source_ == nullptr) return;
    absl::Notification stopped;
    Do([&] { source_->Stop([&] { stopped.Notify(); }); });
    stopped.WaitForNotification();
    Do([this] { emitter_.Acknowledge(absl::CancelledError("stopped")); });
    Do([this] { source_.reset(); });
  }

  void Acknowledge() {
    Do([this] { emitter_.Acknowledge(absl::OkStatus()); });
  }
  void SetFull(bool full) {
    Do([this, full] { emitter_.SetFull(full); });
  }
  bool finished() {
    bool finished = false;
    Do([&] { finished = source_->finished(); });
    return finished;
  }
  uint64_t counter(const char* name) {
    return metrics_
        .counter(name, {{"component", "in"}, {"pipeline", "office"}}, "")
        ->value();
  }

  uint16_t port() const { return port_; }
  LinesSource& source() { return *source_; }
  WatchedEmitter& emitter() { return emitter_; }
  LastHealth& health() { return health_; }

 private:
  absl::BitGen generator_;
  absl::BitGenRef random_{generator_};
  WatchedEmitter emitter_;
  LastHealth health_;
  MetricRegistry metrics_;
  ThreadExecutor executor_{"lines-test"};
  std::unique_ptr<LinesSource> source_;
  uint16_t port_ = 0;
};

// `count` JSON lines, numbered from `first` on.
inline std::string NumberedLines(size_t count, size_t first = 0) {
  std::string lines;
  for (size_t i = first; i < first + count; ++i) {
    lines += "{\"n\":" + std::to_string(i) + "}\n";
  }
  return lines;
}

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_SOURCE_TESTING_H_
