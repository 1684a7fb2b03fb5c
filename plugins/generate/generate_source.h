// A source of made-up device events, for load tests, demonstrations and
// oracles.
#ifndef PLUGINS_GENERATE_GENERATE_SOURCE_H_
#define PLUGINS_GENERATE_GENERATE_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "pipeline/api/source.h"
#include "plugins/generate/generated_event.h"

namespace sluice::generate {

struct GenerateOptions {
  // 0: endless.
  uint64_t count = 0;
  // Events per second; 0: as fast as the pipeline takes them.
  double rate = 0;
  uint32_t devices = 10;
  uint32_t payload_bytes = 200;
  uint64_t seed = 0;
};

// Emits the events of GeneratedEventWriter in order of their index, each
// stamped with the time of its emission.
//
// Its checkpoint is the decimal index of the next event, stored with the events
// themselves, so a restart goes on exactly there and nothing is repeated.
//
// Pace: without a rate, one chunk of up to 1,000 events per task of the
// executor. With a rate, each event on its own at its due time; from 1,000
// events/s on, what has come due in a millisecond together. A full queue stops
// it until there is room.
class GenerateSource final : public Source {
 public:
  // REQUIRES: options within the ranges of config.proto.
  explicit GenerateSource(GenerateOptions options);

  SourceTraits traits() const override;
  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string> checkpoint) override;
  void Stop(absl::AnyInvocable<void()> done) override;
  bool finished() const override;

 private:
  // Emits what is due and arranges for the next call.
  void Step();
  // How many events may go out now, at most one chunk.
  uint64_t Due() const;
  // Writes the next `events` events into pending_.
  void FillPending(uint64_t events);
  void StepWhenReady();
  void StepWhenDue();
  // When event `index` is due on the monotonic clock.
  absl::Duration DueTime(uint64_t index) const;
  // Starts the timetable anew at the next event, now.
  void RestartTimetable();

  const GenerateOptions options_;
  ComponentContext context_;
  Emitter* emitter_ = nullptr;
  std::unique_ptr<GeneratedEventWriter> writer_;
  uint64_t chunk_events_ = 1;
  EventBatchBuilder builder_;
  // Events that the queue had no room for.
  Emission pending_;
  // The next event to write.
  uint64_t next_index_ = 0;
  // Timetable: event first_index_ is due at first_due_.
  uint64_t first_index_ = 0;
  absl::Duration first_due_;
  Executor::TimerId timer_ = 0;
  // Gone once the source has stopped; what was posted before looks at it.
  std::shared_ptr<bool> running_;
};

}  // namespace sluice::generate

#endif  // PLUGINS_GENERATE_GENERATE_SOURCE_H_
