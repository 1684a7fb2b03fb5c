#include "plugins/disruptive/event_stream.h"

#include <optional>
#include <string>
#include <utility>

#include "pipeline/metrics/metrics.h"
#include "plugins/disruptive/disruptive_source.h"

namespace sluice::disruptive {

// A pipeline of nothing but the source.
class EventStream::Impl final : private Emitter, private HealthReporter {
 public:
  Impl(Settings settings, Executor* executor, HttpClient* http,
       absl::BitGenRef random, Listener* listener)
      : random_(random), listener_(listener), source_(std::move(settings)) {
    context_.name = "stream";
    context_.pipeline = "none";
    context_.executor = executor;
    context_.http = http;
    context_.health = this;
    context_.metrics = &metrics_;
    context_.random = &random_;
  }

  absl::Status Start() { return source_.Start(context_, this, std::nullopt); }

  void Stop(absl::AnyInvocable<void()> done) {
    listener_ = nullptr;
    source_.Stop(std::move(done));
  }

 private:
  bool TryEmit(Emission& emission) override {
    const size_t events =
        emission.events == nullptr ? 0 : emission.events->size();
    for (size_t i = 0; i < events && listener_ != nullptr; ++i) {
      listener_->OnEvent(emission.events->event(i));
    }
    for (const MalformedInput& malformed : emission.malformed) {
      if (listener_ != nullptr) listener_->OnMalformed(malformed);
    }
    return true;
  }

  // It never refuses.
  void NotifyWhenReady(absl::AnyInvocable<void()>) override {}

  void Report(Health health) override {
    if (listener_ != nullptr) listener_->OnHealth(health);
  }

  absl::BitGenRef random_;
  Listener* listener_;
  MetricRegistry metrics_;
  ComponentContext context_;
  DisruptiveSource source_;
};

EventStream::EventStream(Settings settings, Executor* executor,
                         HttpClient* http, absl::BitGenRef random,
                         Listener* listener)
    : impl_(std::make_unique<Impl>(std::move(settings), executor, http, random,
                                   listener)) {}

EventStream::~EventStream() = default;

absl::Status EventStream::Start() { return impl_->Start(); }

void EventStream::Stop(absl::AnyInvocable<void()> done) {
  impl_->Stop(std::move(done));
}

}  // namespace sluice::disruptive
