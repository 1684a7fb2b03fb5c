// Where lines come in.
#ifndef PLUGINS_LINES_LINES_INPUT_H_
#define PLUGINS_LINES_LINES_INPUT_H_

#include <cstdint>

#include "absl/functional/any_invocable.h"
#include "pipeline/api/component.h"
#include "pipeline/api/source.h"
#include "plugins/lines/line_batch.h"
#include "plugins/lines/line_format.h"

namespace sluice::lines {

// What all inputs are made with; everything in it outlives them.
struct InputParts {
  ComponentContext context;
  Emitter* emitter = nullptr;
  LineFormat format;
  // Of MakeLineDecoder().
  uint64_t run = 0;
  LineCounters counters;
};

// One of the ways in. Lives on the source's executor; what it reads, a thread
// of its own decodes.
class LinesInput {
 public:
  virtual ~LinesInput() = default;

  virtual void Start() = 0;
  // Reads and emits nothing more. Calls `done` once, soon; the input may be
  // destroyed then, but not from inside `done`.
  virtual void Stop(absl::AnyInvocable<void()> done) = 0;

  // The last line there will ever be is emitted.
  virtual bool finished() const { return false; }
  // The TCP port it listens on; 0: none, just now.
  virtual uint16_t port() const { return 0; }
};

}  // namespace sluice::lines

#endif  // PLUGINS_LINES_LINES_INPUT_H_
