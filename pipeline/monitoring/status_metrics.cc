#include "pipeline/monitoring/status_metrics.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "pipeline/rate/rate_budget.h"

namespace sluice {
namespace {

using admin::v1::LogStatus;
using admin::v1::MemoryStatus;
using admin::v1::PipelineStatus;
using admin::v1::ProcessStatus;
using admin::v1::SinkStatus;
using admin::v1::SourceGaps;
using admin::v1::SourceStatus;

constexpr MetricKind kCounter = MetricKind::kCounter;
constexpr MetricKind kGauge = MetricKind::kGauge;

// A part of the status with what is around it.
template <typename Part>
struct View {
  const Part& part;
  const PipelineStatus& pipeline;
  const ProcessStatus& process;
};

// A metric and how it is read; nullopt: it does not have a value here.
template <typename Part>
struct Field {
  const char* name;
  MetricKind kind;
  const char* help;
  std::optional<double> (*value)(const View<Part>&);
};

double Seconds(const google::protobuf::Timestamp& time) {
  return static_cast<double>(time.seconds()) + time.nanos() * 1e-9;
}

double Seconds(const google::protobuf::Duration& time) {
  return static_cast<double>(time.seconds()) + time.nanos() * 1e-9;
}

// Readers of fields, for the tables below.
template <auto kGetter, typename Part>
std::optional<double> Get(const View<Part>& view) {
  return static_cast<double>((view.part.*kGetter)());
}
template <auto kGetter>
std::optional<double> GetGaps(const View<SourceStatus>& view) {
  return static_cast<double>((view.part.gaps().*kGetter)());
}
template <auto kGetter>
std::optional<double> GetLog(const View<PipelineStatus>& view) {
  return static_cast<double>((view.part.log().*kGetter)());
}

std::optional<double> OpenedGaps(const View<SourceStatus>& view) {
  const SourceGaps& gaps = view.part.gaps();
  return static_cast<double>(gaps.open() + gaps.closed() + gaps.unclosed());
}

const Field<SourceStatus> kSourceFields[] = {
    {"sluice_source_received_events_total", kCounter,
     "Events that came from the source.", Get<&SourceStatus::received>},
    {"sluice_source_stored_events_total", kCounter,
     "Events of the source that went into the log, those that transforms made "
     "included.",
     Get<&SourceStatus::stored>},
    {"sluice_source_duplicate_events_total", kCounter,
     "Events that were dropped because they had come before.",
     Get<&SourceStatus::duplicate>},
    {"sluice_source_filtered_events_total", kCounter,
     "Events that transforms took out.", Get<&SourceStatus::filtered>},
    {"sluice_source_dropped_events_total", kCounter,
     "Events that were not stored because the log was full.",
     Get<&SourceStatus::dropped>},
    {"sluice_source_dead_lettered_events_total", kCounter,
     "Events that became dead letters before they were stored.",
     Get<&SourceStatus::dead_lettered>},
    {"sluice_source_added_events_total", kCounter,
     "Events that transforms made beyond one for one.",
     Get<&SourceStatus::added>},
    {"sluice_source_finished", kGauge,
     "1 once the source has come to its end; most never do.",
     Get<&SourceStatus::finished>},
    {"sluice_source_opened_gaps_total", kCounter,
     "Stretches of time in which the source could not listen.", OpenedGaps},
    {"sluice_source_closed_gaps_total", kCounter,
     "Gaps of which everything was fetched afterwards.",
     GetGaps<&SourceGaps::closed>},
    {"sluice_source_unclosed_gaps_total", kCounter,
     "Gaps that could not be closed: events may be missing.",
     GetGaps<&SourceGaps::unclosed>},
    {"sluice_source_open_gaps", kGauge, "Gaps whose events are being fetched.",
     GetGaps<&SourceGaps::open>},
    {"sluice_source_recovered_events_total", kCounter,
     "Events of gaps that were fetched afterwards.",
     GetGaps<&SourceGaps::recovered_events>},
};

// Bytes are known of the whole log only.
std::optional<double> BacklogBytes(const View<SinkStatus>& view) {
  const LogStatus& log = view.pipeline.log();
  const uint64_t events = log.next_sequence() - log.first_sequence();
  if (events == 0) return 0;
  const double share = std::min(1.0, static_cast<double>(view.part.waiting()) /
                                         static_cast<double>(events));
  return share * static_cast<double>(log.stored_bytes());
}

std::optional<double> OldestAge(const View<SinkStatus>& view) {
  if (!view.part.has_oldest_waiting()) return 0;
  return std::max(
      0.0, Seconds(view.process.time()) - Seconds(view.part.oldest_waiting()));
}

std::optional<double> AllowedPerSecond(const View<SinkStatus>& view) {
  const double allowed = view.part.backlog().allowed_per_second();
  if (allowed == 0) return std::nullopt;
  return allowed;
}

const Field<SinkStatus> kSinkFields[] = {
    {"sluice_sink_delivered_events_total", kCounter,
     "Events that the sink has delivered.", Get<&SinkStatus::delivered>},
    {"sluice_sink_dead_lettered_events_total", kCounter,
     "Events of the sink that became dead letters.",
     Get<&SinkStatus::dead_lettered>},
    {"sluice_sink_filtered_events_total", kCounter,
     "Events that were not for this sink.", Get<&SinkStatus::filtered>},
    {"sluice_sink_dropped_events_total", kCounter,
     "Events that made room in a full log before the sink had done them.",
     Get<&SinkStatus::dropped>},
    {"sluice_sink_corrupt_events_total", kCounter,
     "Events lost to damage on disk before the sink had done them.",
     Get<&SinkStatus::corrupt>},
    {"sluice_sink_skipped_events_total", kCounter,
     "Events that an operator gave up for the sink.",
     Get<&SinkStatus::skipped>},
    {"sluice_sink_rewound_events_total", kCounter,
     "Events that the sink had done and an operator made wait again.",
     Get<&SinkStatus::rewound>},
    {"sluice_sink_backlog_events", kGauge,
     "Events in the log that the sink has not done.",
     Get<&SinkStatus::waiting>},
    {"sluice_sink_backlog_bytes", kGauge,
     "Stored bytes of the backlog, estimated by its share of the events in the "
     "log.",
     BacklogBytes},
    {"sluice_sink_oldest_event_age_seconds", kGauge,
     "How long ago the oldest event of the backlog was taken in; 0 without "
     "one.",
     OldestAge},
    {"sluice_sink_allowed_events_per_second", kGauge,
     "What rate limits allow in the long run, of sinks that know.",
     AllowedPerSecond},
    {"sluice_sink_parked", kGauge,
     "1 for a sink that is not configured any more.", Get<&SinkStatus::parked>},
};

std::optional<double> HeldEvents(const View<PipelineStatus>& view) {
  const LogStatus& log = view.part.log();
  return static_cast<double>(log.next_sequence() - log.first_sequence());
}

std::optional<double> AppendedEvents(const View<PipelineStatus>& view) {
  return static_cast<double>(view.part.log().next_sequence()) - 1;
}

std::optional<double> SyncSeconds(const View<PipelineStatus>& view) {
  return Seconds(view.part.log().sync_time());
}

const Field<PipelineStatus> kPipelineFields[] = {
    {"sluice_pipeline_finished", kGauge,
     "1 once every source is at its end and every sink has done all events.",
     Get<&PipelineStatus::finished>},
    {"sluice_pipeline_imbalances", kGauge,
     "Ledgers that do not add up; anything but 0 is a fault of Sluice.",
     Get<&PipelineStatus::imbalances_size>},
    {"sluice_log_events", kGauge, "Events that the log holds.", HeldEvents},
    {"sluice_log_appended_events_total", kCounter,
     "Events that ever went into the log.", AppendedEvents},
    {"sluice_log_stored_bytes", kGauge,
     "Bytes of the events in the log, encoded and compressed.",
     GetLog<&LogStatus::stored_bytes>},
    {"sluice_log_max_bytes", kGauge, "Bound on the stored bytes (max_bytes).",
     GetLog<&LogStatus::max_bytes>},
    {"sluice_log_corrupt_events_total", kCounter,
     "Events of the log lost to damage on disk.",
     GetLog<&LogStatus::corrupt_events>},
    {"sluice_log_syncs_total", kCounter,
     "Syncs of the log to the disk, since the process started.",
     GetLog<&LogStatus::syncs>},
    {"sluice_log_sync_seconds_total", kCounter, "Time spent in syncs.",
     SyncSeconds},
    {"sluice_dead_letters", kGauge, "Dead letters that are held.",
     GetLog<&LogStatus::dead_letters>},
    {"sluice_dead_letter_bytes", kGauge, "Bytes of the dead letters held.",
     GetLog<&LogStatus::dead_letter_bytes>},
    {"sluice_dead_letter_max_bytes", kGauge,
     "Bound on the bytes of dead letters (dead_letters.max_bytes).",
     GetLog<&LogStatus::dead_letter_max_bytes>},
    {"sluice_dead_letters_made_total", kCounter, "Dead letters ever made.",
     GetLog<&LogStatus::dead_letters_made>},
    {"sluice_dead_letters_redriven_total", kCounter,
     "Dead letters that were put back into the log.",
     GetLog<&LogStatus::dead_letters_redriven>},
    {"sluice_dead_letters_purged_total", kCounter,
     "Dead letters that somebody removed.",
     GetLog<&LogStatus::dead_letters_purged>},
    {"sluice_dead_letters_dropped_total", kCounter,
     "Dead letters removed because of the limits on their bytes or age.",
     GetLog<&LogStatus::dead_letters_dropped>},
    {"sluice_dead_letters_lost_total", kCounter,
     "Dead letters lost to damage on disk.",
     GetLog<&LogStatus::dead_letters_lost>},
};

MetricFamily Family(std::string name, MetricKind kind, std::string help) {
  MetricFamily family;
  family.name = std::move(name);
  family.kind = kind;
  family.help = std::move(help);
  return family;
}

// Calls `visit` with each part of a kind and its labels.
template <typename Visit>
void ForEach(const ProcessStatus& process, SourceStatus*, Visit visit) {
  for (const PipelineStatus& pipeline : process.pipelines()) {
    for (const SourceStatus& source : pipeline.sources()) {
      visit(View<SourceStatus>{source, pipeline, process},
            {{"pipeline", pipeline.name()}, {"source", source.name()}});
    }
  }
}

template <typename Visit>
void ForEach(const ProcessStatus& process, SinkStatus*, Visit visit) {
  for (const PipelineStatus& pipeline : process.pipelines()) {
    for (const SinkStatus& sink : pipeline.sinks()) {
      visit(View<SinkStatus>{sink, pipeline, process},
            {{"pipeline", pipeline.name()}, {"sink", sink.name()}});
    }
  }
}

template <typename Visit>
void ForEach(const ProcessStatus& process, PipelineStatus*, Visit visit) {
  for (const PipelineStatus& pipeline : process.pipelines()) {
    visit(View<PipelineStatus>{pipeline, pipeline, process},
          {{"pipeline", pipeline.name()}});
  }
}

template <typename Part, size_t kSize>
void AddFields(const ProcessStatus& process, const Field<Part> (&fields)[kSize],
               std::vector<MetricFamily>* families) {
  for (const Field<Part>& field : fields) {
    MetricFamily family = Family(field.name, field.kind, field.help);
    ForEach(process, static_cast<Part*>(nullptr),
            [&](const View<Part>& view, MetricLabels labels) {
              const std::optional<double> value = field.value(view);
              if (value.has_value()) family.Add(*value, std::move(labels));
            });
    families->push_back(std::move(family));
  }
}

// One value for each state: 1 for the one that is.
void AddHealth(const admin::v1::Health& health, const MetricLabels& labels,
               MetricFamily* family) {
  if (health.state() == admin::v1::HEALTH_STATE_UNSPECIFIED) return;
  for (const admin::v1::HealthState state :
       {admin::v1::STARTING, admin::v1::HEALTHY, admin::v1::DEGRADED,
        admin::v1::PAUSED}) {
    MetricLabels with_state = labels;
    with_state.emplace_back(
        "state", absl::AsciiStrToLower(admin::v1::HealthState_Name(state)));
    family->Add(health.state() == state, std::move(with_state));
  }
}

// Health and plugin of each component of a kind.
template <typename Part>
void AddComponents(const ProcessStatus& process, const std::string& kind,
                   std::vector<MetricFamily>* families) {
  MetricFamily health = Family(
      absl::StrCat("sluice_", kind, "_health"), kGauge,
      "1 for the state that it is in: starting, healthy, degraded (helps "
      "itself) or paused (needs a person).");
  MetricFamily info = Family(absl::StrCat("sluice_", kind, "_info"), kGauge,
                             "Always 1; the plugin is in its labels.");
  ForEach(process, static_cast<Part*>(nullptr),
          [&](const View<Part>& view, MetricLabels labels) {
            // A sink that is not configured any more.
            if (view.part.plugin().empty()) return;
            AddHealth(view.part.health(), labels, &health);
            labels.emplace_back("plugin", view.part.plugin());
            info.Add(1, std::move(labels));
          });
  families->push_back(std::move(health));
  families->push_back(std::move(info));
}

void AddLogHealth(const ProcessStatus& process,
                  std::vector<MetricFamily>* families) {
  MetricFamily health = Family("sluice_log_health", kGauge,
                               "1 for the state that the log is in; starting "
                               "until the first write.");
  for (const PipelineStatus& pipeline : process.pipelines()) {
    AddHealth(pipeline.log().health(), {{"pipeline", pipeline.name()}},
              &health);
  }
  families->push_back(std::move(health));
}

void AddMemory(const ProcessStatus& process,
               std::vector<MetricFamily>* families) {
  MetricFamily limit = Family("sluice_memory_limit_bytes", kGauge,
                              "Bound on memory that holds events "
                              "(memory_bytes).");
  limit.Add(static_cast<double>(process.memory().limit_bytes()));
  MetricFamily log = Family("sluice_memory_log_bytes", kGauge,
                            "Memory of tables and caches of all logs.");
  log.Add(static_cast<double>(process.memory().log_bytes()));
  MetricFamily used = Family("sluice_memory_pipeline_bytes", kGauge,
                             "Memory of each pipeline that holds events, by "
                             "part: queue, tail, window, dedupe.");
  for (const PipelineStatus& pipeline : process.pipelines()) {
    const MemoryStatus& memory = pipeline.memory();
    const std::pair<const char*, uint64_t> parts[] = {
        {"queue", memory.queue_bytes()},
        {"tail", memory.tail_bytes()},
        {"window", memory.window_bytes()},
        {"dedupe", memory.dedupe_bytes()}};
    for (const auto& [part, bytes] : parts) {
      used.Add(static_cast<double>(bytes),
               {{"pipeline", pipeline.name()}, {"part", part}});
    }
  }
  families->push_back(std::move(limit));
  families->push_back(std::move(log));
  families->push_back(std::move(used));
}

using ComponentNames = std::set<std::pair<std::string, std::string>>;

// The pipeline first; then what the component is.
MetricLabels ExportedLabels(const MetricLabels& labels,
                            const ComponentNames& sources) {
  std::string pipeline;
  std::string component;
  MetricLabels others;
  for (const auto& [name, value] : labels) {
    if (name == "pipeline") {
      pipeline = value;
    } else if (name == "component") {
      component = value;
    } else {
      others.emplace_back(name, value);
    }
  }
  MetricLabels exported;
  if (!pipeline.empty()) exported.emplace_back("pipeline", pipeline);
  if (!component.empty()) {
    const bool is_source = sources.contains({pipeline, component});
    exported.emplace_back(is_source ? "source" : "sink", component);
  }
  exported.insert(exported.end(), others.begin(), others.end());
  return exported;
}

}  // namespace

std::vector<MetricFamily> StatusMetrics(const ProcessStatus& status) {
  std::vector<MetricFamily> families;
  AddFields(status, kSourceFields, &families);
  AddComponents<SourceStatus>(status, "source", &families);
  AddFields(status, kSinkFields, &families);
  AddComponents<SinkStatus>(status, "sink", &families);
  AddFields(status, kPipelineFields, &families);
  AddLogHealth(status, &families);
  AddMemory(status, &families);
  return families;
}

std::vector<MetricFamily> ComponentMetrics(
    const std::vector<MetricSample>& samples, const ProcessStatus& status) {
  ComponentNames sources;
  ForEach(status, static_cast<SourceStatus*>(nullptr),
          [&](const View<SourceStatus>& view, const MetricLabels&) {
            sources.emplace(view.pipeline.name(), view.part.name());
          });
  std::vector<MetricFamily> families;
  for (const MetricSample& sample : samples) {
    if (sample.name == kAllowedEventsPerHour) continue;  // In the status.
    const std::string name = absl::StrCat("sluice_", sample.name);
    if (families.empty() || families.back().name != name) {
      families.push_back(Family(name, sample.kind, sample.help));
    }
    families.back().points.push_back({ExportedLabels(sample.labels, sources),
                                      static_cast<double>(sample.value),
                                      sample.histogram});
  }
  return families;
}

}  // namespace sluice
