// Requests to the webhook. The first byte chooses: whether signatures are asked
// for, and whether the body is signed for the sender. The rest is
// "METHOD path", header lines, an empty line and the body.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_split.h"
#include "glog/logging.h"
#include "pipeline/metrics/metrics.h"
#include "plugins/disruptive/webhook/push_intake.h"
#include "plugins/disruptive/webhook/push_request.h"
#include "plugins/disruptive/webhook/push_testing.h"
#include "storage/event/event_batch.h"
#include "tests/testing/manual_executor.h"

namespace sluice::disruptive {
namespace {

constexpr char kSecret[] = "s3cret";

HttpServerRequest ParseRequest(std::string_view text) {
  HttpServerRequest request;
  const size_t end = std::min(text.find("\n\n"), text.size());
  if (end + 2 <= text.size()) request.body = text.substr(end + 2);
  bool first = true;
  for (absl::string_view line :
       absl::StrSplit(absl::string_view(text.data(), end), '\n')) {
    const char separator = first ? ' ' : ':';
    std::pair<std::string, std::string> parts =
        absl::StrSplit(line, absl::MaxSplits(separator, 1));
    if (first) {
      request.method = std::move(parts.first);
      request.path = std::move(parts.second);
      first = false;
    } else {
      request.headers.push_back(std::move(parts));
    }
  }
  return request;
}

// The events of what was taken in are as the log wants them.
void CheckEmission(const Emission& emission) {
  CHECK((emission.events != nullptr) != !emission.malformed.empty());
  if (emission.events == nullptr) return;
  CHECK_EQ(emission.events->size(), 1u);
  CHECK(EventBatch::Parse(std::string(emission.events->wire())).ok());
  CHECK(!emission.events->event(0).id().empty());
}

void Push(const HttpServerRequest& request, ManualExecutor* executor) {
  HoldingEmitter emitter;
  MetricRegistry metrics;
  Counter* const counter = metrics.counter("pushes_total", {}, "");
  Gauge* const gauge = metrics.gauge("waiting", {}, "");
  const auto intake = PushIntake::Create(
      absl::Seconds(8), executor, &emitter,
      {counter, counter, counter, counter, gauge}, [](bool) {});
  const auto answer = std::make_shared<KeptAnswer>();
  intake->Take(request.body, answer);
  if (!emitter.held().empty()) {
    CHECK_EQ(answer->sent, 0) << "answered before it was safe";
    CheckEmission(emitter.held().front());
    emitter.Acknowledge();
    CHECK_EQ(answer->answer->status, 200);
  }
  CHECK_EQ(answer->sent, 1);
  CHECK(answer->answer->status == 200 || answer->answer->status == 400);
}

}  // namespace
}  // namespace sluice::disruptive

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice;
  using namespace sluice::disruptive;
  if (size == 0) return 0;
  ManualExecutor executor;
  HttpServerRequest request = ParseRequest(
      std::string_view(reinterpret_cast<const char*>(data) + 1, size - 1));
  WebhookSettings settings;
  if ((data[0] & 1) != 0) settings.secrets = {"old", kSecret};
  const bool sign = (data[0] & 2) != 0;
  if (sign) {
    request.headers.insert(
        request.headers.begin(),
        {"X-Dt-Signature", SignPush(request.body, kSecret, executor.Now())});
  }
  const auto refusal = RefuseRequest(settings, request, executor.Now());
  if (refusal.has_value()) {
    const int status = refusal->status;
    CHECK(status == 401 || status == 404 || status == 405 || status == 415);
    CHECK(!sign || status != 401) << "a right signature was refused";
    return 0;
  }
  CHECK(sign || settings.secrets.empty() || request.headers.size() > 0);
  Push(request, &executor);
  return 0;
}
