#include "tests/bench/hot_stages.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>

#include "absl/random/bit_gen_ref.h"
#include "absl/time/time.h"
#include "glog/logging.h"
#include "pipeline/cloud_event/cloud_event_json.h"
#include "pipeline/queue/event_queue.h"
#include "pipeline/runtime/delivery_stage.h"
#include "pipeline/runtime/ingest.h"
#include "plugins/http/body_encoder.h"
#include "plugins/lines/line_batch.h"
#include "plugins/lines/line_decoder.h"
#include "plugins/lines/line_splitter.h"
#include "storage/format/record.h"
#include "storage/log/memory_event_log.h"
#include "tests/testing/manual_executor.h"
#include "tools/bench/bench_events.h"

namespace sluice {
namespace {

using Run = std::function<size_t()>;
using Batches = std::vector<EventBatchPtr>;

constexpr size_t kQueueBytes = size_t{64} << 20;
constexpr size_t kBodyEvents = 100;

// A clock that stands still, so that times take the same bytes at every run.
class StillClock final : public Clock {
 public:
  absl::Time Now() const override {
    return absl::FromUnixSeconds(1'770'000'000);
  }
};

class NoHealth final : public HealthReporter {
 public:
  void Report(Health) override {}
};

// Takes every append and keeps nothing of it.
class NullLog final : public MemoryEventLog {
 public:
  using MemoryEventLog::MemoryEventLog;
  absl::StatusOr<AppendResult> Append(const AppendRequest& request,
                                      Durability) override {
    const AppendResult result = {stored + 1};
    for (const EventBatchPtr& batch : request.batches) stored += batch->size();
    return result;
  }
  uint64_t stored = 0;
};

class NullSink final : public Sink {
 public:
  SinkTraits traits() const override {
    return {.max_batch_events = 100, .idempotent = true};
  }
  absl::Status Start(const ComponentContext&) override {
    return absl::OkStatus();
  }
  void Deliver(Delivery delivery, DeliverCallback done) override {
    delivered += delivery.items.size();
    done(DeliveryResult::All(Outcome::Delivered()));
  }
  void Stop(absl::AnyInvocable<void()> done) override { done(); }
  size_t delivered = 0;
};

StillClock& GlobalClock() {
  static StillClock clock;
  return clock;
}

// kHotStageEvents in batches of 1,000.
const Batches& AllBatches() {
  static const auto* const batches = [] {
    auto* made = new Batches;
    bench::BatchCycle cycle(kHotStageEvents);
    while (EventBatchPtr batch = cycle.Next()) made->push_back(batch);
    return made;
  }();
  return *batches;
}

// Copies the fields that a source sets.
EventFields FieldsOf(const EventView& event,
                     const std::array<LabelView, 2>& labels) {
  EventFields fields;
  fields.id = event.id();
  fields.source = event.source();
  fields.type = event.type();
  fields.subject = event.subject();
  fields.datacontenttype = event.datacontenttype();
  fields.data = event.data();
  fields.time_unix_nanos = event.time_unix_nanos();
  fields.labels = labels;
  return fields;
}

// Reads of a socket.
constexpr size_t kReadBytes = size_t{256} << 10;

Run PrepareLines() {
  auto text = std::make_shared<std::string>(bench::PreparedLines());
  size_t end = 0;
  for (size_t i = 0; i < kHotStageEvents; ++i) end = text->find('\n', end) + 1;
  return [text, end] {
    lines::LineFormat format;
    format.fields = {.id = "eventId",
                     .subject = "targetName",
                     .type = "eventType",
                     .time = "timestamp"};
    const auto decoder = lines::MakeLineDecoder(format, /*run=*/1);
    lines::LineBatch batch(decoder.get(), {});
    lines::LineSplitter splitter(format.max_line_bytes);
    size_t read = 0;
    for (size_t at = 0; at < end; at += kReadBytes) {
      const size_t bytes = std::min(kReadBytes, end - at);
      batch.Expect(bytes);
      splitter.Feed(std::string_view(*text).substr(at, bytes),
                    text->size() - at - bytes, &batch);
      read += batch.Take().events->size();
    }
    return read;
  };
}

Run PrepareBuild() {
  // Read beforehand, so that only the building is counted.
  auto events = std::make_shared<std::vector<EventFields>>();
  auto labels =
      std::make_shared<std::array<LabelView, 2>>(std::array<LabelView, 2>{
          {{"name", "Freezer 123, second shelf, left side"},
           {"site", "store-12/c0v8rl2q0nu14b9fk3t7"}}});
  for (const EventBatchPtr& batch : AllBatches()) {
    for (size_t i = 0; i < batch->size(); ++i) {
      events->push_back(FieldsOf(batch->event(i), *labels));
    }
  }
  return [events, labels] {
    EventBatchBuilder builder;
    size_t built = 0;
    for (const EventFields& fields : *events) {
      builder.Add(fields);
      if (builder.size() == 1000) built += builder.Build()->size();
    }
    return built + builder.Build()->size();
  };
}

Run PrepareDecode() {
  AllBatches();
  return [] {
    size_t complete = 0;
    for (const EventBatchPtr& batch : AllBatches()) {
      for (size_t i = 0; i < batch->size(); ++i) {
        const EventView event = batch->event(i);
        size_t labels = 0;
        event.ForEachLabel([&labels](const LabelView& label) {
          labels += label.value.empty() ? 0 : 1;
        });
        const bool whole = !event.id().empty() && !event.source().empty() &&
                           !event.type().empty() && !event.subject().empty() &&
                           !event.data().empty() && event.has_time();
        complete += whole && labels == 2 ? 1 : 0;
      }
    }
    return complete;
  };
}

// An ingest stage on an executor that the run drives, before a NullLog.
struct IngestHome {
  IngestHome() : bits(random) {
    queue =
        std::make_unique<EventQueue>(kQueueBytes, [this] { ingest->Wake(); });
    producer = queue->AddProducer(0, &executor, false);
    Ingest::Parts parts;
    parts.executor = &executor;
    parts.queue = queue.get();
    parts.log = &log;
    parts.health = &health;
    parts.random = &bits;
    parts.transforms = std::make_unique<TransformChain>(
        std::vector<std::unique_ptr<Transform>>());
    parts.dedupe = &dedupe;
    parts.metrics = &metrics;
    parts.pipeline = "bench";
    ingest = std::make_unique<Ingest>(
        IngestOptions(),
        std::vector<IngestSource>{{"in", config::v1::DURABLE, true, &executor}},
        std::move(parts));
  }

