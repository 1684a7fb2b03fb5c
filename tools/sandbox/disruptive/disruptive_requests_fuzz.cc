// Requests to the emulated API, one behind the other on one emulator. They are
// separated by lines of "---"; each is "METHOD target", an empty line, and the
// body. "CONTROL target" goes to the control server's part. "PROJECT",
// "DEVICE", "KIT" and "ORGANIZATION" stand for ids that exist.

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "boost/json.hpp"
#include "glog/logging.h"
#include "tests/testing/manual_executor.h"
#include "tools/sandbox/disruptive/disruptive_emulator.h"
#include "tools/sandbox/emulator_testing.h"

namespace sluice::sandbox {
namespace {

constexpr size_t kMaxRequests = 20;

struct Bench {
  Bench() {
    DisruptiveOptions options;
    options.devices = 2;
    options.access.required = false;
    options.access.rate_limit = 0;
    options.push_url = "http://h/";
    options.send_push = [this](HttpRequest request,
                               ConnectorPusher::Done done) {
      CHECK(boost::json::parse(request.body).is_object());
      executor.Post(
          [done = std::move(done)]() mutable { done({.status = 200}, {}); });
    };
    emulator = std::make_unique<DisruptiveEmulator>(options, &ledger);
    emulator->Start("http://127.0.0.1:1", &executor);
    const boost::json::value ready = boost::json::parse(emulator->ReadyJson());
    kit = ready.at("kit").as_string().c_str();
    organization = ready.at("organization").as_string().c_str();
  }
  ~Bench() { emulator->Stop(); }

  ManualExecutor executor;
  Ledger ledger;
  std::unique_ptr<DisruptiveEmulator> emulator;
  std::string kit;
  std::string organization;
};

// Every answer is whole, and JSON.
void CheckAnswer(const FakeResponder& responder) {
  CHECK(responder.answer.has_value());
  CHECK_GE(responder.answer->status, 200);
  CHECK_LT(responder.answer->status, 600);
  CHECK_NE(responder.answer->status, 500) << responder.answer->body;
  if (responder.streaming) return;
  boost::system::error_code error;
  boost::json::parse(responder.answer->body, error);
  CHECK(!error) << responder.answer->body;
}

void Run(Bench& bench, absl::string_view template_text) {
  const std::string text = absl::StrReplaceAll(
      template_text, {{"PROJECT", bench.emulator->project()},
                      {"DEVICE", bench.emulator->fleet().devices()[0].id},
                      {"KIT", bench.kit},
                      {"ORGANIZATION", bench.organization}});
  const size_t head = std::min(text.find('\n'), text.size());
  const size_t body = std::min(text.find("\n\n"), text.size());
  std::pair<std::string, std::string> line =
      absl::StrSplit(text.substr(0, head), absl::MaxSplits(' ', 1));
  auto responder = std::make_shared<FakeResponder>();
  const bool control = line.first == "CONTROL";
  HttpServerRequest request = MakeRequest(
      control ? "POST" : line.first, line.second,
      {{"Accept", text.size() % 2 == 0 ? "text/event-stream" : "*/*"}},
      body + 2 <= text.size() ? text.substr(body + 2) : "");
  if (control) {
    // Publishing very much at once takes its time, as it should.
    if (request.path == "/devices/publish") return;
    if (!bench.emulator->Control(request, responder)) return;
  } else {
    bench.emulator->Handle(std::move(request), responder);
  }
  CheckAnswer(*responder);
  bench.executor.RunReady();
  if (responder->streaming) responder->is_connected = false;
}

}  // namespace
}  // namespace sluice::sandbox

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace sluice::sandbox;
  if (size == 0) return 0;
  Bench bench;
  size_t requests = 0;
  for (absl::string_view text : absl::StrSplit(
           absl::string_view(reinterpret_cast<const char*>(data), size),
           "\n---\n")) {
    if (++requests > kMaxRequests) break;
    Run(bench, text);
  }
  return 0;
}
