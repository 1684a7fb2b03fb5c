#include "plugins/lines/emission_relay.h"

namespace sluice::lines {

std::shared_ptr<EmissionRelay> EmissionRelay::Create(Executor* executor,
                                                     Emitter* emitter,
                                                     Counter* held_back) {
  return std::shared_ptr<EmissionRelay>(
      new EmissionRelay(executor, emitter, held_back));
}

void EmissionRelay::Hand(Emission emission, OnTaken on_taken) {
  executor_->Post(
      [weak = weak_from_this(),
       handed = Handed{std::move(emission), std::move(on_taken)}]() mutable {
        const auto self = weak.lock();
        if (self == nullptr || self->stopped_) return;
        self->waiting_.push_back(std::move(handed));
        self->Emit();
      });
}

void EmissionRelay::Emit() {
  while (!blocked_ && !waiting_.empty()) {
    if (!emitter_->TryEmit(waiting_.front().emission)) {
      blocked_ = true;
      held_back_->Add();
      return emitter_->NotifyWhenReady([weak = weak_from_this()] {
        const auto self = weak.lock();
        if (self == nullptr || self->stopped_) return;
        self->blocked_ = false;
        self->Emit();
      });
    }
    OnTaken on_taken = std::move(waiting_.front().on_taken);
    waiting_.pop_front();
    on_taken();
  }
}

void EmissionRelay::Stop() {
  stopped_ = true;
  waiting_.clear();
}

}  // namespace sluice::lines
