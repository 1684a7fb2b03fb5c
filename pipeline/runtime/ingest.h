// The stage that owns all writing to a log: takes emissions from the queue,
// checks, dedupes, transforms and stores them.
#ifndef PIPELINE_RUNTIME_INGEST_H_
#define PIPELINE_RUNTIME_INGEST_H_

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/random/bit_gen_ref.h"
#include "absl/status/status.h"
#include "pipeline/executor/executor.h"
#include "pipeline/executor/wakeup.h"
#include "pipeline/queue/event_queue.h"
#include "pipeline/runtime/backoff.h"
#include "pipeline/runtime/dead_letter_counter.h"
#include "pipeline/runtime/dedupe_index.h"
#include "pipeline/runtime/transform_chain.h"
#include "proto/config/v1/config.pb.h"
#include "storage/log/event_log.h"

namespace sluice {

struct IngestSource {
  std::string name;
  config::v1::AcknowledgementLevel acknowledge = config::v1::DURABLE;
  // Events may come again: drop repeats by id.
  bool may_repeat = true;
  // Where acknowledgements are called.
  Executor* executor = nullptr;
};

struct IngestOptions {
  size_t max_event_bytes = 1 << 20;
  config::v1::OverflowPolicy overflow = config::v1::BLOCK;
  // Bounds of one log record. Larger records are cheaper to store, smaller ones
  // quicker to read one event of.
  size_t max_batch_events = 1000;
  size_t max_batch_bytes = 512 << 10;
  // Bound of what one write, and so one sync, takes at once.
  size_t max_group_bytes = 4 << 20;
};

// Group commit: each step takes whatever waits in the queue and stores it in
// one write with one sync. While that sync runs the next group gathers, so
// groups grow with the load by themselves and a lone event is never made to
// wait.
//
// A group that cannot be stored is kept and tried again; the queue stays
// charged for it, so sources come to a halt at the queue's bound.
//
// Thread-safety: constructed anywhere; runs on `executor`, which may block on
// the disk. Wake() and NotifyProgress() from any thread; the rest on the
// executor.
class Ingest {
 public:
  // All pointers outlive the stage. `sources` are in the order of
  // QueuedEmission::source.
  struct Parts {
    Executor* executor = nullptr;
    EventQueue* queue = nullptr;
    EventLog* log = nullptr;
    HealthReporter* health = nullptr;
    absl::BitGenRef* random = nullptr;
    std::unique_ptr<TransformChain> transforms;
    DedupeIndex* dedupe = nullptr;
    MetricRegistry* metrics = nullptr;
    std::string pipeline;  // For labels.
  };

  Ingest(IngestOptions options, std::vector<IngestSource> sources, Parts parts);
  ~Ingest();
  Ingest(const Ingest&) = delete;
  Ingest& operator=(const Ingest&) = delete;

  // There is something in the queue.
  void Wake() { wakeup_.Notify(); }

  // A sink has committed progress: it is written soon, and acknowledgements
  // that waited for delivery are given.
  void NotifyProgress();

  // Once the queue is empty and everything in it is stored, syncs and calls
  // `done`; nothing may be pushed any more. With kDeadlineExceeded when
  // `Abandon` came first.
  void Drain(absl::AnyInvocable<void(absl::Status)> done);

  // Gives up on what is not stored yet and answers its acknowledgements with an
  // error; ends a Drain().
  void Abandon();

 private:
  // Somebody who waits for an acknowledgement of events up to `last_sequence`.
  struct Waiting {
    size_t source = 0;
    // Within the group until it is stored, in the log from then on.
    Sequence last_sequence = 0;
    // It has events in the log, its own or the first of repeats, that may not
    // be delivered yet.
    bool has_stored = false;
    absl::AnyInvocable<void(absl::Status)> done;
  };

  // What one write will store.
  struct Group;

  void Step();
  // Takes what waits into a group. False: nothing waited.
  bool Collect();
  void Take(QueuedEmission queued, Group& group);
  // Takes the events as they lie, if nothing but their time of ingest has to be
  // written. False: nothing was done.
  bool TakeWhole(const EventBatchPtr& events, size_t source, Group& group);
  void TakeEvent(const EventView& event, size_t source, Group& group);
  void StoreEvent(const EventView& event, Group& group);
  void CloseBatch(Group& group);
  // Tries to store the group. False: it has to wait.
  bool Store();
  absl::Status TryStore();
  bool HandleRefusal(const absl::Status& status);
  bool MakeRoom();
  void DropGroup();
  void Recovered();
  void Stored(const AppendResult& result);
  void ForgetGroup();
  void FinishDrain();
  void GiveAcknowledgements();
  void Acknowledge(std::vector<Waiting> waiting, const absl::Status& status);
  void RetryLater(const absl::Status& status);

  const IngestOptions options_;
  const std::vector<IngestSource> sources_;
  Executor* const executor_;
  EventQueue* const queue_;
  EventLog* const log_;
  HealthReporter* const health_;
  absl::BitGenRef* const random_;
  const std::unique_ptr<TransformChain> transforms_;
  DedupeIndex* const dedupe_;

  Gauge* const writable_;
  Histogram* const write_seconds_;
  // By source.
  std::map<std::string, DeadLetterCounter, std::less<>> dead_letters_;

  std::unique_ptr<Group> group_;  // Null: nothing waits to be stored.
  // The batch under construction, and memory reused from step to step.
  EventBatchBuilder builder_;
  std::vector<QueuedEmission> drained_;
  absl::Time now_;

  // Acknowledgements that wait for all sinks, by sequence.
  std::deque<Waiting> undelivered_;
  std::atomic<bool> progress_{false};
  Backoff backoff_;
  Executor::TimerId retry_timer_ = 0;
  bool more_in_queue_ = false;
  absl::AnyInvocable<void(absl::Status)> drained_callback_;
  Wakeup wakeup_;
};

}  // namespace sluice

#endif  // PIPELINE_RUNTIME_INGEST_H_
