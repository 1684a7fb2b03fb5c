#include "tools/demo/demo.h"

#include <memory>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "boost/json.hpp"
#include "storage/base/status_macros.h"
#include "tools/demo/demo_view.h"
#include "tools/demo/fault_script.h"
#include "tools/demo/pipeline_monitor.h"
#include "tools/sandbox/sample_config.h"
#include "tools/sandbox/sandbox.h"

namespace sluice::demo {
namespace {

namespace json = boost::json;

// The sandbox allows any number here.
constexpr int kRequestsPerSecond = 200;

constexpr absl::Duration kLook = absl::Milliseconds(100);
constexpr absl::Duration kFeedOutage = absl::Seconds(4);
constexpr absl::Duration kDeadTime = absl::Seconds(2);
// With nothing new for so long the demo gives up.
constexpr absl::Duration kPatience = absl::Seconds(120);

sandbox::SandboxOptions MakeSandboxOptions(const DemoOptions& options) {
  sandbox::SandboxOptions sandbox_options;
  sandbox_options.disruptive.devices = options.devices;
  sandbox_options.disruptive.seed = options.seed;
  // Hours of use come in seconds here, and the limit of requests does not
  // shrink with them.
  sandbox_options.disruptive.access.rate_limit = 0;
  sandbox_options.disruptive.cloud.history.indexing_delay =
      absl::Milliseconds(300);
  return sandbox_options;
}

class Demo {
 public:
  explicit Demo(const DemoOptions& options)
      : options_(options),
        view_(options.view, options.view_is_terminal),
        begin_(absl::Now()) {}

  absl::StatusOr<DemoReport> Run();

 private:
  absl::Status Start();
  absl::Status WaitForStream();
  FaultScript MakeScript();
  absl::Status CutStream(const char* how);
  absl::Status KillAndRestart();
  // True once every published event is in the feed and every sink has done with
  // all it has.
  bool Delivered(const sandbox::LedgerReport& totals,
                 const PipelineProgress& progress) const;
  absl::Status RunUntilDelivered(FaultScript script);
  DemoReport MakeReport();
  std::string PageList();
  absl::Duration elapsed() const { return absl::Now() - begin_; }