  ManualExecutor executor;
  std::mt19937_64 random{7};
  absl::BitGenRef bits;
  NoHealth health;
  MetricRegistry metrics;
  NullLog log{LogOptions(), &GlobalClock()};
  DedupeIndex dedupe{absl::Hours(1), 2 * kHotStageEvents};
  std::unique_ptr<EventQueue> queue;
  EventQueue::Producer* producer = nullptr;
  std::unique_ptr<Ingest> ingest;
};

Run PrepareIngest() {
  auto home = std::make_shared<IngestHome>();
  AllBatches();
  return [home] {
    for (const EventBatchPtr& batch : AllBatches()) {
      Emission emission;
      emission.events = batch;
      CHECK(home->producer->TryEmit(emission));
    }
    home->executor.RunReady();
    return static_cast<size_t>(home->log.stored);
  };
}

Run PrepareEncodeRecord() {
  AllBatches();
  return [] {
    format::RecordEncoder encoder(format::Codec::kLz4);
    std::string record;
    size_t encoded = 0;
    for (const EventBatchPtr& batch : AllBatches()) {
      record.clear();
      encoder.Append({.first_sequence = 1}, *batch, &record);
      if (!record.empty()) encoded += batch->size();
    }
    return encoded;
  };
}

void AppendAll(EventLog* log) {
  for (const EventBatchPtr& batch : AllBatches()) {
    AppendRequest request;
    request.batches.push_back(batch);
    CHECK(log->Append(request, Durability::kDurable).ok());
  }
}

Run PrepareAppend() {
  auto log = std::make_shared<MemoryEventLog>(LogOptions(), &GlobalClock());
  CHECK(log->OpenCursor("out", true).ok());
  AllBatches();
  return [log] {
    AppendAll(log.get());
    return static_cast<size_t>(log->stats().next_sequence - 1);
  };
}

// A delivery stage on an executor that the run drives, with a log that holds
// every event in its tail and a sink that takes them.
struct DeliveryHome {
  DeliveryHome() : bits(random), log(BigTail(), &GlobalClock()) {
    cursor = *log.OpenCursor("out", true);
    AppendAll(&log);
    DeliveryStage::Parts parts;
    parts.executor = &executor;
    parts.sink = &sink;
    parts.log = &log;
    parts.health = &health;
    parts.metrics = &metrics;
    parts.random = &bits;
    parts.on_progress = [] {};
    DeliveryOptions options;
    options.sink = "out";
    stage = std::make_unique<DeliveryStage>(options, std::move(parts));
  }
  static LogOptions BigTail() {
    LogOptions options;
    options.tail_bytes = kQueueBytes;
    return options;
  }

