// An emitter whose acknowledgements are the test's.
#ifndef TESTS_TESTING_HOLDING_EMITTER_H_
#define TESTS_TESTING_HOLDING_EMITTER_H_

#include <deque>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "pipeline/api/source.h"

namespace sluice {

// Keeps emissions until the test acknowledges them, and is full when the test
// says so.
class HoldingEmitter final : public Emitter {
 public:
  bool TryEmit(Emission& emission) override {
    if (full_) {
      ++refusals_;
      return false;
    }
    held_.push_back(std::move(emission));
    return true;
  }
  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override {
    ready_ = std::move(ready);
  }

  void set_full(bool full) {
    full_ = full;
    if (!full && ready_) std::exchange(ready_, nullptr)();
  }
  // Answers for the oldest emission that is held.
  void Acknowledge(const absl::Status& status = absl::OkStatus()) {
    Emission emission = std::move(held_.front());
    held_.pop_front();
    emission.on_acknowledged(status);
  }
  const std::deque<Emission>& held() const { return held_; }
  int refusals() const { return refusals_; }

 private:
  bool full_ = false;
  int refusals_ = 0;
  std::deque<Emission> held_;
  absl::AnyInvocable<void()> ready_;
};

}  // namespace sluice

#endif  // TESTS_TESTING_HOLDING_EMITTER_H_
