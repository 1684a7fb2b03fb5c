// The contract between the pipeline and anything that changes, drops or makes
// events on their way into the log.
#ifndef PIPELINE_API_TRANSFORM_H_
#define PIPELINE_API_TRANSFORM_H_

#include "absl/status/status.h"
#include "storage/event/event_batch.h"

namespace sluice {

// Where a transform puts what becomes of an event.
class TransformOutput {
 public:
  virtual ~TransformOutput() = default;
  // Passes the event on unchanged, without copying it twice.
  virtual void Pass(const EventView& event) = 0;
  // Passes a changed or new event on.
  virtual void Emit(const EventFields& event) = 0;
};

// Events in, events out. Called on the ingest executor only, one event at a
// time, in order; must not block.
class Transform {
 public:
  virtual ~Transform() = default;

  // Handles `event`: zero, one or several calls on `output`. Zero filters it
  // out, which is counted.
  //   any error: the event becomes a dead letter with this message; what was
  //   put out for it is taken back.
  virtual absl::Status Apply(const EventView& event,
                             TransformOutput& output) = 0;
};

}  // namespace sluice

#endif  // PIPELINE_API_TRANSFORM_H_
