// How long the body of a request of 100 typical events takes, beside what
// copying the payloads alone takes, and what gzip adds.
#include <cstdint>
#include <string>
#include <vector>

#include "benchmark/benchmark.h"
#include "pipeline/http/gzip_encoder.h"
#include "plugins/http/body_encoder.h"
#include "proto/event/v1/event.pb.h"
#include "storage/event/event_batch.h"

namespace sluice::http {
namespace {

constexpr int kEvents = 100;

// About 330 bytes of payload, on one line or on several.
std::string TypicalPayload(int number, bool on_one_line) {
  std::string json = R"({"temperature":{"value":2)" + std::to_string(number) +
                     R"(.9,"updateTime":"2019-05-16T08:15:18.318751Z",)"
                     R"("samples":[)";
  for (int i = 0; i < 4; ++i) {
    if (i > 0) json += ",";
    json += on_one_line ? "" : "\n  ";
    json += R"({"value":24.9,"sampleTime":"2019-05-16T08:15:18.318751Z"})";
  }
  return json + R"(],"isBackfilled":false}})";
}

// Keeps the batch that the items look into.
struct Input {
  EventBatchPtr batch;
  std::vector<DeliveryItem> items;
  size_t payload_bytes = 0;
};

Input MakeInput(bool on_one_line) {
  EventBatchBuilder builder;
  Input input;
  for (int i = 0; i < kEvents; ++i) {
    event::v1::Event event;
    event.set_id("bjeho5nlafj3bdrehgsg");
    event.set_source(
        "//disruptive-technologies.com/projects/bhmh0143iktucae701vg");
    event.set_type("temperature");
    event.set_subject(
        "projects/bhmh0143iktucae701vg/devices/bchonod7rihjtvdmd2vg");
    event.set_time_unix_nanos(1'557'994'518'318'751'000);
    event.set_datacontenttype("application/json");
    event.set_data(TypicalPayload(i % 10, on_one_line));
    input.payload_bytes += event.data().size();
    builder.Add(event);
  }
  input.batch = builder.Build();
  for (size_t i = 0; i < input.batch->size(); ++i) {
    input.items.push_back({i, input.batch->event(i), 1});
  }
  return input;
}

// The floor: nothing but the bytes.
void BM_CopyPayloads(benchmark::State& state) {
  const Input input = MakeInput(/*on_one_line=*/true);
  for (auto _ : state) {
    std::string body;
    body.reserve(input.payload_bytes + kEvents + 1);
    for (const DeliveryItem& item : input.items) {
      body.append(item.event.data());
    }
    benchmark::DoNotOptimize(body.data());
  }
  state.SetItemsProcessed(state.iterations() * kEvents);
  state.counters["body_bytes"] = static_cast<double>(input.payload_bytes);
}
BENCHMARK(BM_CopyPayloads);

void BM_Encode(benchmark::State& state, v1::Format format, bool on_one_line) {
  const Input input = MakeInput(on_one_line);
  BodyEncoder encoder(format);
  std::string body;
  for (auto _ : state) {
    body = encoder.Encode(input.items);
    benchmark::DoNotOptimize(body.data());
  }
  state.SetItemsProcessed(state.iterations() * kEvents);
  state.counters["body_bytes"] = static_cast<double>(body.size());
}
BENCHMARK_CAPTURE(BM_Encode, json_array, v1::JSON_ARRAY, true);
BENCHMARK_CAPTURE(BM_Encode, json_lines, v1::JSON_LINES, true);
BENCHMARK_CAPTURE(BM_Encode, json_lines_of_several, v1::JSON_LINES, false);
BENCHMARK_CAPTURE(BM_Encode, cloud_events, v1::CLOUD_EVENTS, true);

void BM_Gzip(benchmark::State& state) {
  const Input input = MakeInput(/*on_one_line=*/true);
  const std::string body = BodyEncoder(v1::JSON_ARRAY).Encode(input.items);
  GzipEncoder gzip;
  std::string compressed;
  for (auto _ : state) {
    compressed = gzip.Encode(body);
    benchmark::DoNotOptimize(compressed.data());
  }
  state.SetBytesProcessed(state.iterations() *
                          static_cast<int64_t>(body.size()));
  state.counters["compressed_bytes"] = static_cast<double>(compressed.size());
}
BENCHMARK(BM_Gzip);

}  // namespace
}  // namespace sluice::http

BENCHMARK_MAIN();
