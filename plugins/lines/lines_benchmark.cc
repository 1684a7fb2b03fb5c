// What lines cost: cutting, checking, encoding; and the whole source over TCP.
//   bazel run -c opt //plugins/lines:lines_benchmark
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "plugins/lines/line_batch.h"
#include "plugins/lines/line_decoder.h"
#include "plugins/lines/line_splitter.h"
#include "plugins/lines/source_testing.h"

namespace sluice::lines {
namespace {

constexpr size_t kReadBytes = 256 << 10;
constexpr size_t kPadding = 64;

// A log line of 330 bytes, its line feed included.
std::string JsonLine(uint64_t number) {
  std::string line = absl::StrCat(
      R"({"id":"evt-)", 1'000'000'000 + number,
      R"(","timestamp":"2026-01-02T03:04:05.678901Z","host":"web-)",
      100 + number % 900,
      R"(","level":"info","status":200,"duration_ms":12.75,"path":"/api/v1/orders","user":{"id":)",
      1'000'000 + number % 1000, R"(,"name":"somebody"},"message":")");
  line.append(330 - line.size() - 3, 'x');
  return line + "\"}\n";
}

std::string CloudEventLine(uint64_t number) {
  std::string line = absl::StrCat(
      R"({"specversion":"1.0","id":"evt-)", 1'000'000'000 + number,
      R"(","source":"//bench","type":"temperature","subject":"device-)",
      100 + number % 900,
      R"(","time":"2026-01-02T03:04:05.678901Z","datacontenttype":"application/json","data":{"value":24.9,"text":")");
  line.append(330 - line.size() - 4, 'x');
  return line + "\"}}\n";
}

// Whole lines of about a read, padded.
std::string Chunk(std::string (*line)(uint64_t), size_t* lines) {
  std::string chunk;
  for (*lines = 0; chunk.size() + 400 < kReadBytes; ++*lines) {
    chunk += line(*lines);
  }
  return chunk;
}

void DecodeChunks(benchmark::State& state, const LineFormat& format,
                  std::string (*line)(uint64_t)) {
  size_t lines = 0;
  std::string chunk = Chunk(line, &lines);
  const size_t bytes = chunk.size();
  chunk.resize(bytes + kPadding);
  const auto decoder = MakeLineDecoder(format, 1);
  LineBatch batch(decoder.get(), {});
  LineSplitter splitter(1 << 20);
  for (auto _ : state) {
    batch.Expect(bytes);
    splitter.Feed(std::string_view(chunk.data(), bytes), kPadding, &batch);
    Emission emission = batch.Take();
    if (emission.events->size() != lines) {
      return state.SkipWithError("not every line became an event");
    }
    benchmark::DoNotOptimize(emission);
  }
  const auto total = static_cast<int64_t>(state.iterations() * lines);
  state.SetItemsProcessed(total);
  state.SetBytesProcessed(static_cast<int64_t>(state.iterations() * bytes));
  state.counters["ns_per_event"] = benchmark::Counter(
      static_cast<double>(total) * 1e-9,
      benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
}

void DecodeJson(benchmark::State& state) {
  DecodeChunks(state, {.source = "/lines/bench"}, JsonLine);
}
BENCHMARK(DecodeJson);

void DecodeJsonWithFields(benchmark::State& state) {
  LineFormat format = {.source = "/lines/bench"};
  format.fields = {
      .id = "id", .subject = "host", .type = "level", .time = "timestamp"};
  DecodeChunks(state, format, JsonLine);
}
BENCHMARK(DecodeJsonWithFields);

void DecodeCloudEvents(benchmark::State& state) {
  DecodeChunks(state, {.cloud_events = true}, CloudEventLine);
}
BENCHMARK(DecodeCloudEvents);

int Connect(uint16_t port) {
  const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(fd, reinterpret_cast<const sockaddr*>(&address),
              sizeof(address)) != 0) {
    std::abort();
  }
  return fd;
}

// One connection, from the sender's call to the emission. Real time is what
// counts: the sender is this thread, the source's two are others.
void ReceiveOverTcp(benchmark::State& state) {
  size_t lines = 0;
  const std::string chunk = Chunk(JsonLine, &lines);
  StreamSettings stream;
  stream.server.tcp = ListenAddress{.address = "127.0.0.1", .port = 0};
  LinesSettings settings;
  settings.input = stream;
  SourceHome home;
  home.emitter().KeepNoEvents();
  home.Start(settings);
  const int fd = Connect(home.port());
  size_t sent = 0;
  for (auto _ : state) {
    std::string_view rest = chunk;
    while (!rest.empty()) {
      const ssize_t size = send(fd, rest.data(), rest.size(), MSG_NOSIGNAL);
      if (size <= 0) return state.SkipWithError("cannot send");
      rest.remove_prefix(static_cast<size_t>(size));
    }
    sent += lines;
  }
  home.emitter().AwaitEvents(sent);
  close(fd);
  state.SetItemsProcessed(static_cast<int64_t>(sent));
  state.SetBytesProcessed(
      static_cast<int64_t>(state.iterations() * chunk.size()));
}
BENCHMARK(ReceiveOverTcp)->UseRealTime()->MeasureProcessCPUTime();

}  // namespace
}  // namespace sluice::lines

BENCHMARK_MAIN();
