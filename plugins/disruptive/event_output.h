// The way from the source into the pipeline.
#ifndef PLUGINS_DISRUPTIVE_EVENT_OUTPUT_H_
#define PLUGINS_DISRUPTIVE_EVENT_OUTPUT_H_

#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/time/time.h"
#include "pipeline/api/source.h"
#include "pipeline/executor/executor.h"
#include "pipeline/executor/scoped_timer.h"
#include "plugins/disruptive/device_table.h"
#include "plugins/disruptive/recent_ids.h"
#include "plugins/disruptive/server_clock.h"
#include "storage/event/event_batch.h"

namespace sluice::disruptive {

// Gathers events into emissions, drops obvious repeats, notes what was emitted
// in the device table, attaches checkpoints, and waits when the pipeline's
// queue is full.
//
// A checkpoint goes along at most once a second, less often when it is big (64
// KiB per second on average), and once more after the last event; what was
// emitted after the last stored checkpoint is read again from history after a
// crash, and the pipeline drops the repeats.
class EventOutput {
 public:
  // What the checkpoint is at this moment; nullopt: there is nothing to say.
  using MakeCheckpoint = absl::AnyInvocable<std::optional<std::string>()>;
  // The queue is full (true) or has room again (false).
  using OnBlocked = absl::AnyInvocable<void(bool)>;
  // Completes an event that is about to leave. False: it does not leave after
  // all.
  using Finish = absl::AnyInvocable<bool(EventFields*)>;

  // Everything given outlives the output.
  EventOutput(Executor* executor, Emitter* emitter, DeviceTable* table,
              const ServerClock* clock, MakeCheckpoint make_checkpoint,
              OnBlocked on_blocked, Finish finish = nullptr);
  ~EventOutput() { *alive_ = false; }

  // Takes an event in. False: it was taken before, or does not leave.
  bool Add(const EventFields& event);
  bool Add(const EventView& event);
  void AddMalformed(MalformedInput malformed);
  // The same, of input that may be read more than once.
  void AddMalformedOnce(MalformedInput malformed);

  // Hands over everything taken in; call it when nothing more is at hand.
  void Flush();

  // There is something new to say in a checkpoint, without an event; it goes
  // out within a minute, or at once.
  void NoteProgress();
  void CheckpointNow();
  // The same; it goes out as soon as checkpoints may.
  void NoteChange();

  bool blocked() const { return blocked_; }
  // Ids that are taken for repeats from now on.
  void Remember(const std::vector<std::string>& ids);

 private:
  void Note(const EventFields& event);
  void Seal();
  void AttachCheckpoint();
  void Drain();
  absl::Duration CheckpointDue() const;

  Executor* executor_;
  Emitter* emitter_;
  DeviceTable* table_;
  const ServerClock* clock_;
  MakeCheckpoint make_checkpoint_;
  OnBlocked on_blocked_;
  Finish finish_;
  // Labels of the event under way.
  std::vector<LabelView> labels_;

  RecentIds recent_;
  RecentIds recent_malformed_;
  EventBatchBuilder builder_;
  std::vector<MalformedInput> malformed_;
  std::deque<Emission> pending_;
  bool blocked_ = false;
  // Callbacks of the emitter look here before they touch the output.
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);

  // Something was emitted since the last checkpoint.
  bool dirty_ = false;
  absl::Duration last_checkpoint_ = -absl::InfiniteDuration();
  size_t last_checkpoint_bytes_ = 0;
  ScopedTimer checkpoint_timer_;
};

}  // namespace sluice::disruptive

#endif  // PLUGINS_DISRUPTIVE_EVENT_OUTPUT_H_
