// What one event costs on its way through memory and encoding. Times are per
// event.
#include <string>

#include "benchmark/benchmark.h"
#include "storage/base/crc32c.h"
#include "storage/event/event_batch.h"
#include "storage/format/record.h"
#include "storage/log/dedupe_key.h"
#include "tools/bench/bench_events.h"

namespace sluice {
namespace {

constexpr size_t kEvents = 1000;

const EventBatchPtr& Batch() {
  static const auto* const batch =
      new EventBatchPtr(bench::MakeBenchBatch(0, kEvents));
  return *batch;
}

// Each iteration handles the whole batch.
void CountEvents(benchmark::State& state) {
  const auto events = static_cast<int64_t>(state.iterations() * kEvents);
  state.SetItemsProcessed(events);
  state.SetBytesProcessed(
      static_cast<int64_t>(state.iterations() * Batch()->wire().size()));
}

void BM_ViewParse(benchmark::State& state) {
  for (auto _ : state) {
    for (size_t i = 0; i < kEvents; ++i) {
      benchmark::DoNotOptimize(EventView::Parse(Batch()->event_wire(i)));
    }
  }
  CountEvents(state);
}
BENCHMARK(BM_ViewParse);

void BM_BatchEvent(benchmark::State& state) {
  for (auto _ : state) {
    for (size_t i = 0; i < kEvents; ++i) {
      benchmark::DoNotOptimize(Batch()->event(i));
    }
  }
  CountEvents(state);
}
BENCHMARK(BM_BatchEvent);

void BM_ProtobufParse(benchmark::State& state) {
  event::v1::Event event;
  for (auto _ : state) {
    for (size_t i = 0; i < kEvents; ++i) {
      const std::string_view wire = Batch()->event_wire(i);
      event.ParseFromArray(wire.data(), static_cast<int>(wire.size()));
      benchmark::DoNotOptimize(event);
    }
  }
  CountEvents(state);
}
BENCHMARK(BM_ProtobufParse);

void BM_BuilderAddFields(benchmark::State& state) {
  EventBatchBuilder builder;
  for (auto _ : state) {
    builder.Reserve(kEvents, Batch()->wire().size());
    for (size_t i = 0; i < kEvents; ++i) {
      const EventView view = Batch()->event(i);
      EventFields fields;
      fields.id = view.id();
      fields.source = view.source();
      fields.type = view.type();
      fields.subject = view.subject();
      fields.datacontenttype = view.datacontenttype();
      fields.data = view.data();
      fields.time_unix_nanos = view.time_unix_nanos();
      builder.Add(fields);
    }
    benchmark::DoNotOptimize(builder.Build());
  }
  CountEvents(state);
}
BENCHMARK(BM_BuilderAddFields);

void BM_BuilderAddBatch(benchmark::State& state) {
  EventBatchBuilder builder;
  for (auto _ : state) {
    builder.Reserve(kEvents, Batch()->wire().size());
    builder.AddBatch(*Batch());
    benchmark::DoNotOptimize(builder.Build());
  }
  CountEvents(state);
}
BENCHMARK(BM_BuilderAddBatch);

void BM_DedupeKey(benchmark::State& state) {
  for (auto _ : state) {
    for (size_t i = 0; i < kEvents; ++i) {
      benchmark::DoNotOptimize(MakeDedupeKey(
          "//disruptive-technologies.com/projects/p1", "c0v1a2b3c40000000001"));
    }
  }
  CountEvents(state);
}
BENCHMARK(BM_DedupeKey);

void BM_RecordEncode(benchmark::State& state) {
  format::RecordEncoder encoder(static_cast<format::Codec>(state.range(0)));
  std::string record;
  for (auto _ : state) {
    record.clear();
    encoder.Append({}, *Batch(), &record);
  }
  CountEvents(state);
  state.counters["ratio"] = static_cast<double>(Batch()->wire().size()) /
                            static_cast<double>(record.size());
}
BENCHMARK(BM_RecordEncode)->Arg(0)->Arg(1);

void BM_RecordDecode(benchmark::State& state) {
  format::RecordEncoder encoder(static_cast<format::Codec>(state.range(0)));
  std::string record;
  encoder.Append({}, *Batch(), &record);
  for (auto _ : state) {
    const auto header = format::ParseRecordHeader(record);
    benchmark::DoNotOptimize(format::ParseRecordBody(*header, record));
  }
  CountEvents(state);
}
BENCHMARK(BM_RecordDecode)->Arg(0)->Arg(1);

void BM_Crc32c(benchmark::State& state) {
  for (auto _ : state) benchmark::DoNotOptimize(Crc32c(Batch()->wire()));
  CountEvents(state);
}
BENCHMARK(BM_Crc32c);

}  // namespace
}  // namespace sluice

BENCHMARK_MAIN();
