// Where a source that is tried puts its events: bounded as the pipeline's queue
// is, and watched.
#ifndef TESTS_KIT_INTAKE_H_
#define TESTS_KIT_INTAKE_H_

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/synchronization/mutex.h"
#include "absl/time/time.h"
#include "pipeline/api/source.h"

namespace sluice::kit {

// One emission as it was taken.
struct TakenEmission {
  std::vector<std::string> ids;
  std::optional<std::string> checkpoint;
};

// Thread-safety: TryEmit(), NotifyWhenReady(), Ready() and Acknowledge() on the
// source's executor, everything else from any thread.
class Intake final : public Emitter {
 public:
  static constexpr size_t kNoBound = static_cast<size_t>(-1);

  bool TryEmit(Emission& emission) override;
  void NotifyWhenReady(absl::AnyInvocable<void()> ready) override;

  // Takes so many emissions more. One that only says how far the source has
  // read uses no room up: it may come before any event does.
  void SetRoom(size_t emissions);
  // Calls what NotifyWhenReady() was given last. False: nothing is there.
  bool Ready();
  // Says of all that was taken and not yet acknowledged that it is safe, or why
  // it is not.
  void Acknowledge(const absl::Status& status);
  // An emission that comes from now on is a mistake of the source.
  void Close();

  // Waits for this. False: it does not come to be within `time`.
  bool WaitForEvents(size_t distinct, absl::Duration time) const;
  bool WaitForRefusal(absl::Duration time) const;
  // That many events, or a call of NotifyWhenReady().
  bool WaitForEventsOrRequest(size_t distinct, absl::Duration time) const;

  std::vector<TakenEmission> taken() const;
  // Ids in the order they came.
  std::vector<std::string> ids() const;
  int refusals() const;
  // What was wrong with an emission; OK: nothing yet.
  absl::Status mistake() const;

 private:
  void Check(const Emission& emission) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mu_);
  size_t Distinct() const ABSL_SHARED_LOCKS_REQUIRED(mu_);

  mutable absl::Mutex mu_;
  size_t room_ ABSL_GUARDED_BY(mu_) = kNoBound;
  bool closed_ ABSL_GUARDED_BY(mu_) = false;
  int refusals_ ABSL_GUARDED_BY(mu_) = 0;
  bool has_request_ ABSL_GUARDED_BY(mu_) = false;
  std::vector<TakenEmission> taken_ ABSL_GUARDED_BY(mu_);
  absl::Status mistake_ ABSL_GUARDED_BY(mu_);
  // On the executor only.
  absl::AnyInvocable<void()> ready_;
  std::vector<absl::AnyInvocable<void(absl::Status)>> unacknowledged_;
};

}  // namespace sluice::kit

#endif  // TESTS_KIT_INTAKE_H_
