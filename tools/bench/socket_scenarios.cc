#include "tools/bench/socket_scenarios.h"

#include <cstdint>
#include <memory>
#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "storage/base/status_macros.h"
#include "tools/bench/bench_events.h"
#include "tools/bench/bench_process.h"
#include "tools/bench/limit_scenarios.h"
#include "tools/bench/path_costs.h"
#include "tools/bench/socket_peers.h"

namespace sluice::bench {
namespace {

constexpr char kLinesSource[] =
    "in: {lines: {tcp: {listen: \"127.0.0.1:0\"}, fields: {id: eventId, "
    "subject: targetName, type: eventType, time: timestamp}}}";

std::string HttpSink(uint16_t port) {
  return absl::StrCat("out: {http: {url: \"http://127.0.0.1:", port,
                      "/\", format: json_lines}}");
}

// The port that the source listens at, which its health says.
//   kUnavailable: it does not.
absl::StatusOr<uint16_t> AwaitPort(Process* process) {
  const admin::v1::PipelineStatus status =
      WaitUntil(process, [](const admin::v1::PipelineStatus& seen) {
        return !seen.sources(0).health().message().empty();
      });
  const std::string& place = status.sources(0).health().message();
  uint32_t port = 0;
  if (!absl::SimpleAtoi(place.substr(place.rfind(':') + 1), &port)) {
    return absl::UnavailableError(absl::StrCat("the source says: ", place));
  }
  return static_cast<uint16_t>(port);
}

absl::StatusOr<ScenarioResult> Sockets(const ScenarioOptions& options,
                                       const char* level,
                                       Durability durability) {
  const uint64_t events = EventsOr(options, 3'000'000);
  const std::string text = PreparedLines();
  SLUICE_ASSIGN_OR_RETURN(LineCounter counter, LineCounter::Start(events));
  SLUICE_ASSIGN_OR_RETURN(const std::string folder,
                          MakeFolder(options, "data"));
  SLUICE_ASSIGN_OR_RETURN(
      std::unique_ptr<Process> process,
      StartProcess({.data_dir = folder,
                    .memory_bytes = options.memory_bytes,
                    .pipelines = OnePipeline(
                        kLinesSource, HttpSink(counter.port()), level)}));
  SLUICE_ASSIGN_OR_RETURN(const uint16_t port, AwaitPort(process.get()));
  ScenarioResult result;
  const Stopwatch watch;
  SLUICE_ASSIGN_OR_RETURN(const PeerProcess sender,
                          StartLineSender(port, text, events));
  const bool all_came = counter.Wait();
  AddCosts(watch, events, static_cast<double>(text.size()) / kPreparedLines,
           &result.figures);
  const admin::v1::PipelineStatus status = StopProcess(process.get());
  process.reset();
  AddSyncs(status, &result.figures);
  SLUICE_RETURN_IF_ERROR(AddLimits(options,
                                   FindFigure(result.figures, kRateUnit),
                                   events, durability, &result.figures));
  result.complete = all_came && status.sinks(0).delivered() == events &&
                    status.imbalances_size() == 0;
  return result;
}

absl::StatusOr<ScenarioResult> SocketsDurable(const ScenarioOptions& options) {
  return Sockets(options, "durable", Durability::kDurable);
}

absl::StatusOr<ScenarioResult> SocketsBuffered(const ScenarioOptions& options) {
  return Sockets(options, "buffered", Durability::kBuffered);
}

}  // namespace

std::vector<Scenario> SocketScenarios() {
  constexpr ScenarioGroup kGroup = ScenarioGroup::kPaths;
  return {
      {"sockets_durable", kGroup,
       "lines over TCP to POSTs of 100 through the log, synced",
       &SocketsDurable},
      {"sockets_buffered", kGroup,
       "lines over TCP to POSTs of 100 through the log, not synced",
       &SocketsBuffered},
  };
}

}  // namespace sluice::bench
