// How many activities a second the emulated feed service takes, in batches as
// a sink sends them.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "benchmark/benchmark.h"
#include "pipeline/auth/jwt.h"
#include "pipeline/executor/executor.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/emulator_testing.h"
#include "tools/sandbox/feed/feed_emulator.h"
#include "tools/sandbox/feed/feed_ids.h"

namespace sluice::sandbox {
namespace {

constexpr int64_t kFirst = 1'700'000'000'000'000;  // microseconds
// Then the service starts anew, so that memory stays bounded.
constexpr int64_t kMostActivities = 1'000'000;

// A batch as the sink `feed` writes it for temperature events, and the events
// in the ledger.
std::string Batch(int64_t first, int64_t count, Ledger& ledger) {
  std::string body = "{\"activities\":[";
  for (int64_t i = first; i < first + count; ++i) {
    const std::string event = absl::StrCat("bjeho5nlaf", i);
    ledger.Published(event, "device-1");
    absl::StrAppend(
        &body, i == first ? "" : ",",
        R"({"actor":"device:bchonod7rihjtvdmd2vg","verb":"temperature",)"
        R"("object":"room:99","foreign_id":"bchonod7rihjtvdmd2vg:)",
        event, R"(","time":")", FormatActivityTime(kFirst + i * 1000),
        R"(","temperature":24.9,"updated":"2019-05-16T08:15:18.318751Z",)"
        R"("backfilled":false})");
  }
  return body + "]}";
}

void BM_AddBatches(benchmark::State& state) {
  const int64_t per_batch = state.range(0);
  const FeedOptions options;
  const std::string token = SignJwt(
      R"({"alg":"HS256","typ":"JWT"})",
      R"({"resource":"feed","action":"*","feed_id":"*"})", options.api_secret);
  ManualExecutor executor;
  auto ledger = std::make_unique<Ledger>();
  auto emulator = std::make_unique<FeedEmulator>(options, ledger.get());
  emulator->Start("http://127.0.0.1:8082", &executor);
  int64_t next = 0;
  for (auto _ : state) {
    state.PauseTiming();
    if (next >= kMostActivities) {
      emulator.reset();
      ledger = std::make_unique<Ledger>();
      emulator = std::make_unique<FeedEmulator>(options, ledger.get());
      emulator->Start("http://127.0.0.1:8082", &executor);
      next = 0;
    }
    HttpServerRequest request =
        MakeRequest("POST", "/api/v1.0/feed/room/99/?api_key=sandbox_key",
                    {{"Authorization", token}, {"stream-auth-type", "jwt"}},
                    Batch(next, per_batch, *ledger));
    next += per_batch;
    auto responder = std::make_shared<FakeResponder>();
    state.ResumeTiming();
    emulator->Handle(std::move(request), responder);
    if (responder->answer->status != 201) {
      state.SkipWithError(responder->answer->body.c_str());
    }
  }
  state.SetItemsProcessed(state.iterations() * per_batch);
}
BENCHMARK(BM_AddBatches)->Arg(1)->Arg(100);

}  // namespace
}  // namespace sluice::sandbox

BENCHMARK_MAIN();
