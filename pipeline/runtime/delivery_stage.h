// The stage between a log and one sink: reads at the sink's own pace, keeps
// order, retries, splits, and records what became of each event.
#ifndef PIPELINE_RUNTIME_DELIVERY_STAGE_H_
#define PIPELINE_RUNTIME_DELIVERY_STAGE_H_

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "absl/time/time.h"
#include "pipeline/api/sink.h"
#include "pipeline/executor/executor.h"
#include "pipeline/executor/wakeup.h"
#include "pipeline/metrics/metrics.h"
#include "pipeline/runtime/backlog_forecast.h"
#include "pipeline/runtime/backoff.h"
#include "pipeline/runtime/dead_letter_counter.h"
#include "pipeline/runtime/delivery_window.h"
#include "pipeline/runtime/lane.h"
#include "pipeline/topology/pipeline_spec.h"
#include "storage/log/event_log.h"

namespace sluice {

struct DeliveryOptions {
  // Name of the sink and of its cursor.
  std::string sink;
  RetryPolicy retry;
  config::v1::UnknownPolicy on_unknown = config::v1::RETRY;
  // Bytes of events read from the log and not done, with what is noted about
  // each. Bounds memory, and how far one slow lane lets the others run ahead;
  // one more batch may be read while there is room. While all lanes get on much
  // less is read, and that is still in the processor's caches when it is sent.
  size_t window_bytes = 8 << 20;
};

// How far the delivery of an event has come that is not done.
struct PendingDelivery {
  // The sink has it and has not answered.
  bool in_flight = false;
  // Tries that failed so far, and what came of the first and the last.
  uint32_t attempts = 0;
  std::string first_error;
  std::string last_error;
  absl::Time last_attempt = absl::InfinitePast();
};

// Delivers everything from the sink's cursor on. Runs on the sink's executor;
// the sink is called there.
//
// What a sink's answers lead to:
//
//   delivered       done
//   retry           again, after the lane's backoff; the attempt counts
//   rejected        dead letter; as one answer for several events: halve and
//                   try again
//   unknown         as retry for an idempotent sink, else by `on_unknown`
//   not tried       again, at once or when the sink wants; the attempt does not
//                   count
//   misconfigured   the sink pauses and is tried again with long backoff; no
//                   attempt counts
//
// A delivery unanswered for twice its timeout counts as unknown; a late answer
// is ignored.
//
// Thread-safety: Wake() from any thread; the rest on the executor.
class DeliveryStage {
 public:
  struct Parts {
    Executor* executor = nullptr;
    Sink* sink = nullptr;
    EventLog* log = nullptr;
    HealthReporter* health = nullptr;
    MetricRegistry* metrics = nullptr;
    MetricLabels labels;
    absl::BitGenRef* random = nullptr;
    // Called after each commit of progress.
    absl::AnyInvocable<void()> on_progress;
    // Kept up to date; null: nobody looks.
    SinkProgress* progress = nullptr;
  };

  DeliveryStage(DeliveryOptions options, Parts parts);
  ~DeliveryStage();
  DeliveryStage(const DeliveryStage&) = delete;
  DeliveryStage& operator=(const DeliveryStage&) = delete;

  // Begins behind what `cursor` says is done. The sink has been started.
  void Start(const CursorInfo& cursor);

  // There may be new events in the log.
  void Wake() { wakeup_.Notify(); }

  // Of an event that was read from the log and is not done; nullopt: it is
  // either further behind, or done.
  std::optional<PendingDelivery> FindPending(Sequence sequence) const;

  // Sends nothing more, waits up to `grace` for answers, stops the sink,
  // commits, and calls `done`.
  void Stop(absl::Duration grace, absl::AnyInvocable<void()> done);

 private:
  // A call of the sink that has not been answered.
  struct Flight {
    uint64_t id = 0;  // 0: none.
    absl::Duration sent;
    absl::Duration overdue;
  };

  void Pump();
  bool SendReady();
  void FillWindow();
  // Whether a lane has less than its next delivery may hold, and none is too
  // far behind.
  bool WantsMore() const;
  // Much waits in the lane.
  bool IsBehind(size_t lane) const;
  // The lane is not held up.
  bool GetsOn(size_t lane, absl::Duration now) const;
  void Admit(const LogBatch& batch);
  void Send(size_t lane);
  void ExpireFront(Lane& lane);
  void OnResult(size_t lane, uint64_t id, DeliveryResult result);
  // Handles one event's outcome. False: it is not done.
  bool Settle(PendingEvent& event, const Outcome& outcome, bool* retry);
  void NoteTrouble(PendingEvent& event, const std::string& error);
  void NoteLatency(const std::vector<PendingEvent>& events, size_t delivered);
  void Finish(PendingEvent& event, Completion completion);
  void Bury(PendingEvent& event, std::string_view reason,
            std::string_view message);
  void Commit();
  void OnMisconfigured(const absl::Status& status);
  void ArmTimer();
  // When the stage has to look again by itself.
  absl::Duration NextLook() const;
  void CheckOverdue();
  void UpdateGauges();
  void FinishStop();
  bool idle() const { return in_flight_ == 0; }

  const DeliveryOptions options_;
  Executor* const executor_;
  Sink* const sink_;
  EventLog* const log_;
  HealthReporter* const health_;
  absl::BitGenRef* const random_;
  absl::AnyInvocable<void()> on_progress_;
  SinkProgress* const progress_;
  const SinkTraits traits_;

  std::deque<Lane> lanes_;
  std::vector<Flight> flights_;
  DeliveryWindow window_;
  Sequence read_from_ = 1;
  // Done before this process, above the cursor; ascending.
  std::deque<storage::v1::SequenceRange> done_before_;
  CursorCommit commit_;
  size_t in_flight_ = 0;
  uint64_t next_flight_ = 1;
  bool pumping_ = false;
  bool stopping_ = false;
  bool log_trouble_ = false;
  // No sending before this monotonic time.
  absl::Duration not_before_ = absl::ZeroDuration();
  Backoff pause_backoff_;
  Executor::TimerId timer_ = 0;
  absl::Duration timer_due_ = absl::InfiniteDuration();
  Executor::TimerId stop_timer_ = 0;
  absl::AnyInvocable<void()> stopped_;

  Counter* const retried_;
  Counter* const unknown_;
  Counter* const deliveries_;
  Gauge* const in_flight_events_;
  Histogram* const answer_seconds_;
  Histogram* const latency_seconds_;
  DeadLetterCounter dead_letters_;
  // Answers that come after this stage is gone find it false.
  const std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
  Wakeup wakeup_;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_DELIVERY_STAGE_H_
