#include "tools/bench/scenarios.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/base/thread_annotations.h"
#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/synchronization/mutex.h"
#include "absl/synchronization/notification.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "google/protobuf/util/time_util.h"
#include "pipeline/api/plugin_registry.h"
#include "pipeline/runtime/process.h"
#include "pipeline/topology/pipeline_spec.h"
#include "plugins/builtin/builtin.h"
#include "plugins/generate/config.pb.h"
#include "plugins/null/config.pb.h"
#include "storage/base/status_macros.h"
#include "storage/event/event_batch.h"
#include "tools/bench/measurement.h"

namespace sluice::bench {
namespace {

constexpr char kPipeline[] = "bench";

// How long a stopped scenario's deliveries may take.
constexpr absl::Duration kGrace = absl::Seconds(10);

// The registry is made once and never changes.
const PluginRegistry& Plugins() {
  static const PluginRegistry* const registry = [] {
    auto* plugins = new PluginRegistry;
    const absl::Status status = RegisterBuiltinPlugins(*plugins);
    if (!status.ok()) std::abort();
    return plugins;
  }();
  return *registry;
}

SourceSpec GenerateSource(uint64_t count,
                          config::v1::AcknowledgementLevel level) {
  generate::v1::GenerateSourceConfig config;
  config.set_count(count);
  config.set_devices(1000);
  SourceSpec source;
  source.name = "in";
  source.plugin = "generate";
  source.acknowledge = level;
  source.create = [config] {
    return Plugins().source("generate")->create(config);
  };
  return source;
}

SinkSpec NullSink() {
  SinkSpec sink;
  sink.name = "out";
  sink.plugin = "null";
  sink.create = [] {
    return Plugins().sink("null")->create(*Plugins().sink("null")->config);
  };
  return sink;
}

// A destination that is never there.
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

ProcessSpec MakeSpec(const ScenarioOptions& options, SourceSpec source,
                     SinkSpec sink) {
  PipelineSpec pipeline;
  pipeline.name = kPipeline;
  pipeline.sources.push_back(std::move(source));
  pipeline.sinks.push_back(std::move(sink));
  ProcessSpec spec;
  spec.data_dir = options.data_dir;
  spec.memory_bytes = options.memory_bytes;
  spec.pipelines.push_back(std::move(pipeline));
  return spec;
}

absl::Duration SyncTime(const admin::v1::PipelineStatus& status) {
  return absl::Nanoseconds(
      google::protobuf::util::TimeUtil::DurationToNanoseconds(
          status.log().sync_time()));
}

// The use of resources over a stretch of work.
void AddUse(const ResourceUse& before, const ResourceUse& after,
            absl::Duration elapsed, uint64_t events,
            std::vector<Figure>* figures) {
  const double million = static_cast<double>(events) / 1e6;
  figures->emplace_back("events", static_cast<double>(events));
  figures->emplace_back("elapsed_seconds", absl::ToDoubleSeconds(elapsed));
  figures->emplace_back(
      "events_per_second",
      static_cast<double>(events) / absl::ToDoubleSeconds(elapsed));
  figures->emplace_back(
      "cpu_seconds_per_million_events",
      absl::ToDoubleSeconds(after.cpu - before.cpu) / million);
  figures->emplace_back(
      "written_bytes_per_event",
      static_cast<double>(after.written_bytes - before.written_bytes) /
          static_cast<double>(events));
  figures->emplace_back("peak_rss_mib",
                        static_cast<double>(after.peak_rss_bytes) / (1 << 20));
}

void AddSyncs(const admin::v1::PipelineStatus& status,
              std::vector<Figure>* figures) {
  const double syncs = static_cast<double>(status.log().syncs());
  figures->emplace_back("syncs", syncs);
  figures->emplace_back(
      "mean_sync_milliseconds",
      syncs == 0 ? 0 : absl::ToDoubleMilliseconds(SyncTime(status)) / syncs);
}

absl::StatusOr<ScenarioResult> Throughput(
    const ScenarioOptions& options, config::v1::AcknowledgementLevel level) {
  const uint64_t events = options.events == 0 ? 3'000'000 : options.events;
  const ResourceUse before = CurrentResourceUse();
  const absl::Time begin = absl::Now();
  SLUICE_ASSIGN_OR_RETURN(
      std::unique_ptr<Process> process,
      Process::Start(
          MakeSpec(options, GenerateSource(events, level), NullSink())));
  absl::Notification finished;
  process->WhenFinished([&finished] { finished.Notify(); });
  finished.WaitForNotification();
  const absl::Duration elapsed = absl::Now() - begin;
  const ResourceUse after = CurrentResourceUse();
  process->Stop(kGrace);
  const admin::v1::PipelineStatus status = process->Status().pipelines(0);
  ScenarioResult result;
  AddUse(before, after, elapsed, events, &result.figures);
  AddSyncs(status, &result.figures);
  result.complete =
      status.sinks(0).delivered() == events && status.imbalances_size() == 0;
  return result;
}

absl::StatusOr<ScenarioResult> ThroughputDurable(
    const ScenarioOptions& options) {
  SLUICE_ASSIGN_OR_RETURN(ScenarioResult result,
                          Throughput(options, config::v1::DURABLE));
  // The size of a full group after compression, near enough.
  SLUICE_ASSIGN_OR_RETURN(const DiskLimit disk,
                          MeasureDisk(options.data_dir, 1 << 20, 200));
  result.figures.emplace_back("disk_limit_mib_per_second",
                              disk.bytes_per_second / (1 << 20));
  result.figures.emplace_back("disk_limit_sync_p50_milliseconds",
                              absl::ToDoubleMilliseconds(disk.sync_p50));
  return result;
}

absl::StatusOr<ScenarioResult> ThroughputBuffered(
    const ScenarioOptions& options) {
  return Throughput(options, config::v1::BUFFERED);
}

absl::StatusOr<ScenarioResult> Backlog(const ScenarioOptions& options) {
  const uint64_t events = options.events == 0 ? 5'000'000 : options.events;
  SinkSpec sink;
  sink.name = "out";
  sink.plugin = "down";
  sink.create = [] { return std::make_unique<DownSink>(); };
  const ResourceUse before = CurrentResourceUse();
  const absl::Time begin = absl::Now();
  SLUICE_ASSIGN_OR_RETURN(
      std::unique_ptr<Process> process,
      Process::Start(MakeSpec(
          options, GenerateSource(events, config::v1::DURABLE), sink)));
  // Nothing tells when an endless backlog is complete, so look.
  admin::v1::PipelineStatus status;
  do {
    absl::SleepFor(absl::Milliseconds(5));
    status = process->Status().pipelines(0);
  } while (status.sources(0).stored() < events);
  const absl::Duration elapsed = absl::Now() - begin;
  const ResourceUse after = CurrentResourceUse();
  process->Stop(kGrace);
  status = process->Status().pipelines(0);
  ScenarioResult result;
  AddUse(before, after, elapsed, events, &result.figures);
  AddSyncs(status, &result.figures);
  result.figures.emplace_back("stored_bytes_per_event",
                              static_cast<double>(status.log().stored_bytes()) /
                                  static_cast<double>(events));
  result.complete =
      status.sinks(0).waiting() == events && status.imbalances_size() == 0;
  return result;
}

// Emits one event when told to, and is told by the sink when it has arrived.
class Probe {
 public:
  // Emits an event from the source's executor; blocks until the sink has it.
  // Returns the time between.
  absl::Duration PassOne() {
    absl::MutexLock lock(&mu_);
    mu_.Await(absl::Condition(
        +[](Probe* probe) ABSL_EXCLUSIVE_LOCKS_REQUIRED(probe->mu_) {
          return probe->emitter_ != nullptr;
        },
        this));
    arrived_ = false;
    executor_->Post([this] { Emit(); });
    mu_.Await(absl::Condition(&arrived_));
    return arrived_at_ - emitted_at_;
  }

