#include "tools/bench/bench_process.h"

#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/topology/config_loader.h"
#include "pipeline/topology/config_problem.h"
#include "plugins/builtin/builtin.h"
#include "storage/base/status_macros.h"
#include "tools/bench/config.pb.h"
#include "tools/bench/devices_source.h"

namespace sluice::bench {
namespace {

// How long each step of a stop may take.
constexpr absl::Duration kGrace = absl::Seconds(10);
constexpr absl::Duration kLookEvery = absl::Milliseconds(5);

class DownSink final : public Sink {
 public:
  SinkTraits traits() const override { return {}; }
  absl::Status Start(const ComponentContext&) override {
    return absl::OkStatus();
  }
  void Deliver(Delivery, DeliverCallback done) override {
    done(DeliveryResult::All(Outcome::Retry("the destination is down")));
  }
  void Stop(absl::AnyInvocable<void()> done) override { done(); }
};

template <typename T>
using StatusOrPtr = absl::StatusOr<std::unique_ptr<T>>;

absl::Status RegisterPlugins(Probe* probe, PluginRegistry* registry) {
  SLUICE_RETURN_IF_ERROR(RegisterBuiltinPlugins(*registry));
  SLUICE_RETURN_IF_ERROR(registry->AddSource<v1::DevicesSourceConfig>(
      "devices", "prepared events of devices",
      [](const v1::DevicesSourceConfig& config) -> StatusOrPtr<Source> {
        return std::make_unique<DevicesSource>(config.count());
      }));
  SLUICE_RETURN_IF_ERROR(registry->AddSink<v1::DownSinkConfig>(
      "down", "never takes anything",
      [](const v1::DownSinkConfig&) -> StatusOrPtr<Sink> {
        return std::make_unique<DownSink>();
      }));
  if (probe == nullptr) return absl::OkStatus();
  SLUICE_RETURN_IF_ERROR(registry->AddSource<v1::ProbeSourceConfig>(
      "probe", "an event when asked",
      [probe](const v1::ProbeSourceConfig&) -> StatusOrPtr<Source> {
        return probe->MakeSource();
      }));
  return registry->AddSink<v1::ProbeSinkConfig>(
      "probe", "notes when events come",
      [probe](const v1::ProbeSinkConfig&) -> StatusOrPtr<Sink> {
        return probe->MakeSink();
      });
}

absl::Status ProblemsOf(const LoadResult& result) {
  std::vector<std::string> lines;
  lines.reserve(result.problems.size());
  for (const ConfigProblem& problem : result.problems) {
    lines.push_back(problem.ToString());
  }
  return absl::InvalidArgumentError(absl::StrJoin(lines, "\n"));
}

}  // namespace

std::string OnePipeline(std::string_view sources, std::string_view sinks,
                        std::string_view level) {
  return absl::StrCat("{", kPipeline, ": {acknowledge: ", std::string(level),
                      ", sources: {", std::string(sources), "}, sinks: {",
                      std::string(sinks), "}}}");
}

absl::StatusOr<std::unique_ptr<Process>> StartProcess(
    const BenchConfig& config) {
  PluginRegistry registry;
  SLUICE_RETURN_IF_ERROR(RegisterPlugins(config.probe, &registry));
  LoadResult loaded = LoadConfigText(
      absl::StrCat("data_dir: bench\nadmin: {listen: off}\nmemory_bytes: ",
                   config.memory_bytes, "\npipelines: ", config.pipelines,
                   "\n"),
      "bench.yaml", registry, ProcessEnvironment());
  if (!loaded.ok()) return ProblemsOf(loaded);
  // Not in the text, where a folder's name could mean something else.
  loaded.loaded->spec.data_dir = config.data_dir;
  return Process::Start(loaded.loaded->spec);
}

void WaitUntilFinished(Process* process) {
  absl::Notification finished;
  process->WhenFinished([&finished] { finished.Notify(); });
  finished.WaitForNotification();
}

admin::v1::PipelineStatus WaitUntil(
    Process* process,
    absl::FunctionRef<bool(const admin::v1::PipelineStatus&)> reached) {
  for (;;) {
    admin::v1::PipelineStatus status = process->Status().pipelines(0);
    if (reached(status)) return status;
    absl::SleepFor(kLookEvery);
  }
}

admin::v1::PipelineStatus StopProcess(Process* process) {
  process->Stop(kGrace);
  return process->Status().pipelines(0);
}

}  // namespace sluice::bench
