// The contract between the pipeline and anything that brings events in.
#ifndef PIPELINE_API_SOURCE_H_
#define PIPELINE_API_SOURCE_H_

#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "pipeline/api/component.h"
#include "storage/event/event_batch.h"

namespace sluice {

// A piece of input that is no event. It is kept as a dead letter with its
// bytes, and the stream goes on.
struct MalformedInput {
  std::string bytes;
  // A short fixed word for grouping, e.g. "malformed_json".
  std::string reason;
  // What is wrong, for a person.
  std::string message;
};

// What a source hands over in one piece. Its parts are stored in one atomic
// write.
struct Emission {
  // Events in order; null or empty when there are none. An event needs an id;
  // see docs/guarantees.md for the fate of an event that is too large, has no
  // id, no time, a time in the future or text that is not UTF-8.
  EventBatchPtr events;
  std::vector<MalformedInput> malformed;
  // How far the source has read, once this emission is stored; given back to it
  // at the next start. Opaque to the pipeline.
  std::optional<std::string> checkpoint;
  // Called once, on the source's executor: OK when all of the emission is safe
  // at the source's acknowledgement level; an error when the pipeline stops
  // before that (then nothing is promised about it). Null: no interest.
  absl::AnyInvocable<void(absl::Status)> on_acknowledged;
};

// Where a source puts its events. Owned by the pipeline; used on the source's
// executor only.
class Emitter {
 public:
  virtual ~Emitter() = default;

  // Takes `emission` into the queue. False: the queue is full and `emission` is
  // untouched; stop reading from the other side, and try again from the
  // callback of NotifyWhenReady().
  virtual bool TryEmit(Emission& emission) = 0;

  // Calls `ready` once, on the source's executor, as soon as there is room. A
  // new call replaces an older one.
  virtual void NotifyWhenReady(absl::AnyInvocable<void()> ready) = 0;
};

struct SourceTraits {
  // True when an event may be emitted more than once (reconnects with overlap,
  // pushes that are repeated): the pipeline then drops repeats by id, within
  // the dedupe window. False saves that work.
  bool may_repeat = true;
};

// Brings events in.
//
//   state     Start()   Stop()
//   created   ok        ok
//   running   -         ok
//   stopped   -         -
//
// All calls come on the component's executor, and the source's callbacks and
// timers run there too, so a source needs no lock. No method blocks. Destroyed
// on the executor, after Stop() has reported done.
class Source {
 public:
  virtual ~Source() = default;

  virtual SourceTraits traits() const { return {}; }

  // Begins to read, from `checkpoint` (the last one stored), or from wherever
  // the configuration says when it is nullopt. `emitter` outlives the source.
  //
  // Trouble that may pass (no network, the service down) is not an error:
  // report kDegraded and keep trying with backoff. What needs a person
  // (credentials refused) is reported as kPaused; the source then stays quiet.
  //   kInvalidArgument: `checkpoint` cannot be understood.
  virtual absl::Status Start(const ComponentContext& context, Emitter* emitter,
                             std::optional<std::string> checkpoint) = 0;

  // Stops reading; emits nothing more. Calls `done` once, soon, when nothing of
  // the source is running any more.
  virtual void Stop(absl::AnyInvocable<void()> done) = 0;

  // True once a finite source (a file, a fixed count) has emitted its last
  // event.
  virtual bool finished() const { return false; }
};

}  // namespace sluice

#endif  // PIPELINE_API_SOURCE_H_