  void SetSource(Executor* executor, Emitter* emitter) {
    absl::MutexLock lock(&mu_);
    executor_ = executor;
    emitter_ = emitter;
  }

  void Arrived() {
    const absl::Time now = absl::Now();
    absl::MutexLock lock(&mu_);
    arrived_at_ = now;
    arrived_ = true;
  }

 private:
  void Emit() {
    absl::MutexLock lock(&mu_);
    const std::string id = absl::StrCat("probe-", ++count_);
    const std::string data(200, 'x');
    EventBatchBuilder builder;
    builder.Add({.id = id, .source = "bench", .subject = "d", .data = data});
    Emission emission;
    emission.events = builder.Build();
    emitted_at_ = absl::Now();
    emitter_->TryEmit(emission);
  }

  absl::Mutex mu_;
  Executor* executor_ ABSL_GUARDED_BY(mu_) = nullptr;
  Emitter* emitter_ ABSL_GUARDED_BY(mu_) = nullptr;
  uint64_t count_ ABSL_GUARDED_BY(mu_) = 0;
  bool arrived_ ABSL_GUARDED_BY(mu_) = false;
  absl::Time emitted_at_ ABSL_GUARDED_BY(mu_);
  absl::Time arrived_at_ ABSL_GUARDED_BY(mu_);
};

class ProbeSource final : public Source {
 public:
  explicit ProbeSource(Probe* probe) : probe_(probe) {}
  absl::Status Start(const ComponentContext& context, Emitter* emitter,
                     std::optional<std::string>) override {
    probe_->SetSource(context.executor, emitter);
    return absl::OkStatus();
  }
  void Stop(absl::AnyInvocable<void()> done) override { done(); }

