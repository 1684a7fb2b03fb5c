// The live stream of a project, without gaps, outside of a pipeline.
#ifndef PLUGINS_DISRUPTIVE_EVENT_STREAM_H_
#define PLUGINS_DISRUPTIVE_EVENT_STREAM_H_

#include <memory>

#include "absl/functional/any_invocable.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "pipeline/api/component.h"
#include "pipeline/api/source.h"
#include "pipeline/executor/executor.h"
#include "pipeline/http/http_client.h"
#include "plugins/disruptive/settings.h"
#include "storage/event/event_view.h"

namespace sluice::disruptive {

// What the source `disruptive` would publish, event by event: it reconnects and
// reads what it missed from history, drops repeats, and puts labels on events
// if the settings say so. TypedEvent() (typed_event.h) types them. Nothing is
// remembered from one stream to the next.
//
// Used on the executor only.
class EventStream {
 public:
  // Told later than Start(), until Stop() or the end of the stream. May not
  // destroy the stream inside of a call.
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnEvent(const EventView& event) = 0;
    // A line that is no event.
    virtual void OnMalformed(const MalformedInput& malformed) = 0;
    // kHealthy: it stands. kDegraded: it was lost or could not be opened yet
    // and is tried again. kPaused: a person has to do something; the message
    // says what.
    virtual void OnHealth(const Health& health) = 0;
  };

  // Everything given outlives the stream. `settings` are those of the source,
  // with all filters.
  EventStream(Settings settings, Executor* executor, HttpClient* http,
              absl::BitGenRef random, Listener* listener);
  ~EventStream();

  absl::Status Start();
  // No call to the listener comes any more once `done` was called.
  void Stop(absl::AnyInvocable<void()> done);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_EVENT_STREAM_H_
