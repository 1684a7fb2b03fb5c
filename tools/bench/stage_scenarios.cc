#include "tools/bench/stage_scenarios.h"

#include <string>
#include <utility>

#include "pipeline/cloud_event/cloud_event_json.h"
#include "pipeline/executor/thread_executor.h"
#include "pipeline/queue/event_queue.h"
#include "storage/base/status_macros.h"
#include "tools/bench/bench_events.h"
#include "tools/bench/post_load.h"

namespace sluice::bench {
namespace {

constexpr size_t kQueueBytes = size_t{16} << 20;
// Events of a body, as most services take them.
constexpr size_t kBodyEvents = 100;

// Pushes until the queue is full or `cycle` is at its end. Returns the events.
uint64_t FillQueue(EventQueue::Producer* producer, BatchCycle* cycle,
                   Emission* refused) {
  uint64_t pushed = 0;
  for (;;) {
    if (refused->events == nullptr) refused->events = cycle->Next();
    if (refused->events == nullptr) return pushed;
    const uint64_t events = refused->events->size();
    if (!producer->TryEmit(*refused)) return pushed;
    *refused = Emission();
    pushed += events;
  }
}

uint64_t EmptyQueue(EventQueue* queue, std::vector<QueuedEmission>* drained) {
  uint64_t events = 0;
  while (queue->used_bytes() > 0) {
    queue->Drain(kQueueBytes, drained);
    size_t bytes = 0;
    for (const QueuedEmission& emission : *drained) {
      events += emission.emission.events->size();
      bytes += emission.bytes;
    }
    drained->clear();
    queue->Release(bytes);
  }
  return events;
}

absl::StatusOr<ScenarioResult> StageQueue(const ScenarioOptions& options) {
  const uint64_t events = EventsOr(options, 1'000'000'000);
  PreparedBatches();
  ThreadExecutor executor("bench");
  EventQueue queue(kQueueBytes, [] {});
  EventQueue::Producer* producer = queue.AddProducer(0, &executor, false);
  BatchCycle cycle(events);
  Emission refused;
  std::vector<QueuedEmission> drained;
  uint64_t pushed = 0;
  uint64_t taken = 0;
  const ThreadStopwatch watch;
  while (taken < events) {
    pushed += FillQueue(producer, &cycle, &refused);
    taken += EmptyQueue(&queue, &drained);
  }
  ScenarioResult result;
  AddMainWork(watch.Observe(events), &result.figures);
  result.complete = pushed == events && taken == events;
  return result;
}

// Reads every field and returns the bytes of them all.
uint64_t ReadAllFields(const EventView& event) {
  uint64_t bytes = event.id().size() + event.source().size() +
                   event.type().size() + event.subject().size() +
                   event.datacontenttype().size() + event.data().size();
  if (event.has_time()) bytes += sizeof(int64_t);
  if (event.ingest_time_unix_nanos() != 0) bytes += sizeof(int64_t);
  event.ForEachLabel([&bytes](const LabelView& label) {
    bytes += label.key.size() + label.value.size();
  });
  return bytes;
}

// The bytes of all fields of `events` events in a cycle.
uint64_t DecodeAll(uint64_t events) {
  uint64_t bytes = 0;
  BatchCycle cycle(events);
  while (const EventBatchPtr batch = cycle.Next()) {
    for (size_t i = 0; i < batch->size(); ++i) {
      bytes += ReadAllFields(batch->event(i));
    }
  }
  return bytes;
}

absl::StatusOr<ScenarioResult> StageDecode(const ScenarioOptions& options) {
  const uint64_t events = EventsOr(options, 20'000'000);
  PreparedBatches();
  const ThreadStopwatch watch;
  const uint64_t bytes = DecodeAll(events);
  ScenarioResult result;
  AddMainWork(watch.Observe(events), &result.figures);
  result.figures.emplace_back(
      "field_bytes_per_event",
      Ratio(static_cast<double>(bytes), static_cast<double>(events)));
  // Every event has an id of 20 bytes and two times at least.
  result.complete = bytes > events * 36;
  return result;
}

// Writes `events` events as JSON arrays of kBodyEvents and returns the bytes.
uint64_t EncodeAll(uint64_t events) {
  CloudEventJsonWriter writer;
  BatchCycle cycle(events);
  std::string body;
  uint64_t bytes = 0;
  while (const EventBatchPtr batch = cycle.Next()) {
    for (size_t i = 0; i < batch->size(); ++i) {
      body.push_back(body.empty() ? '[' : ',');
      writer.Append(batch->event(i), &body);
      if ((i + 1) % kBodyEvents != 0 && i + 1 != batch->size()) continue;
      body.push_back(']');
      bytes += body.size();
      body.clear();
    }
  }
  return bytes;
}

absl::StatusOr<ScenarioResult> StageEncode(const ScenarioOptions& options) {
  const uint64_t events = EventsOr(options, 5'000'000);
  PreparedBatches();
  const ThreadStopwatch watch;
  const uint64_t bytes = EncodeAll(events);
  const Work work = watch.Observe(events);
  ScenarioResult result;
  AddMainWork(work, &result.figures);
  result.figures.emplace_back(
      "body_bytes_per_event",
      Ratio(static_cast<double>(bytes), static_cast<double>(events)));
  // No event is shorter as JSON than its payload and its id.
  result.complete = bytes > events * 100;
  return result;
}

absl::StatusOr<ScenarioResult> StagePost(const ScenarioOptions& options) {
  const uint64_t events = EventsOr(options, 5'000'000);
  PostLoad load;
  load.requests = (events + kBodyEvents - 1) / kBodyEvents;
  load.body_bytes = 35'000;
  load.in_flight = 4;
  SLUICE_ASSIGN_OR_RETURN(const PostResult posted, RunPostLoad(load));
  ScenarioResult result;
  AddMainWork({events, posted.elapsed, posted.client_cpu}, &result.figures);
  result.figures.emplace_back("requests_per_second",
                              Ratio(static_cast<double>(load.requests),
                                    absl::ToDoubleSeconds(posted.elapsed)));
  result.complete = posted.answered == load.requests;
  return result;
}

}  // namespace

std::vector<Scenario> StageScenarios() {
  constexpr ScenarioGroup kGroup = ScenarioGroup::kStages;
  return {
      {"stage_queue", kGroup, "EventQueue: batches of 1,000 pushed and drained",
       &StageQueue},
      {"stage_decode", kGroup, "EventView: every field of every event",
       &StageDecode},
      {"stage_encode", kGroup, "CloudEvents in JSON arrays of 100",
       &StageEncode},
      {"stage_post", kGroup,
       "HttpLoop: POSTs of 35 KB on loopback, 4 in flight; CPU of the client",
       &StagePost},
  };
}

}  // namespace sluice::bench
