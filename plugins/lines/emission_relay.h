// From the thread that reads to the pipeline.
#ifndef PLUGINS_LINES_EMISSION_RELAY_H_
#define PLUGINS_LINES_EMISSION_RELAY_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "pipeline/api/source.h"
#include "pipeline/executor/executor.h"
#include "pipeline/metrics/metrics.h"

namespace sluice::lines {

// Emits what other threads hand over, in order, on the source's executor; waits
// while the queue is full, and tells whoever handed something over once it is
// taken. The bound is theirs: they hand over little before they are told.
//
// Thread-safety: Hand() from any thread; the rest on the executor.
class EmissionRelay : public std::enable_shared_from_this<EmissionRelay> {
 public:
  using OnTaken = absl::AnyInvocable<void()>;

  // `executor` and `emitter` outlive it. `held_back` counts how often the queue
  // was full.
  static std::shared_ptr<EmissionRelay> Create(Executor* executor,
                                               Emitter* emitter,
                                               Counter* held_back);

  // `on_taken` runs on the executor once `emission` is in the queue; never if
  // the relay is stopped before.
  void Hand(Emission emission, OnTaken on_taken);

  // Nothing waits for room.
  bool idle() const { return waiting_.empty(); }

  // Emits nothing more.
  void Stop();

 private:
  struct Handed {
    Emission emission;
    OnTaken on_taken;
  };

  EmissionRelay(Executor* executor, Emitter* emitter, Counter* held_back)
      : executor_(executor), emitter_(emitter), held_back_(held_back) {}

  void Emit();

  Executor* const executor_;
  Emitter* const emitter_;
  Counter* const held_back_;
  std::deque<Handed> waiting_;
  bool blocked_ = false;
  bool stopped_ = false;
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_EMISSION_RELAY_H_