  ManualExecutor executor;
  std::mt19937_64 random{7};
  absl::BitGenRef bits;
  NoHealth health;
  MetricRegistry metrics;
  NullSink sink;
  MemoryEventLog log;
  CursorInfo cursor;
  std::unique_ptr<DeliveryStage> stage;
};

Run PrepareDeliver() {
  auto home = std::make_shared<DeliveryHome>();
  return [home] {
    home->stage->Start(home->cursor);
    home->executor.RunReady();
    return home->sink.delivered;
  };
}

Run PrepareJsonBody() {
  AllBatches();
  auto writer = std::make_shared<CloudEventJsonWriter>();
  return [writer] {
    std::string body;
    size_t written = 0;
    size_t in_body = 0;
    for (const EventBatchPtr& batch : AllBatches()) {
      for (size_t i = 0; i < batch->size(); ++i) {
        body.push_back(in_body == 0 ? '[' : ',');
        writer->Append(batch->event(i), &body);
        if (++in_body < kBodyEvents) continue;
        body.push_back(']');
        written += in_body;
        in_body = 0;
        body.clear();
      }
    }
    return written;
  };
}

Run PrepareHttpBody() {
  auto deliveries = std::make_shared<std::vector<std::vector<DeliveryItem>>>();
  for (const EventBatchPtr& batch : AllBatches()) {
    for (size_t i = 0; i < batch->size(); ++i) {
      if (i % kBodyEvents == 0) deliveries->emplace_back();
      deliveries->back().push_back({i, batch->event(i), 1});
    }
  }
  return [deliveries] {
    http::BodyEncoder encoder(http::v1::JSON_ARRAY);
    size_t written = 0;
    for (const std::vector<DeliveryItem>& items : *deliveries) {
      if (!encoder.Encode(items).empty()) written += items.size();
    }
    return written;
  };
}

}  // namespace

const std::vector<HotStage>& HotStages() {
  static const auto* const stages = new std::vector<HotStage>{
      {"lines", "lines of JSON, cut, checked and made events", &PrepareLines},
      {"build", "EventBatchBuilder: events from fields", &PrepareBuild},
      {"ingest", "queue and Ingest with dedupe, to a log that keeps nothing",
       &PrepareIngest},
      {"encode_record", "RecordEncoder with LZ4", &PrepareEncodeRecord},
      {"append", "the log over tables in memory, without LZ4", &PrepareAppend},
      {"deliver", "DeliveryStage to a sink that keeps nothing",
       &PrepareDeliver},
      {"decode", "EventView: every field", &PrepareDecode},
      {"http_body", "the data of events in JSON arrays of 100",
       &PrepareHttpBody},
      {"json_body", "CloudEvents in JSON arrays of 100", &PrepareJsonBody},
  };
  return *stages;
}

}  // namespace sluice
