#include "pipeline/monitoring/status_metrics.h"

#include <set>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/rate/rate_budget.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

admin::v1::ProcessStatus Status() {
  admin::v1::ProcessStatus status;
  status.mutable_time()->set_seconds(1000);
  admin::v1::PipelineStatus* pipeline = status.add_pipelines();
  pipeline->set_name("office");
  admin::v1::SourceStatus* source = pipeline->add_sources();
  source->set_name("in");
  source->set_plugin("generate");
  source->mutable_health()->set_state(admin::v1::DEGRADED);
  source->set_received(10);
  source->mutable_gaps()->set_open(1);
  source->mutable_gaps()->set_closed(2);
  source->mutable_gaps()->set_unclosed(3);
  admin::v1::SinkStatus* sink = pipeline->add_sinks();
  sink->set_name("out");
  sink->set_plugin("null");
  sink->mutable_health()->set_state(admin::v1::HEALTHY);
  sink->set_waiting(25);
  sink->mutable_oldest_waiting()->set_seconds(900);
  sink->mutable_oldest_waiting()->set_nanos(500'000'000);
  admin::v1::SinkStatus* parked = pipeline->add_sinks();
  parked->set_name("old");
  parked->set_parked(true);
  admin::v1::LogStatus* log = pipeline->mutable_log();
  log->set_first_sequence(101);
  log->set_next_sequence(201);
  log->set_stored_bytes(4000);
  log->mutable_sync_time()->set_seconds(2);
  log->mutable_sync_time()->set_nanos(250'000'000);
  return status;
}

std::string Text(const admin::v1::ProcessStatus& status) {
  return FormatMetrics(StatusMetrics(status),
                       ExpositionFormat::kPrometheusText);
}

TEST(StatusMetricsTest, ShowsSourcesWithTheirGaps) {
  const std::string text = Text(Status());
  const std::string labels = "{pipeline=\"office\",source=\"in\"} ";
  for (const char* line :
       {"sluice_source_received_events_total$10\n",
        "sluice_source_opened_gaps_total$6\n", "sluice_source_open_gaps$1\n",
        "sluice_source_unclosed_gaps_total$3\n"}) {
    std::string expected = line;
    expected.replace(expected.find('$'), 1, labels);
    EXPECT_THAT(text, HasSubstr(expected));
  }
  EXPECT_THAT(text,
              HasSubstr("sluice_source_info{pipeline=\"office\",source=\"in\","
                        "plugin=\"generate\"} 1\n"));
}

TEST(StatusMetricsTest, ShowsTheBacklogOfSinks) {
  const std::string text = Text(Status());
  const std::string labels = "{pipeline=\"office\",sink=\"out\"} ";
  EXPECT_THAT(text, HasSubstr("sluice_sink_backlog_events" + labels + "25\n"));
  // A quarter of the events.
  EXPECT_THAT(text, HasSubstr("sluice_sink_backlog_bytes" + labels + "1000\n"));
  EXPECT_THAT(text, HasSubstr("sluice_sink_oldest_event_age_seconds" + labels +
                              "99.5\n"));
  EXPECT_THAT(text, Not(HasSubstr("sluice_sink_allowed_events_per_second{")));
}

TEST(StatusMetricsTest, AnEmptyBacklogHasNoAge) {
  admin::v1::ProcessStatus status = Status();
  admin::v1::SinkStatus* sink = status.mutable_pipelines(0)->mutable_sinks(0);
  sink->clear_oldest_waiting();
  sink->set_waiting(0);
  sink->mutable_backlog()->set_allowed_per_second(1.5);
  status.mutable_pipelines(0)->mutable_log()->set_first_sequence(201);
  const std::string text = Text(status);
  const std::string labels = "{pipeline=\"office\",sink=\"out\"} ";
  EXPECT_THAT(text, HasSubstr("sluice_sink_backlog_bytes" + labels + "0\n"));
  EXPECT_THAT(
      text, HasSubstr("sluice_sink_oldest_event_age_seconds" + labels + "0\n"));
  EXPECT_THAT(text, HasSubstr("sluice_sink_allowed_events_per_second" + labels +
                              "1.5\n"));
  // A clock that was set back.
  sink->mutable_oldest_waiting()->set_seconds(2000);
  EXPECT_THAT(Text(status), HasSubstr("sluice_sink_oldest_event_age_seconds" +
                                      labels + "0\n"));
}

TEST(StatusMetricsTest, ShowsHealthAsOneOfTheStates) {
  const std::string text = Text(Status());
  const std::string source =
      "sluice_source_health{pipeline=\"office\",source=\"in\",state=";
  EXPECT_THAT(text, HasSubstr(source + "\"starting\"} 0\n"));
  EXPECT_THAT(text, HasSubstr(source + "\"healthy\"} 0\n"));
  EXPECT_THAT(text, HasSubstr(source + "\"degraded\"} 1\n"));
  EXPECT_THAT(text, HasSubstr(source + "\"paused\"} 0\n"));
  // Nobody runs a parked sink.
  EXPECT_THAT(text, HasSubstr("sluice_sink_parked{pipeline=\"office\","
                              "sink=\"old\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr("sluice_sink_health{pipeline=\"office\","
                                  "sink=\"old\"")));
}

TEST(StatusMetricsTest, ShowsTheLog) {
  const std::string text = Text(Status());
  EXPECT_THAT(text, HasSubstr("sluice_log_events{pipeline=\"office\"} 100\n"));
  EXPECT_THAT(
      text,
      HasSubstr("sluice_log_appended_events_total{pipeline=\"office\"} 200\n"));
  EXPECT_THAT(
      text,
      HasSubstr("sluice_log_sync_seconds_total{pipeline=\"office\"} 2.25\n"));
}

// What Prometheus asks of names: https://prometheus.io/docs/practices/naming/
TEST(StatusMetricsTest, NamesAreWellFormedAndThereWithoutValues) {
  const std::vector<MetricFamily> families =
      StatusMetrics(admin::v1::ProcessStatus());
  EXPECT_GT(families.size(), 40u);
  std::set<std::string> names;
  for (const MetricFamily& family : families) {
    EXPECT_TRUE(names.insert(family.name).second) << family.name;
    EXPECT_TRUE(family.name.starts_with("sluice_")) << family.name;
    EXPECT_EQ(family.name.ends_with("_total"),
              family.kind == MetricKind::kCounter)
        << family.name;
    EXPECT_FALSE(family.help.empty()) << family.name;
  }
}

TEST(ComponentMetricsTest, NamesTheComponentByItsKind) {
  MetricRegistry registry;
  registry
      .counter("a_requests_total",
               {{"component", "in"}, {"pipeline", "office"}}, "Requests.")
      ->Add(2);
  registry.counter(
      "a_requests_total",
      {{"component", "out"}, {"pipeline", "office"}, {"result", "2xx"}});
  registry.gauge(kAllowedEventsPerHour,
                 {{"component", "out"}, {"pipeline", "office"}});
  registry.gauge("b_open", {});
  EXPECT_EQ(FormatMetrics(ComponentMetrics(registry.Snapshot(), Status()),
                          ExpositionFormat::kPrometheusText),
            "# HELP sluice_a_requests_total Requests.\n"
            "# TYPE sluice_a_requests_total counter\n"
            "sluice_a_requests_total{pipeline=\"office\",source=\"in\"} 2\n"
            "sluice_a_requests_total{pipeline=\"office\",sink=\"out\","
            "result=\"2xx\"} 0\n"
            "# TYPE sluice_b_open gauge\n"
            "sluice_b_open 0\n");
}

}  // namespace
}  // namespace sluice