 private:
  Probe* const probe_;
};

class ProbeSink final : public Sink {
 public:
  explicit ProbeSink(Probe* probe) : probe_(probe) {}
  SinkTraits traits() const override { return {}; }
  absl::Status Start(const ComponentContext&) override {
    return absl::OkStatus();
  }
  void Deliver(Delivery, DeliverCallback done) override {
    probe_->Arrived();
    done(DeliveryResult::All(Outcome::Delivered()));
  }
  void Stop(absl::AnyInvocable<void()> done) override { done(); }

 private:
  Probe* const probe_;
};

void AddQuantiles(const std::string& name, const Distribution& values,
                  std::vector<Figure>* figures) {
  for (const auto& [suffix, quantile] :
       {std::pair<const char*, double>{"p50", 0.5},
        {"p99", 0.99},
        {"p999", 0.999}}) {
    figures->emplace_back(
        absl::StrCat(name, "_", suffix, "_milliseconds"),
        absl::ToDoubleMilliseconds(values.Quantile(quantile)));
  }
}

absl::StatusOr<ScenarioResult> LatencyDurable(const ScenarioOptions& options) {
  const uint64_t events = options.events == 0 ? 1000 : options.events;
  Probe probe;
  SourceSpec source;
  source.name = "in";
  source.plugin = "probe";
  source.create = [&probe] { return std::make_unique<ProbeSource>(&probe); };
  SinkSpec sink;
  sink.name = "out";
  sink.plugin = "probe";
  sink.create = [&probe] { return std::make_unique<ProbeSink>(&probe); };
  SLUICE_ASSIGN_OR_RETURN(std::unique_ptr<Process> process,
                          Process::Start(MakeSpec(options, source, sink)));
  Distribution total;
  Distribution sync;
  Distribution without_sync;
  absl::Duration synced_before = SyncTime(process->Status().pipelines(0));
  for (uint64_t i = 0; i < events; ++i) {
    const absl::Duration latency = probe.PassOne();
    // One event is under way at a time, so the syncs since the last one are its
    // own.
    const absl::Duration synced = SyncTime(process->Status().pipelines(0));
    total.Add(latency);
    sync.Add(synced - synced_before);
    without_sync.Add(latency - (synced - synced_before));
    synced_before = synced;
    // Idle again, as a quiet sensor leaves it.
    absl::SleepFor(absl::Milliseconds(2));
  }
  process->Stop(kGrace);
  const admin::v1::PipelineStatus status = process->Status().pipelines(0);
  ScenarioResult result;
  result.figures.emplace_back("events", static_cast<double>(events));
  AddQuantiles("latency", total, &result.figures);
  AddQuantiles("sync", sync, &result.figures);
  AddQuantiles("latency_without_sync", without_sync, &result.figures);
  result.complete =
      status.sinks(0).delivered() == events && status.imbalances_size() == 0;
  return result;
}

}  // namespace

const std::vector<Scenario>& AllScenarios() {
  static const auto* const scenarios = new std::vector<Scenario>{
      {"throughput_durable", "generate to null through the log, synced",
       &ThroughputDurable},
      {"throughput_buffered", "generate to null through the log, not synced",
       &ThroughputBuffered},
      {"backlog", "a sink that is down while events come in", &Backlog},
      {"latency_durable", "one event at a time through an idle pipeline",
       &LatencyDurable},
  };
  return *scenarios;
}

}  // namespace sluice::bench
