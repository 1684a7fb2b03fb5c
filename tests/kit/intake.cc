#include "tests/kit/intake.h"

#include <set>
#include <utility>

#include "tests/kit/kit_case.h"

namespace sluice::kit {
namespace {

bool HasEvents(const Emission& emission) {
  return emission.events != nullptr && !emission.events->empty();
}

}  // namespace

bool Intake::TryEmit(Emission& emission) {
  absl::MutexLock lock(&mu_);
  if (closed_) {
    mistake_.Update(Broken("the source emits after Stop() was called"));
  }
  if (room_ == 0) {
    ++refusals_;
    return false;
  }
  if (room_ != kNoBound &&
      (HasEvents(emission) || !emission.malformed.empty())) {
    --room_;
  }
  Check(emission);
  TakenEmission taken;
  for (size_t i = 0; emission.events != nullptr && i < emission.events->size();
       ++i) {
    taken.ids.emplace_back(emission.events->event(i).id());
  }
  taken.checkpoint = std::move(emission.checkpoint);
  taken_.push_back(std::move(taken));
  if (emission.on_acknowledged) {
    unacknowledged_.push_back(std::move(emission.on_acknowledged));
  }
  emission = Emission();
  return true;
}

void Intake::Check(const Emission& emission) {
  const bool has_events = HasEvents(emission);
  if (!has_events && emission.malformed.empty() &&
      !emission.checkpoint.has_value() && !emission.on_acknowledged) {
    mistake_.Update(Broken("an emission has nothing in it"));
  }
  for (size_t i = 0; has_events && i < emission.events->size(); ++i) {
    const EventView event = emission.events->event(i);
    if (event.id().empty()) mistake_.Update(Broken("an event has no id"));
    if (event.source().empty()) {
      mistake_.Update(Broken("event ", std::string(event.id()),
                             " has no source; its id is unique within that"));
    }
  }
}

void Intake::NotifyWhenReady(absl::AnyInvocable<void()> ready) {
  ready_ = std::move(ready);
  absl::MutexLock lock(&mu_);
  has_request_ = true;
}

void Intake::SetRoom(size_t emissions) {
  absl::MutexLock lock(&mu_);
  room_ = emissions;
  refusals_ = 0;
}

bool Intake::Ready() {
  if (!ready_) return false;
  {
    absl::MutexLock lock(&mu_);
    has_request_ = false;
  }
  std::exchange(ready_, nullptr)();
  return true;
}

void Intake::Acknowledge(const absl::Status& status) {
  std::vector<absl::AnyInvocable<void(absl::Status)>> callbacks;
  callbacks.swap(unacknowledged_);
  for (auto& callback : callbacks) callback(status);
}

void Intake::Close() {
  absl::MutexLock lock(&mu_);
  closed_ = true;
}

size_t Intake::Distinct() const {
  std::set<std::string> distinct;
  for (const TakenEmission& taken : taken_) {
    distinct.insert(taken.ids.begin(), taken.ids.end());
  }
  return distinct.size();
}

bool Intake::WaitForEvents(size_t distinct, absl::Duration time) const {
  absl::MutexLock lock(&mu_);
  const auto enough = [this, distinct]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return Distinct() >= distinct;
  };
  return mu_.AwaitWithTimeout(absl::Condition(&enough), time);
}

bool Intake::WaitForRefusal(absl::Duration time) const {
  absl::MutexLock lock(&mu_);
  const auto refused = [this]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return refusals_ > 0;
  };
  return mu_.AwaitWithTimeout(absl::Condition(&refused), time);
}

bool Intake::WaitForEventsOrRequest(size_t distinct,
                                    absl::Duration time) const {
  absl::MutexLock lock(&mu_);
  const auto either = [this, distinct]() ABSL_SHARED_LOCKS_REQUIRED(mu_) {
    return has_request_ || Distinct() >= distinct;
  };
  return mu_.AwaitWithTimeout(absl::Condition(&either), time);
}

std::vector<TakenEmission> Intake::taken() const {
  absl::MutexLock lock(&mu_);
  return taken_;
}

std::vector<std::string> Intake::ids() const {
  std::vector<std::string> ids;
  for (const TakenEmission& taken : this->taken()) {
    ids.insert(ids.end(), taken.ids.begin(), taken.ids.end());
  }
  return ids;
}

int Intake::refusals() const {
  absl::MutexLock lock(&mu_);
  return refusals_;
}

absl::Status Intake::mistake() const {
  absl::MutexLock lock(&mu_);
  return mistake_;
}

}  // namespace sluice::kit
