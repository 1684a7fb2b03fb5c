// From a push to its answer.
#ifndef PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_INTAKE_H_
#define PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_INTAKE_H_

#include <memory>
#include <string_view>
#include <utility>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "pipeline/api/http_intake.h"
#include "pipeline/api/source.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_server.h"
#include "pipeline/metrics/metrics.h"
#include "plugins/disruptive/event_decoder.h"

namespace sluice::disruptive {

// Decodes pushes, emits their events, and answers each push once its event is
// safe at the source's acknowledgement level (HttpIntake):
//   200  it is safe: as an event, or (when it is JSON but no event) as a dead
//        letter
//   400  the body is no JSON object; nothing is kept
//   503  it is not known to be safe: the queue is full, too much waits, the
//        answer is overdue, or the pipeline stops. The push comes again, and if
//        it had been stored after all the pipeline knows its id.
//
// Lives on the source's executor.
class PushIntake {
 public:
  struct Counters {
    Counter* pushes = nullptr;        // taken in
    Counter* acknowledged = nullptr;  // answered 200
    Counter* malformed = nullptr;     // answered 400, or dead letters
    Counter* put_off = nullptr;       // answered 503
    Gauge* waiting = nullptr;
  };
  // The queue is full (true) or has room again (false).
  using OnBlocked = HttpIntake::OnBlocked;

  // `executor` and `emitter` outlive it.
  static std::shared_ptr<PushIntake> Create(absl::Duration answer_timeout,
                                            Executor* executor,
                                            Emitter* emitter, Counters counters,
                                            OnBlocked on_blocked);

  void Take(std::string_view body, std::shared_ptr<HttpResponder> responder);

  // Takes nothing more. Calls `done` once every push is answered, at the latest
  // after `patience`.
  void Stop(absl::Duration patience, absl::AnyInvocable<void()> done);

 private:
  PushIntake(std::shared_ptr<HttpIntake> intake, Counters counters)
      : intake_(std::move(intake)), counters_(counters) {}

  const std::shared_ptr<HttpIntake> intake_;
  const Counters counters_;
  EventDecoder decoder_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_WEBHOOK_PUSH_INTAKE_H_
