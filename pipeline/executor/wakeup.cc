#include "pipeline/executor/wakeup.h"

#include <utility>

namespace sluice {

Wakeup::Wakeup(Executor* executor, Executor::Task task)
    : executor_(executor), state_(std::make_shared<State>()) {
  state_->task = std::move(task);
}

Wakeup::~Wakeup() {
  state_->dropped = true;
  state_->task = nullptr;
}

void Wakeup::Notify() {
  // Both sides exchange, so that either this call sees `pending` cleared and
  // posts, or the run that clears it sees everything written before this call.
  if (state_->pending.exchange(true, std::memory_order_acq_rel)) return;
  executor_->Post([state = state_] {
    state->pending.exchange(false, std::memory_order_acq_rel);
    if (state->dropped) return;
    // Keeps the task alive while it runs, should it destroy the Wakeup.
    Executor::Task task = std::move(state->task);
    task();
    if (!state->dropped) state->task = std::move(task);
  });
}

}  // namespace sluice
