#include "tools/bench/probe.h"

#include <optional>
#include <string>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "storage/event/event_batch.h"

namespace sluice::bench {

class Probe::ProbeSource final : public Source {
 public:
  explicit ProbeSource(Probe* probe) : probe_(probe) {}

  SourceTraits traits() const override { return {.may_repeat = false}; }
  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string>) override {
    context.health->Report({HealthState::kHealthy, ""});
    probe_->SetSource(context.executor, emitter);
    return absl::OkStatus();
  }
  void Stop(absl::AnyInvocable<void()> done) override {
    probe_->SetSource(nullptr, nullptr);
    done();
  }

 private:
  Probe* const probe_;
};

class Probe::ProbeSink final : public Sink {
 public:
  explicit ProbeSink(Probe* probe) : probe_(probe) {}

  // As large as those of the sink `null`, so that it is no bottleneck.
  SinkTraits traits() const override {
    return {.max_batch_events = 4096,
            .max_batch_bytes = 4 << 20,
            .idempotent = true};
  }
  absl::Status Start(const ComponentContext& context) override {
    context.health->Report({HealthState::kHealthy, ""});
    return absl::OkStatus();
  }
  void Deliver(Delivery delivery, DeliverCallback done) override {
    probe_->Arrived(delivery);
    done(DeliveryResult::All(Outcome::Delivered()));
  }
  void Stop(absl::AnyInvocable<void()> done) override { done(); }

 private:
  Probe* const probe_;
};

std::unique_ptr<Source> Probe::MakeSource() {
  return std::make_unique<ProbeSource>(this);
}

std::unique_ptr<Sink> Probe::MakeSink() {
  return std::make_unique<ProbeSink>(this);
}

Probe::Passage Probe::PassOne() {
  absl::MutexLock lock(&mu_);
  mu_.Await(absl::Condition(
      +[](Executor** executor) { return *executor != nullptr; }, &executor_));
  arrived_ = false;
  acknowledged_ = false;
  executor_->Post([this] { Emit(); });
  mu_.Await(absl::Condition(
      +[](Probe* probe) ABSL_EXCLUSIVE_LOCKS_REQUIRED(probe->mu_) {
        return probe->passed();
      },
      this));
  return passage_;
}

void Probe::SetSource(Executor* executor, Emitter* emitter) {
  absl::MutexLock lock(&mu_);
  executor_ = executor;
  emitter_ = emitter;
}

void Probe::Emit() {
  absl::MutexLock lock(&mu_);
  if (emitter_ == nullptr) return;  // Stopped meanwhile.
  const std::string id = absl::StrCat("probe-", ++count_);
  emitted_at_ = absl::Now();
  EventBatchBuilder builder;
  builder.Add({.id = id,
               .source = "bench",
               .subject = "d",
               .data = R"({"temperature":{"value":21.5}})",
               .time_unix_nanos = absl::ToUnixNanos(emitted_at_)});
  Emission emission;
  emission.events = builder.Build();
  emission.on_acknowledged = [this](absl::Status) { Acknowledged(); };
  // One event at a time fits into an empty queue.
  emitter_->TryEmit(emission);
}

void Probe::Acknowledged() {
  const absl::Time now = absl::Now();
  absl::MutexLock lock(&mu_);
  passage_.acknowledged = now - emitted_at_;
  acknowledged_ = true;
}

void Probe::Arrived(const Delivery& delivery) {
  const absl::Time now = absl::Now();
  absl::MutexLock lock(&mu_);
  passage_.delivered = now - emitted_at_;
  arrived_ = true;
  if (!noting_) return;
  for (const DeliveryItem& item : delivery.items) {
    noted_.Add(now - item.event.time());
  }
}

void Probe::StartNoting() {
  absl::MutexLock lock(&mu_);
  noted_ = Distribution();
  noting_ = true;
}

Distribution Probe::TakeNoted() {
  absl::MutexLock lock(&mu_);
  noting_ = false;
  return std::exchange(noted_, Distribution());
}

}  // namespace sluice::bench
