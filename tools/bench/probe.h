// How long events take from a source to a sink: a source and a sink that a
// scenario steers and asks.
#ifndef TOOLS_BENCH_PROBE_H_
#define TOOLS_BENCH_PROBE_H_

#include <cstdint>
#include <memory>

#include "absl/base/thread_annotations.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/api/sink.h"
#include "pipeline/api/source.h"
#include "tools/bench/measurement.h"

namespace sluice::bench {

// Outlives the components it makes.
//
// Thread-safety: all methods from any thread; PassOne() from one at a time.
class Probe {
 public:
  // When an event was with the sink, and when its source was told that it is
  // safe at its level, counted from the call that emitted it.
  struct Passage {
    absl::Duration delivered;
    absl::Duration acknowledged;
  };

  // Emits an event on the source's executor and blocks until the sink has it
  // and the source is told of it. REQUIRES: a process runs with one of each.
  Passage PassOne();

  // Starts noting, for every event that comes to the sink, how old it is by its
  // own time. Forgets what was noted before.
  void StartNoting();
  // What was noted; stops noting.
  Distribution TakeNoted();

  std::unique_ptr<Source> MakeSource();
  std::unique_ptr<Sink> MakeSink();

 private:
  class ProbeSource;
  class ProbeSink;

  void SetSource(Executor* executor, Emitter* emitter);
  void Emit();
  void Acknowledged();
  void Arrived(const Delivery& delivery);
  bool passed() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_) {
    return arrived_ && acknowledged_;
  }

  absl::Mutex mu_;
  Executor* executor_ ABSL_GUARDED_BY(mu_) = nullptr;
  Emitter* emitter_ ABSL_GUARDED_BY(mu_) = nullptr;
  uint64_t count_ ABSL_GUARDED_BY(mu_) = 0;
  bool arrived_ ABSL_GUARDED_BY(mu_) = false;
  bool acknowledged_ ABSL_GUARDED_BY(mu_) = false;
  absl::Time emitted_at_ ABSL_GUARDED_BY(mu_);
  Passage passage_ ABSL_GUARDED_BY(mu_);
  bool noting_ ABSL_GUARDED_BY(mu_) = false;
  Distribution noted_ ABSL_GUARDED_BY(mu_);
};

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_PROBE_H_
