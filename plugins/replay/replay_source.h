// A source that replays a file of events.
#ifndef PLUGINS_REPLAY_REPLAY_SOURCE_H_
#define PLUGINS_REPLAY_REPLAY_SOURCE_H_

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "pipeline/api/component.h"
#include "pipeline/api/source.h"
#include "pipeline/executor/executor.h"
#include "plugins/replay/file_watch.h"
#include "plugins/replay/replay_reader.h"

namespace sluice::replay {

// Makes the executor that the source reads its file on. Called once, by
// Start().
using IoExecutorFactory = std::function<std::shared_ptr<Executor>()>;

// Reads ahead on an executor of its own, because disks block: at most two
// reads' worth (about 1 MiB, or two lines when lines are longer) is held. Emits
// the pieces in order, each when it is due; a full queue stops the reading.
//
// A file that is missing or cannot be read as configured pauses the source with
// a message that names the field; with `follow` a missing file is waited for.
class ReplaySource final : public Source {
 public:
  ReplaySource(ReplayOptions options, IoExecutorFactory io_factory);

  // Lines are read once, so nothing needs to be deduplicated.
  SourceTraits traits() const override;
  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string> checkpoint) override;
  void Stop(absl::AnyInvocable<void()> done) override;
  bool finished() const override;

 private:
  // Begins a read unless one is under way or enough is there.
  void ReadMore();
  // Once something has changed; blocks a thread of io_, not the executor.
  void ReadAfterChange();
  void TakeReadAhead(absl::StatusOr<ReadAhead> ahead);
  // After trouble.
  void HandleError(const absl::Status& error);
  // Emits what is due and arranges for the next call.
  void EmitDue();
  // How long until the first piece is due; moves the timetable when it is far
  // behind.
  absl::Duration UntilDue();

  const ReplayOptions options_;
  const IoExecutorFactory io_factory_;
  ComponentContext context_;
  Emitter* emitter_ = nullptr;
  std::unique_ptr<FileWatch> watch_;

  std::deque<Piece> pieces_;
  // The first piece, once the queue had no room for it.
  std::optional<Emission> refused_;
  bool is_reading_ = false;
  bool is_waiting_ = false;
  bool at_end_ = false;
  // Unset until the first piece.
  std::optional<absl::Duration> timetable_start_;
  absl::Duration retry_wait_;
  Executor::TimerId emit_timer_ = 0;
  Executor::TimerId retry_timer_ = 0;
  // Gone once the source has stopped; what was posted before looks at it.
  std::shared_ptr<bool> running_;

  // Used on io_ only, once Start() is over.
  std::unique_ptr<ReplayReader> reader_;

  // Last, so that it ends before what its tasks use.
  std::shared_ptr<Executor> io_;
};

}  // namespace sluice::replay

#endif  // PLUGINS_REPLAY_REPLAY_SOURCE_H_
