// How fast one core makes batches of 1,000 events of about 300 bytes.
//   bazel run -c opt //plugins/generate:generate_benchmark
#include <cstdint>

#include "benchmark/benchmark.h"
#include "plugins/generate/generated_event.h"

namespace sluice::generate {
namespace {

void WriteBatches(benchmark::State& state) {
  constexpr int64_t kEvents = 1000;
  GeneratedEventWriter writer(1, 1000, 200, "//generate/load");
  EventBatchBuilder builder;
  uint64_t index = 0;
  int64_t bytes = 0;
  for (auto _ : state) {
    builder.Reserve(kEvents, kEvents * writer.event_bytes());
    for (int64_t i = 0; i < kEvents; ++i) {
      writer.Write(index++, 1'700'000'000'000'000'000, &builder);
    }
    bytes += builder.wire_size();
    benchmark::DoNotOptimize(builder.Build());
  }
  state.SetItemsProcessed(state.iterations() * kEvents);
  state.SetBytesProcessed(bytes);
}
BENCHMARK(WriteBatches);

}  // namespace
}  // namespace sluice::generate

BENCHMARK_MAIN();
