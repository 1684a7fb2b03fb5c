#include "tools/sluice/status_output.h"

#include <algorithm>
#include <cmath>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/strip.h"
#include "google/protobuf/util/time_util.h"
#include "tools/sluice/estimate.h"
#include "tools/sluice/output.h"

namespace sluice {
namespace {

using admin::v1::PipelineStatus;
using admin::v1::ProcessStatus;
using admin::v1::SinkStatus;
using admin::v1::SourceStatus;
using google::protobuf::util::TimeUtil;

void AddHealth(const admin::v1::Health& health, boost::json::object* object) {
  if (health.state() == admin::v1::HEALTH_STATE_UNSPECIFIED) return;
  (*object)["health"] =
      absl::AsciiStrToLower(admin::v1::HealthState_Name(health.state()));
  if (!health.message().empty()) {
    (*object)["health_message"] = health.message();
  }
}

const char* GapStateName(admin::v1::GapState state) {
  switch (state) {
    case admin::v1::GAP_CLOSED:
      return "closed";
    case admin::v1::GAP_UNCLOSED:
      return "unclosed";
    default:
      return "open";
  }
}

boost::json::object GapsToJson(const admin::v1::SourceGaps& gaps) {
  boost::json::array recent;
  for (const admin::v1::Gap& gap : gaps.recent()) {
    recent.push_back(
        boost::json::object{{"state", GapStateName(gap.state())},
                            {"cause", gap.cause()},
                            {"start", TimeUtil::ToString(gap.start())},
                            {"end", TimeUtil::ToString(gap.end())},
                            {"recovered_events", gap.recovered_events()},
                            {"reason", gap.reason()}});
  }
  return {{"open", gaps.open()},
          {"closed", gaps.closed()},
          {"unclosed", gaps.unclosed()},
          {"recovered_events", gaps.recovered_events()},
          {"recent", std::move(recent)}};
}

// A line about the gaps of a source, and one for each that has lost something.
std::string FormatGaps(const SourceStatus& source) {
  const admin::v1::SourceGaps& gaps = source.gaps();
  std::string text = absl::StrCat(
      "  gaps of ", source.name(), ": ", gaps.closed(), " closed, ",
      gaps.open(), " open, ", gaps.unclosed(), " not closed; ",
      Count(gaps.recovered_events(), "event"), " recovered\n");
  for (const admin::v1::Gap& gap : gaps.recent()) {
    if (gap.state() != admin::v1::GAP_UNCLOSED) continue;
    absl::StrAppend(&text, "    NOT CLOSED: from ",
                    TimeUtil::ToString(gap.start()), " to ",
                    TimeUtil::ToString(gap.end()), ": ", gap.reason(), "\n");
  }
  return text;
}

boost::json::object SourceToJson(const SourceStatus& source) {
  boost::json::object object{{"name", source.name()},
                             {"plugin", source.plugin()},
                             {"received", source.received()},
                             {"stored", source.stored()},
                             {"duplicate", source.duplicate()},
                             {"filtered", source.filtered()},
                             {"dropped", source.dropped()},
                             {"dead_lettered", source.dead_lettered()},
                             {"added", source.added()},
                             {"finished", source.finished()}};
  if (source.has_gaps()) object["gaps"] = GapsToJson(source.gaps());
  AddHealth(source.health(), &object);
  return object;
}

const char* BacklogStateName(admin::v1::BacklogState state) {
  switch (state) {
    case admin::v1::BACKLOG_NONE:
      return "none";
    case admin::v1::BACKLOG_SHRINKS:
      return "shrinks";
    case admin::v1::BACKLOG_GROWS:
      return "grows";
    case admin::v1::BACKLOG_STALLED:
      return "stalled";
    default:
      return "unknown";
  }
}

boost::json::object BacklogToJson(const admin::v1::Backlog& backlog) {
  boost::json::object object{
      {"state", BacklogStateName(backlog.state())},
      {"delivered_per_second", backlog.delivered_per_second()},
      {"taken_in_per_second", backlog.taken_in_per_second()}};
  if (backlog.allowed_per_second() > 0) {
    object["allowed_per_second"] = backlog.allowed_per_second();
  }
  if (backlog.has_done_in()) {
    object["done_in_seconds"] = backlog.done_in().seconds();
  }
  return object;
}

// "12,000".
std::string Grouped(uint64_t n) {
  std::string digits = absl::StrCat(n);
  for (int at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3) {
    digits.insert(at, ",");
  }
  return digits;
}

std::string PerSecond(double rate) {
  if (rate >= 10) return absl::StrCat(Grouped(std::llround(rate)), "/s");
  return absl::StrFormat("%.1f/s", rate);
}

boost::json::object SinkToJson(const SinkStatus& sink) {
  boost::json::object object{{"name", sink.name()},
                             {"plugin", sink.plugin()},
                             {"delivered", sink.delivered()},
                             {"dead_lettered", sink.dead_lettered()},
                             {"filtered", sink.filtered()},
                             {"dropped", sink.dropped()},
                             {"corrupt", sink.corrupt()},
                             {"skipped", sink.skipped()},
                             {"rewound", sink.rewound()},
                             {"waiting", sink.waiting()},
                             {"in_flight", sink.in_flight()},
                             {"retried", sink.retried()},
                             {"unknown", sink.unknown()},
                             {"start_sequence", sink.start_sequence()},
                             {"next_sequence", sink.next_sequence()},
                             {"done_ahead", sink.done_ahead()},
                             {"parked", sink.parked()}};
  if (sink.has_oldest_waiting()) {
    object["oldest_waiting"] = TimeUtil::ToString(sink.oldest_waiting());
  }
  if (sink.has_backlog()) object["backlog"] = BacklogToJson(sink.backlog());
  AddHealth(sink.health(), &object);
  return object;
}

boost::json::object LogToJson(const admin::v1::LogStatus& log) {
  boost::json::object object{
      {"first_sequence", log.first_sequence()},
      {"next_sequence", log.next_sequence()},
      {"stored_bytes", log.stored_bytes()},
      {"tail_bytes", log.tail_bytes()},
      {"dead_letters", log.dead_letters()},
      {"dead_letter_bytes", log.dead_letter_bytes()},
      {"dead_letters_made", log.dead_letters_made()},
      {"dead_letters_redriven", log.dead_letters_redriven()},
      {"dead_letters_purged", log.dead_letters_purged()},
      {"dead_letters_dropped", log.dead_letters_dropped()},
      {"dead_letters_lost", log.dead_letters_lost()},
      {"corrupt_events", log.corrupt_events()},
      {"syncs", log.syncs()},
      {"sync_seconds",
       static_cast<double>(TimeUtil::DurationToNanoseconds(log.sync_time())) *
           1e-9}};
  if (log.max_bytes() > 0) object["max_bytes"] = log.max_bytes();
  AddHealth(log.health(), &object);
  return object;
}

boost::json::object PipelineToJson(const PipelineStatus& pipeline) {
  boost::json::array sources;
  for (const SourceStatus& source : pipeline.sources()) {
    sources.push_back(SourceToJson(source));
  }
  boost::json::array sinks;
  for (const SinkStatus& sink : pipeline.sinks()) {
    sinks.push_back(SinkToJson(sink));
  }
  boost::json::array imbalances;
  for (const std::string& imbalance : pipeline.imbalances()) {
    imbalances.emplace_back(imbalance);
  }
  return {{"name", pipeline.name()},
          {"state", PipelineStateName(pipeline.state())},
          {"sources", std::move(sources)},
          {"sinks", std::move(sinks)},
          {"log", LogToJson(pipeline.log())},
          {"finished", pipeline.finished()},
          {"balanced", imbalances.empty()},
          {"imbalances", std::move(imbalances)}};
}

bool HasBacklog(const SinkStatus& sink) {
  return sink.waiting() > 0 && sink.has_backlog() && !sink.parked();
}

boost::json::object MemoryToJson(const admin::v1::MemoryStatus& memory) {
  return {{"limit_bytes", memory.limit_bytes()},
          {"used_bytes", memory.used_bytes()},
          {"queue_bytes", memory.queue_bytes()},
          {"tail_bytes", memory.tail_bytes()},
          {"window_bytes", memory.window_bytes()},
          {"dedupe_bytes", memory.dedupe_bytes()},
          {"log_bytes", memory.log_bytes()}};
}

std::string Number(uint64_t n) { return absl::StrCat(n); }

// What is unusual about a sink's name in a table.
std::string NameMark(const SinkStatus& sink) {
  if (sink.parked()) return " (parked)";
  return sink.paused() ? " (paused)" : "";
}

bool Runs(const PipelineStatus& pipeline) {
  return pipeline.state() != admin::v1::PIPELINE_DRAINING &&
         pipeline.state() != admin::v1::PIPELINE_PAUSED;
}

}  // namespace

std::string PipelineStateName(admin::v1::PipelineState state) {
  const std::string name = admin::v1::PipelineState_Name(state);
  return absl::AsciiStrToLower(absl::StripPrefix(name, "PIPELINE_"));
}

void PrintPipeline(const PipelineStatus& pipeline, OutputFormat format,
                   std::ostream& out) {
  ProcessStatus whole;
  *whole.add_pipelines() = pipeline;
  if (format == OutputFormat::kJson) {
    out << StatusToJson(whole).at("pipelines").at(0) << "\n";
  } else {
    out << FormatLedger(whole);
  }
}

std::string FormatBacklog(const SinkStatus& sink) {
  const admin::v1::Backlog& backlog = sink.backlog();
  std::string text = absl::StrCat("backlog ", Grouped(sink.waiting()), ", ");
  if (backlog.state() == admin::v1::BACKLOG_UNKNOWN) {
    return text + "not known yet how long it takes";
  }
  text += PerSecond(backlog.delivered_per_second());
  if (backlog.taken_in_per_second() > 0) {
    absl::StrAppend(&text, " with ", PerSecond(backlog.taken_in_per_second()),
                    " coming in");
  }
  if (backlog.allowed_per_second() > 0) {
    absl::StrAppend(&text, " (limits allow ",
                    PerSecond(backlog.allowed_per_second()), ")");
  }
  switch (backlog.state()) {
    case admin::v1::BACKLOG_SHRINKS:
      return absl::StrCat(text, ", done in about ",
                          About(absl::Seconds(backlog.done_in().seconds())));
    case admin::v1::BACKLOG_GROWS:
      return text + ", grows";
    default:
      return text + ", stands still";
  }
}

boost::json::object StatusToJson(const ProcessStatus& status) {
  boost::json::array pipelines;
  for (const PipelineStatus& pipeline : status.pipelines()) {
    pipelines.push_back(PipelineToJson(pipeline));
  }
  boost::json::array metrics;
  for (const admin::v1::Metric& metric : status.metrics()) {
    boost::json::object object{{"name", metric.name()}};
    for (const admin::v1::Metric::Label& label : metric.labels()) {
      object[label.name()] = label.value();
    }
    object["value"] = metric.value();
    metrics.push_back(std::move(object));
  }
  boost::json::object object{{"time", TimeUtil::ToString(status.time())},
                             {"balanced", IsBalanced(status)},
                             {"pipelines", std::move(pipelines)},
                             {"metrics", std::move(metrics)}};
  if (status.has_memory()) object["memory"] = MemoryToJson(status.memory());
  return object;
}

namespace {

// What an operator did to the place where the sink stands.
std::string FormatMoves(const SinkStatus& sink) {
  std::string text;
  if (sink.skipped() > 0) {
    absl::StrAppend(&text, "  ", sink.name(), ": ", Number(sink.skipped()),
                    " events were skipped by an operator\n");
  }
  if (sink.rewound() > 0) {
    absl::StrAppend(
        &text, "  ", sink.name(), ": ", Number(sink.rewound()),
        " events were done and made to wait again by an operator\n");
  }
  return text;
}

}  // namespace

std::string FormatLedger(const ProcessStatus& status) {
  std::string text;
  for (const PipelineStatus& pipeline : status.pipelines()) {
    absl::StrAppend(
        &text, "pipeline ", pipeline.name(),
        Runs(pipeline) ? "" : ", " + PipelineStateName(pipeline.state()), "\n");
    std::vector<std::vector<std::string>> sources = {
        {"  source", "received", "stored", "duplicate", "filtered", "dropped",
         "dead letters"}};
    for (const SourceStatus& source : pipeline.sources()) {
      sources.push_back({absl::StrCat("  ", source.name()),
                         Number(source.received()), Number(source.stored()),
                         Number(source.duplicate()), Number(source.filtered()),
                         Number(source.dropped()),
                         Number(source.dead_lettered())});
    }
    std::vector<std::vector<std::string>> sinks = {
        {"  sink", "delivered", "waiting", "filtered", "dropped", "corrupt",
         "dead letters"}};
    for (const SinkStatus& sink : pipeline.sinks()) {
      sinks.push_back({absl::StrCat("  ", sink.name(), NameMark(sink)),
                       Number(sink.delivered()), Number(sink.waiting()),
                       Number(sink.filtered()), Number(sink.dropped()),
                       Number(sink.corrupt()), Number(sink.dead_lettered())});
    }
    absl::StrAppend(&text, FormatTable(sources), FormatTable(sinks));
    for (const SinkStatus& sink : pipeline.sinks()) {
      text += FormatMoves(sink);
    }
    for (const SourceStatus& source : pipeline.sources()) {
      if (source.has_gaps()) text += FormatGaps(source);
    }
    for (const SinkStatus& sink : pipeline.sinks()) {
      if (!HasBacklog(sink)) continue;
      absl::StrAppend(&text, "  ", sink.name(), ": ", FormatBacklog(sink),
                      "\n");
    }
    if (pipeline.imbalances().empty()) {
      text += "  every event is accounted for\n";
    }
    for (const std::string& imbalance : pipeline.imbalances()) {
      absl::StrAppend(&text, "  does not add up: ", imbalance, "\n");
    }
  }
  return text;
}

std::string FormatProgress(const ProcessStatus& status) {
  std::string text;
  for (const PipelineStatus& pipeline : status.pipelines()) {
    uint64_t received = 0;
    uint64_t stored = 0;
    for (const SourceStatus& source : pipeline.sources()) {
      received += source.received();
      stored += source.stored();
    }
    absl::StrAppend(&text, pipeline.name(), ": received ", received,
                    ", stored ", stored);
    for (const SinkStatus& sink : pipeline.sinks()) {
      if (sink.parked()) continue;
      absl::StrAppend(&text, "; ", sink.name(), " delivered ",
                      sink.delivered());
      if (HasBacklog(sink)) {
        absl::StrAppend(&text, ", ", FormatBacklog(sink));
      } else {
        absl::StrAppend(&text, ", waiting ", sink.waiting());
      }
      if (sink.dead_lettered() > 0) {
        absl::StrAppend(&text, ", dead letters ", sink.dead_lettered());
      }
    }
    text += '\n';
  }
  return text;
}

bool IsBalanced(const ProcessStatus& status) {
  return std::all_of(status.pipelines().begin(), status.pipelines().end(),
                     [](const PipelineStatus& pipeline) {
                       return pipeline.imbalances().empty();
                     });
}

}  // namespace sluice
