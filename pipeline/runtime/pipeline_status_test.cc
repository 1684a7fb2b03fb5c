#include "pipeline/runtime/pipeline_status.h"

#include "gtest/gtest.h"
#include "pipeline/rate/rate_budget.h"
#include "storage/base/clock.h"
#include "storage/log/memory_event_log.h"

namespace sluice {
namespace {

PipelineSpec Spec() {
  PipelineSpec spec;
  spec.name = "office";
  SourceSpec source;
  source.name = "in";
  source.plugin = "generate";
  spec.sources.push_back(source);
  SinkSpec sink;
  sink.name = "out";
  sink.plugin = "null";
  spec.sinks.push_back(sink);
  return spec;
}

TEST(PipelineStatusTest, BalancesWhileEventsAreUnderWay) {
  MemoryEventLog log(LogOptions{}, Clock::Real());
  ASSERT_TRUE(log.OpenCursor("out", true).ok());
  EventBatchBuilder builder;
  for (const char* id : {"a", "b", "c", "d"}) builder.Add({.id = id});
  AppendRequest request;
  request.batches.push_back(builder.Build());
  SourceUpdate update;
  update.name = "in";
  update.added.set_received(6);
  update.added.set_stored(4);
  update.added.set_duplicate(2);
  request.sources.push_back(update);
  ASSERT_TRUE(log.Append(std::move(request), Durability::kDurable).ok());
  ASSERT_TRUE(log.Commit({"out",
                          {{1, 1, Completion::kDelivered},
                           {3, 3, Completion::kDelivered}},
                          {}})
                  .ok());
  HealthBoard health("office", Clock::Real());
  health.reporter("out")->Report({HealthState::kDegraded, "503"});
  SourceGaps gaps;
  gaps.closed = 2;
  gaps.unclosed = 1;
  gaps.recent.resize(1);
  gaps.recent[0].state = SourceGap::State::kUnclosed;
  gaps.recent[0].start = absl::FromUnixSeconds(100);
  gaps.recent[0].end = absl::FromUnixSeconds(200);
  gaps.recent[0].reason = "older than history";
  health.reporter("in")->ReportGaps(gaps);
  MetricRegistry metrics;
  metrics
      .counter("sink_retried_events_total",
               {{"component", "out"}, {"pipeline", "office"}})
      ->Add(5);
  metrics
      .gauge(kAllowedEventsPerHour,
             {{"component", "out"}, {"pipeline", "office"}})
      ->Set(7200);
  const admin::v1::PipelineStatus status =
      DescribePipeline(Spec(), log, health, {}, metrics);
  EXPECT_EQ(status.imbalances_size(), 0) << status.imbalances(0);
  EXPECT_EQ(status.sources(0).received(), 6u);
  EXPECT_EQ(status.sinks(0).plugin(), "null");
  EXPECT_EQ(status.sinks(0).delivered(), 2u);
  EXPECT_EQ(status.sinks(0).done_ahead(), 1u);
  EXPECT_EQ(status.sinks(0).waiting(), 2u);
  EXPECT_EQ(status.sinks(0).retried(), 5u);
  EXPECT_EQ(status.sinks(0).backlog().allowed_per_second(), 2);
  EXPECT_EQ(status.sinks(0).health().state(), admin::v1::DEGRADED);
  EXPECT_EQ(status.log().next_sequence(), 5u);
  EXPECT_EQ(status.sources(0).gaps().closed(), 2u);
  EXPECT_EQ(status.sources(0).gaps().recent(0).state(),
            admin::v1::GAP_UNCLOSED);
  EXPECT_EQ(status.sources(0).gaps().recent(0).end().seconds(), 200);
}

TEST(PipelineStatusTest, NamesWhatDoesNotAddUp) {
  admin::v1::PipelineStatus status;
  admin::v1::SourceStatus* source = status.add_sources();
  source->set_name("in");
  source->set_received(10);
  source->set_stored(9);
  admin::v1::SinkStatus* sink = status.add_sinks();
  sink->set_name("out");
  sink->set_start_sequence(1);
  sink->set_next_sequence(6);
  sink->set_delivered(4);
  CheckLedger(status);
  ASSERT_EQ(status.imbalances_size(), 2);
  EXPECT_EQ(status.imbalances(0), "source in: received 10, accounted for 9");
  EXPECT_EQ(status.imbalances(1), "sink out: done with 5, accounted for 4");
}

}  // namespace
}  // namespace sluice
