// From requests that bring events in to their answers.
#ifndef PIPELINE_API_HTTP_INTAKE_H_
#define PIPELINE_API_HTTP_INTAKE_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/container/flat_hash_map.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/api/source.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_responder.h"
#include "pipeline/metrics/metrics.h"

namespace sluice {

// Hands over what requests bring, and answers each request once that is safe at
// the source's acknowledgement level:
//   2xx  all of it is safe
//   503  it is not known to be safe: the queue is full, too much waits, the
//        answer is overdue, or the pipeline stops. The request comes again;
//        what was stored after all is then a repeat.
//
// Lives on the source's executor, but for seems_open().
class HttpIntake : public std::enable_shared_from_this<HttpIntake> {
 public:
  // Any of them may be null.
  struct Counters {
    Counter* acknowledged = nullptr;  // answered 2xx
    Counter* put_off = nullptr;       // answered 503
    Gauge* waiting = nullptr;
  };
  // The queue is full (true) or has room again (false).
  using OnBlocked = absl::AnyInvocable<void(bool)>;

  // `executor` and `emitter` outlive it. `on_blocked` may be null.
  static std::shared_ptr<HttpIntake> Create(absl::Duration answer_timeout,
                                            Executor* executor,
                                            Emitter* emitter, Counters counters,
                                            OnBlocked on_blocked);

  // Whether something may be handed over now. False: `responder` has been
  // answered 503.
  bool Admit(HttpResponder& responder);
  // The same as a guess, from any thread: spares the work on what would be put
  // off.
  bool seems_open() const { return open_.load(std::memory_order_relaxed); }

  // Emits `emission`, and sends `answer` once it is safe. REQUIRES: Admit() has
  // just said so; `emission` has no callback of its own.
  void Emit(Emission emission, std::shared_ptr<HttpResponder> responder,
            HttpResponse answer);

  // Answers 503, and counts it.
  void PutOff(HttpResponder& responder, std::string_view why);

  // Takes nothing more. Calls `done` once every request is answered, at the
  // latest after `patience`.
  void Stop(absl::Duration patience, absl::AnyInvocable<void()> done);

 private:
  // A request whose events are not safe yet. Without a responder once its
  // answer was overdue.
  struct Waiting {
    std::shared_ptr<HttpResponder> responder;
    HttpResponse answer;
    Executor::TimerId timer = 0;
  };

  HttpIntake(absl::Duration answer_timeout, Executor* executor,
             Emitter* emitter, Counters counters, OnBlocked on_blocked);

  void AwaitRoom();
  void OnOverdue(uint64_t number);
  void OnAcknowledged(uint64_t number, const absl::Status& status);
  void FinishStop();
  void NoteWaiting();

  const absl::Duration answer_timeout_;
  Executor* const executor_;
  Emitter* const emitter_;
  const Counters counters_;
  OnBlocked on_blocked_;
  uint64_t next_number_ = 0;
  absl::flat_hash_map<uint64_t, Waiting> waiting_;
  bool blocked_ = false;
  bool stopped_ = false;
  // Neither blocked, nor stopped, nor too much waiting.
  std::atomic<bool> open_{true};
  absl::AnyInvocable<void()> on_stopped_;
};

}  // namespace sluice

#endif  // PIPELINE_API_HTTP_INTAKE_H_
