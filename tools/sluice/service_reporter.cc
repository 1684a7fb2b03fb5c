#include "tools/sluice/service_reporter.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "glog/logging.h"
#include "tools/sluice/output.h"

namespace sluice {
namespace {

constexpr absl::Duration kStatusEvery = absl::Seconds(30);
// A watchdog that nobody can satisfy must not keep a processor busy.
constexpr absl::Duration kLeastInterval = absl::Milliseconds(1);
// A thread that is busy for three quarters of the service manager's patience is
// still told apart from one that is stuck.
constexpr int kReportsPerWatchdog = 4;

absl::Duration Interval(absl::Duration watchdog) {
  return std::max(kLeastInterval,
                  std::min(kStatusEvery, watchdog / kReportsPerWatchdog));
}

// "thread ingest has not answered for 30s"; "": all have.
std::string DescribeSilence(const std::vector<ThreadWatch::Report>& threads) {
  std::vector<std::string> silent;
  for (const ThreadWatch::Report& thread : threads) {
    if (thread.silent == absl::ZeroDuration()) continue;
    silent.push_back(absl::StrCat("thread ", thread.name,
                                  " has not answered for ",
                                  absl::FormatDuration(thread.silent)));
  }
  return absl::StrJoin(silent, ", ");
}

}  // namespace

ServiceReporter::ServiceReporter(Parts parts)
    : parts_(std::move(parts)),
      interval_(Interval(parts_.notifier.watchdog())) {}

void ServiceReporter::Ready() {
  Send("READY=1");
  if (parts_.notifier.enabled()) parts_.executor->Post([this] { Report(); });
}

void ServiceReporter::Stopping() { Send("STOPPING=1\nSTATUS=stopping"); }

void ServiceReporter::Report() {
  const absl::Duration now = parts_.executor->MonotonicNow();
  const std::string silence = DescribeSilence(parts_.threads.Look(now));
  if (silence.empty()) {
    Send(absl::StrCat("WATCHDOG=1\nSTATUS=", SummarizeStatus(parts_.status())));
  } else {
    LOG(WARNING) << silence;
    Send(absl::StrCat("STATUS=", silence));
  }
  parts_.threads.Ask(now);
  parts_.executor->PostAfter(interval_, [this] { Report(); });
}

void ServiceReporter::Send(std::string_view lines) const {
  const absl::Status status = parts_.notifier.Notify(lines);
  if (!status.ok()) LOG(WARNING) << std::string(status.message());
}

std::string SummarizeStatus(const admin::v1::ProcessStatus& status) {
  uint64_t received = 0;
  uint64_t waiting = 0;
  for (const admin::v1::PipelineStatus& pipeline : status.pipelines()) {
    for (const auto& source : pipeline.sources()) received += source.received();
    for (const auto& sink : pipeline.sinks()) waiting += sink.waiting();
  }
  const bool stopping = status.state() == admin::v1::PROCESS_STOPPING;
  return absl::StrCat(
      stopping ? "stopping; " : "", Count(status.pipelines_size(), "pipeline"),
      ", ", Count(received, "event"), " received, ", waiting, " waiting");
}

}  // namespace sluice
