#include "tools/bench/devices_source.h"

#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace sluice::bench {

absl::Status DevicesSource::Start(const ComponentContext& context,
                                  Emitter* emitter,
                                  std::optional<std::string> checkpoint) {
  if (checkpoint.has_value() && !absl::SimpleAtoi(*checkpoint, &emitted_)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "checkpoint \"", *checkpoint, "\" is not a number of events"));
  }
  context_ = context;
  emitter_ = emitter;
  batches_ = BatchCycle(emitted_ < count_ ? count_ - emitted_ : 0);
  running_ = std::make_shared<bool>(true);
  context_.health->Report({HealthState::kHealthy, ""});
  context_.executor->Post(NextStep());
  return absl::OkStatus();
}

void DevicesSource::Stop(absl::AnyInvocable<void()> done) {
  running_.reset();
  pending_ = Emission();
  done();
}

bool DevicesSource::finished() const {
  return pending_.events == nullptr && batches_.left() == 0;
}

void DevicesSource::Step() {
  if (pending_.events == nullptr) {
    pending_.events = batches_.Next();
    if (pending_.events == nullptr) return;
    emitted_ += pending_.events->size();
    pending_.checkpoint = absl::StrCat(emitted_);
  }
  if (!emitter_->TryEmit(pending_)) {
    return emitter_->NotifyWhenReady(NextStep());
  }
  pending_ = Emission();
  if (!finished()) context_.executor->Post(NextStep());
}

absl::AnyInvocable<void()> DevicesSource::NextStep() {
  return [this, running = std::weak_ptr<bool>(running_)] {
    if (!running.expired()) Step();
  };
}

}  // namespace sluice::bench
