#include "pipeline/runtime/pipeline_status.h"

#include <algorithm>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "pipeline/rate/rate_budget.h"

namespace sluice {
namespace {

admin::v1::HealthState ToProto(HealthState state) {
  switch (state) {
    case HealthState::kStarting:
      return admin::v1::STARTING;
    case HealthState::kHealthy:
      return admin::v1::HEALTHY;
    case HealthState::kDegraded:
      return admin::v1::DEGRADED;
    case HealthState::kPaused:
      return admin::v1::PAUSED;
  }
  return admin::v1::HEALTH_STATE_UNSPECIFIED;
}

void SetDuration(absl::Duration duration, google::protobuf::Duration* out) {
  const int64_t nanos = absl::ToInt64Nanoseconds(duration);
  out->set_seconds(nanos / 1'000'000'000);
  out->set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
}

void SetHealth(const HealthBoard::Entry& entry, admin::v1::Health* out) {
  out->set_state(ToProto(entry.health.state));
  out->set_message(entry.health.message);
  *out->mutable_since() = ToTimestamp(entry.since);
}

admin::v1::GapState ToProto(SourceGap::State state) {
  switch (state) {
    case SourceGap::State::kClosed:
      return admin::v1::GAP_CLOSED;
    case SourceGap::State::kUnclosed:
      return admin::v1::GAP_UNCLOSED;
    case SourceGap::State::kOpen:
      break;
  }
  return admin::v1::GAP_OPEN;
}

void DescribeGaps(const SourceGaps& gaps, admin::v1::SourceStatus* out) {
  // Most sources cannot miss anything.
  if (gaps.open + gaps.closed + gaps.unclosed == 0) return;
  admin::v1::SourceGaps* described = out->mutable_gaps();
  described->set_open(gaps.open);
  described->set_closed(gaps.closed);
  described->set_unclosed(gaps.unclosed);
  described->set_recovered_events(gaps.recovered_events);
  for (const SourceGap& gap : gaps.recent) {
    admin::v1::Gap* recent = described->add_recent();
    recent->set_state(ToProto(gap.state));
    recent->set_cause(gap.cause);
    *recent->mutable_start() = ToTimestamp(gap.start);
    *recent->mutable_end() = ToTimestamp(gap.end);
    recent->set_recovered_events(gap.recovered_events);
    recent->set_reason(gap.reason);
  }
}

void DescribeSource(const SourceSpec& spec, const EventLog& log,
                    const HealthBoard& health, admin::v1::SourceStatus* out) {
  out->set_name(spec.name);
  out->set_plugin(spec.plugin);
  SetHealth(health.Get(spec.name), out->mutable_health());
  DescribeGaps(health.Gaps(spec.name), out);
  for (const SourceInfo& info : log.Sources()) {
    if (info.name != spec.name) continue;
    const storage::v1::SourceCounters& counters = info.state.counters();
    out->set_received(counters.received());
    out->set_stored(counters.stored());
    out->set_duplicate(counters.duplicate());
    out->set_filtered(counters.filtered());
    out->set_dropped(counters.dropped());
    out->set_dead_lettered(counters.dead_lettered());
    out->set_added(counters.added());
  }
}

// The metrics that a sink's status shows as fields.
struct SinkMetrics {
  uint64_t retried = 0;
  uint64_t unknown = 0;
  uint64_t in_flight = 0;
  int64_t allowed_per_hour = 0;
};

SinkMetrics FindSinkMetrics(const std::vector<MetricSample>& samples,
                            const MetricLabels& labels) {
  SinkMetrics found;
  for (const MetricSample& sample : samples) {
    if (sample.labels != labels) continue;
    const auto value = static_cast<uint64_t>(sample.value);
    if (sample.name == "sink_retried_events_total") found.retried = value;
    if (sample.name == "sink_unknown_events_total") found.unknown = value;
    if (sample.name == "sink_in_flight_events") found.in_flight = value;
    if (sample.name == kAllowedEventsPerHour) {
      found.allowed_per_hour = sample.value;
    }
  }
  return found;
}

void DescribeCursor(const CursorInfo& cursor, admin::v1::SinkStatus* out) {
  const storage::v1::CursorCounters& counters = cursor.state.counters();
  out->set_name(cursor.name);
  out->set_delivered(counters.delivered());
  out->set_dead_lettered(counters.dead_lettered());
  out->set_filtered(counters.filtered());
  out->set_dropped(counters.dropped());
  out->set_corrupt(counters.corrupt());
  out->set_skipped(counters.skipped());
  out->set_rewound(counters.rewound());
  out->set_waiting(cursor.waiting);
  out->set_next_sequence(cursor.state.next_sequence());
  out->set_start_sequence(cursor.state.start_sequence());
  out->set_parked(cursor.state.parked());
  uint64_t done_ahead = 0;
  for (const storage::v1::SequenceRange& range : cursor.state.done()) {
    done_ahead += range.last() - range.first() + 1;
  }
  out->set_done_ahead(done_ahead);
}

void DescribeLog(const PipelineSpec& spec, const LogStats& stats,
                 const HealthBoard::Entry& health, admin::v1::LogStatus* out) {
  out->set_first_sequence(stats.first_sequence);
  out->set_next_sequence(stats.next_sequence);
  out->set_stored_bytes(stats.stored_bytes);
  out->set_max_bytes(spec.log.max_bytes);
  out->set_tail_bytes(stats.tail_bytes);
  out->set_dead_letters(stats.dead_letters);
  out->set_dead_letter_bytes(stats.dead_letter_bytes);
  out->set_dead_letter_max_bytes(spec.log.dead_letter_max_bytes);
  out->set_dead_letters_made(stats.dead_letters_made);
  out->set_dead_letters_redriven(stats.dead_letters_redriven);
  out->set_dead_letters_purged(stats.dead_letters_purged);
  out->set_dead_letters_dropped(stats.dead_letters_dropped);
  out->set_dead_letters_lost(stats.dead_letters_lost);
  out->set_corrupt_events(stats.corrupt_events);
  out->set_syncs(stats.syncs);
  SetDuration(stats.sync_time, out->mutable_sync_time());
  SetHealth(health, out->mutable_health());
}

bool IsWritable(const std::vector<MetricSample>& samples,
                const std::string& pipeline) {
  const MetricLabels labels = {{"pipeline", pipeline}};
  return std::any_of(samples.begin(), samples.end(),
                     [&](const MetricSample& sample) {
                       return sample.name == "log_writable" &&
                              sample.labels == labels && sample.value == 1;
                     });
}

}  // namespace

google::protobuf::Timestamp ToTimestamp(absl::Time time) {
  const int64_t nanos = absl::ToUnixNanos(time);
  google::protobuf::Timestamp timestamp;
  timestamp.set_seconds(nanos / 1'000'000'000);
  timestamp.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  return timestamp;
}

admin::v1::PipelineStatus DescribePipeline(const PipelineSpec& spec,
                                           const EventLog& log,
                                           const HealthBoard& health,
                                           const HealthBoard::Entry& log_health,
                                           const MetricRegistry& metrics) {
  admin::v1::PipelineStatus status;
  status.set_name(spec.name);
  for (const SourceSpec& source : spec.sources) {
    DescribeSource(source, log, health, status.add_sources());
  }
  const std::vector<MetricSample> samples = metrics.Snapshot();
  for (const CursorInfo& cursor : log.Cursors()) {
    admin::v1::SinkStatus* sink = status.add_sinks();
    DescribeCursor(cursor, sink);
    SetHealth(health.Get(cursor.name), sink->mutable_health());
    for (const SinkSpec& sink_spec : spec.sinks) {
      if (sink_spec.name == cursor.name) sink->set_plugin(sink_spec.plugin);
    }
    const SinkMetrics found = FindSinkMetrics(
        samples, {{"component", cursor.name}, {"pipeline", spec.name}});
    sink->set_retried(found.retried);
    sink->set_unknown(found.unknown);
    sink->set_in_flight(found.in_flight);
    if (found.allowed_per_hour > 0) {
      sink->mutable_backlog()->set_allowed_per_second(
          static_cast<double>(found.allowed_per_hour) / 3600);
    }
  }
  DescribeLog(spec, log.stats(), log_health, status.mutable_log());
  status.mutable_log()->set_writable(IsWritable(samples, spec.name));
  CheckLedger(status);
  return status;
}

void CheckLedger(admin::v1::PipelineStatus& status) {
  status.clear_imbalances();
  for (const admin::v1::SourceStatus& source : status.sources()) {
    const uint64_t known = source.stored() - source.added() +
                           source.duplicate() + source.filtered() +
                           source.dropped() + source.dead_lettered();
    if (known == source.received()) continue;
    status.add_imbalances(absl::StrCat("source ", source.name(), ": received ",
                                       source.received(), ", accounted for ",
                                       known));
  }
  for (const admin::v1::SinkStatus& sink : status.sinks()) {
    const uint64_t known = sink.delivered() + sink.dead_lettered() +
                           sink.filtered() + sink.dropped() + sink.skipped() +
                           sink.corrupt();
    const uint64_t done = sink.next_sequence() - sink.start_sequence() +
                          sink.done_ahead() + sink.rewound();
    if (known == done) continue;
    status.add_imbalances(absl::StrCat("sink ", sink.name(), ": done with ",
                                       done, ", accounted for ", known));
  }
  const admin::v1::LogStatus& log = status.log();
  const uint64_t letters = log.dead_letters() + log.dead_letters_redriven() +
                           log.dead_letters_purged() +
                           log.dead_letters_dropped() + log.dead_letters_lost();
  if (letters == log.dead_letters_made()) return;
  status.add_imbalances(absl::StrCat("dead letters: made ",
                                     log.dead_letters_made(),
                                     ", accounted for ", letters));
}

}  // namespace sluice
