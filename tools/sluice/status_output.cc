#include "tools/sluice/status_output.h"

#include <algorithm>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "google/protobuf/util/time_util.h"
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

boost::json::object SinkToJson(const SinkStatus& sink) {
  boost::json::object object{{"name", sink.name()},
                             {"plugin", sink.plugin()},
                             {"delivered", sink.delivered()},
                             {"dead_lettered", sink.dead_lettered()},
                             {"filtered", sink.filtered()},
                             {"dropped", sink.dropped()},
                             {"corrupt", sink.corrupt()},
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
          {"sources", std::move(sources)},
          {"sinks", std::move(sinks)},
          {"log", LogToJson(pipeline.log())},
          {"finished", pipeline.finished()},
          {"balanced", imbalances.empty()},
          {"imbalances", std::move(imbalances)}};
}

std::string Number(uint64_t n) { return absl::StrCat(n); }

}  // namespace

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
  return {{"time", TimeUtil::ToString(status.time())},
          {"balanced", IsBalanced(status)},
          {"pipelines", std::move(pipelines)},
          {"metrics", std::move(metrics)}};
}

std::string FormatLedger(const ProcessStatus& status) {
  std::string text;
  for (const PipelineStatus& pipeline : status.pipelines()) {
    absl::StrAppend(&text, "pipeline ", pipeline.name(), "\n");
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
      sinks.push_back(
          {absl::StrCat("  ", sink.name(), sink.parked() ? " (parked)" : ""),
           Number(sink.delivered()), Number(sink.waiting()),
           Number(sink.filtered()), Number(sink.dropped()),
           Number(sink.corrupt()), Number(sink.dead_lettered())});
    }
    absl::StrAppend(&text, FormatTable(sources), FormatTable(sinks));
    for (const SourceStatus& source : pipeline.sources()) {
      if (source.has_gaps()) text += FormatGaps(source);
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
      absl::StrAppend(&text, "; ", sink.name(), " delivered ", sink.delivered(),
                      ", waiting ", sink.waiting());
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