  const DemoOptions& options_;
  DemoView view_;
  const absl::Time begin_;
  std::unique_ptr<sandbox::Sandbox> sandbox_;
  std::unique_ptr<PipelineMonitor> pipeline_;
  int64_t outage_ = 0;
  int64_t throttling_ = 0;
  uint64_t cuts_ = 0;
  uint64_t kills_ = 0;
  bool complete_ = false;
};

absl::StatusOr<DemoReport> Demo::Run() {
  SLUICE_RETURN_IF_ERROR(Start());
  SLUICE_RETURN_IF_ERROR(WaitForStream());
  SLUICE_RETURN_IF_ERROR(
      sandbox_
          ->Control("POST", "/devices/start",
                    absl::StrCat("{\"rate\":", options_.rate,
                                 ",\"count\":", options_.events, "}"))
          .status());
  view_.Happened(elapsed(), absl::StrCat(options_.devices, " devices publish ",
                                         options_.events, " readings"));
  SLUICE_RETURN_IF_ERROR(RunUntilDelivered(MakeScript()));
  if (options_.at_end) options_.at_end(PageList());
  pipeline_->Stop();
  return MakeReport();
}

absl::Status Demo::Start() {
  SLUICE_ASSIGN_OR_RETURN(
      sandbox_, sandbox::Sandbox::Start(MakeSandboxOptions(options_)));
  view_.Happened(elapsed(),
                 absl::StrCat("the sandbox runs: ", sandbox_->control_url()));
  SLUICE_ASSIGN_OR_RETURN(
      const std::string config,
      sandbox::WriteSampleConfig(sandbox_->ReadyJson(), options_.directory,
                                 kRequestsPerSecond));
  PipelineMonitor::Options monitor;
  monitor.config = config;
  monitor.log_path = absl::StrCat(options_.directory, "/sluice.log");
  pipeline_ = std::make_unique<PipelineMonitor>(std::move(monitor));
  SLUICE_RETURN_IF_ERROR(pipeline_->Start());
  view_.Happened(elapsed(), absl::StrCat("sluice run --config ", config));
  return absl::OkStatus();
}

absl::Status Demo::WaitForStream() {
  const absl::Time limit = absl::Now() + absl::Seconds(30);
  while (pipeline_->progress().source_health != "healthy") {
    if (absl::Now() > limit) {
      return absl::UnavailableError(
          absl::StrCat("the pipeline did not reach the event stream; ",
                       options_.directory, "/sluice.log says why"));
    }
    absl::SleepFor(kLook);
  }
  return absl::OkStatus();
}

absl::Status Demo::CutStream(const char* how) {
  SLUICE_ASSIGN_OR_RETURN(
      const std::string answer,
      sandbox_->Control("POST", "/streams/cut",
                        absl::StrCat("{\"how\":\"", how, "\"}")));
  json::error_code error;
  const json::value value = json::parse(answer, error);
  if (!error && value.is_object()) {
    cuts_ += value.at("cut").to_number<uint64_t>(error);
  }
  return absl::OkStatus();
}

absl::Status Demo::KillAndRestart() {
  pipeline_->Kill();
  ++kills_;
  const absl::Time again = absl::Now() + kDeadTime;
  while (absl::Now() < again) {
    view_.Show(elapsed(), sandbox_->ledger().Totals().published,
               options_.events, pipeline_->progress());
    absl::SleepFor(kLook);
  }
  SLUICE_RETURN_IF_ERROR(pipeline_->Start());
  view_.Happened(elapsed(), "sluice run is started again");
  return absl::OkStatus();
}

FaultScript Demo::MakeScript() {
  return FaultScript({
      {0.15, "the event stream is cut", [this] { return CutStream("fin"); }},
      {0.30,
       absl::StrCat("the feed answers 503 for ",
                    absl::FormatDuration(kFeedOutage)),
       [this] {
         sandbox::Fault fault;
         fault.service = "feed";
         fault.status = 503;
         fault.duration = kFeedOutage;
         outage_ = sandbox_->faults().Add(fault);
         return absl::OkStatus();
       }},
      {0.55, "sluice run is killed with -9",
       [this] { return KillAndRestart(); }},
      {0.75, "the feed answers 429 once",
       [this] {
         sandbox::Fault fault;
         fault.service = "feed";
         fault.status = 429;
         fault.count = 1;
         fault.retry_after = absl::Seconds(1);
         throttling_ = sandbox_->faults().Add(fault);
         return absl::OkStatus();
       }},
      {0.85, "the event stream is cut again, by reset",
       [this] { return CutStream("reset"); }},
  });
}

bool Demo::Delivered(const sandbox::LedgerReport& totals,
                     const PipelineProgress& progress) const {
  if (static_cast<uint64_t>(totals.published) < options_.events) return false;
  for (const sandbox::DestinationReport& destination : totals.destinations) {
    if (destination.name == "feed" && destination.missing > 0) return false;
  }
  if (progress.stored < options_.events || progress.sinks.empty()) return false;
  for (const auto& [name, sink] : progress.sinks) {
    if (sink.waiting > 0) return false;
  }
  return true;
}

absl::Status Demo::RunUntilDelivered(FaultScript script) {
  uint64_t last_seen = 0;
  absl::Time last_change = absl::Now();
  for (;;) {
    if (options_.interrupted && options_.interrupted()) {
      return absl::CancelledError("interrupted");
    }
    const sandbox::LedgerReport totals = sandbox_->ledger().Totals();
    const auto published = static_cast<uint64_t>(totals.published);
    const PipelineProgress progress = pipeline_->progress();
    view_.Show(elapsed(), published, options_.events, progress);
    if (script.done() && Delivered(totals, progress)) {
      complete_ = true;
      view_.Happened(elapsed(), "everything is delivered");
      return absl::OkStatus();
    }
    uint64_t seen = published + progress.stored;
    for (const auto& [name, sink] : progress.sinks) seen += sink.delivered;
    if (seen != last_seen) last_change = absl::Now();
    last_seen = seen;
    if (absl::Now() - last_change > kPatience) return absl::OkStatus();

    const double share =
        static_cast<double>(published) / static_cast<double>(options_.events);
    SLUICE_RETURN_IF_ERROR(script.Advance(
        share,
        [this](const std::string& text) { view_.Happened(elapsed(), text); }));
    absl::SleepFor(kLook);
  }
}

std::string Demo::PageList() {
  return absl::StrCat("  sandbox         ", sandbox_->control_url(),
                      "/\n  feeds           ", sandbox_->url("feed"),
                      "/pages/\n  inthing stream  ", sandbox_->url("inthing"),
                      "/\n");
}

DemoReport Demo::MakeReport() {
  DemoReport report;
  const sandbox::LedgerReport ledger = sandbox_->ledger().Report();
  report.published = static_cast<uint64_t>(ledger.published);
  for (const sandbox::DestinationReport& destination : ledger.destinations) {
    if (destination.name != "feed") continue;
    report.lost = static_cast<uint64_t>(destination.missing);
    report.duplicated = static_cast<uint64_t>(destination.duplicated);
    report.repeated = static_cast<uint64_t>(destination.repeated);
    report.out_of_order = static_cast<uint64_t>(destination.out_of_order);
  }
  const PipelineProgress progress = pipeline_->progress();
  for (const auto& [name, sink] : progress.sinks) {
    report.delivered[name] = sink.delivered;
  }
  report.retried = progress.retried;
  report.backfilled = progress.backfilled;
  report.dead_letters = progress.dead_letters;
  report.unclosed_gaps = progress.unclosed_gaps;
  report.balanced = progress.balanced;
  report.complete = complete_;
  report.faults.stream_cuts = cuts_;
  report.faults.kills = kills_;
  for (const sandbox::FaultState& fault : sandbox_->faults().List()) {
    const auto fired = static_cast<uint64_t>(fault.fired);
    if (fault.id == outage_) report.faults.feed_503 = fired;
    if (fault.id == throttling_) report.faults.feed_429 = fired;
  }
  const absl::StatusOr<std::string> status =
      sandbox_->Control("GET", "/status");
  if (status.ok()) {
    json::error_code error;
    const json::value value = json::parse(*status, error);
    const json::value* posts =
        error ? nullptr : value.find_pointer("/services/inthing/posts", error);
    if (posts != nullptr) {
      report.inthing_posts = posts->to_number<uint64_t>(error);
    }
  }
  report.seconds = absl::ToDoubleSeconds(elapsed());
  return report;
}

}  // namespace

absl::StatusOr<DemoReport> RunDemo(const DemoOptions& options) {
  return Demo(options).Run();
}

}  // namespace sluice::demo
