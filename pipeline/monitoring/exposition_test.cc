#include "pipeline/monitoring/exposition.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

MetricFamily Family(const char* name, MetricKind kind, const char* help) {
  MetricFamily family;
  family.name = name;
  family.kind = kind;
  family.help = help;
  return family;
}

TEST(ExpositionTest, WritesTheTextFormat) {
  MetricFamily requests =
      Family("a_requests_total", MetricKind::kCounter, "Requests.");
  requests.Add(3, {{"path", "/x"}, {"code", "200"}});
  requests.Add(0, {{"path", "/y"}, {"code", "404"}});
  MetricFamily age = Family("a_age_seconds", MetricKind::kGauge, "Age.");
  age.Add(1.25);
  EXPECT_EQ(FormatMetrics({requests, age}, ExpositionFormat::kPrometheusText),
            "# HELP a_requests_total Requests.\n"
            "# TYPE a_requests_total counter\n"
            "a_requests_total{path=\"/x\",code=\"200\"} 3\n"
            "a_requests_total{path=\"/y\",code=\"404\"} 0\n"
            "# HELP a_age_seconds Age.\n"
            "# TYPE a_age_seconds gauge\n"
            "a_age_seconds 1.25\n");
}

TEST(ExpositionTest, WritesOpenMetrics) {
  MetricFamily requests =
      Family("a_requests_total", MetricKind::kCounter, "The \"requests\".");
  requests.Add(3);
  EXPECT_EQ(FormatMetrics({requests}, ExpositionFormat::kOpenMetrics),
            "# HELP a_requests The \\\"requests\\\".\n"
            "# TYPE a_requests counter\n"
            "a_requests_total 3\n"
            "# EOF\n");
}

TEST(ExpositionTest, EscapesLabelsAndHelp) {
  MetricFamily family =
      Family("a_info", MetricKind::kGauge, "A \\ and\na \"b\".");
  family.Add(1, {{"text", "\"q\" \\ \n\xC3\xA4"}});
  EXPECT_EQ(FormatMetrics({family}, ExpositionFormat::kPrometheusText),
            "# HELP a_info A \\\\ and\\na \"b\".\n"
            "# TYPE a_info gauge\n"
            "a_info{text=\"\\\"q\\\" \\\\ \\n\xC3\xA4\"} 1\n");
}

TEST(ExpositionTest, WritesHistogramsCumulated) {
  Histogram histogram;
  histogram.Note(absl::Milliseconds(1), 2);
  histogram.Note(absl::Seconds(1));
  histogram.Note(absl::Hours(1000));
  MetricFamily family = Family("a_seconds", MetricKind::kHistogram, "");
  family.points.push_back({{{"sink", "x"}}, 0, histogram.snapshot()});
  const std::string text =
      FormatMetrics({family}, ExpositionFormat::kPrometheusText);
  EXPECT_THAT(text, Not(HasSubstr("# HELP")));
  EXPECT_THAT(text, HasSubstr("# TYPE a_seconds histogram\n"
                              "a_seconds_bucket{sink=\"x\",le=\"0.0005\"} 0\n"
                              "a_seconds_bucket{sink=\"x\",le=\"0.001\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("a_seconds_bucket{sink=\"x\",le=\"1\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("a_seconds_bucket{sink=\"x\",le=\"+Inf\"} 4\n"
                              "a_seconds_sum{sink=\"x\"} 3600001.002\n"
                              "a_seconds_count{sink=\"x\"} 4\n"));
  EXPECT_THAT(FormatMetrics({family}, ExpositionFormat::kOpenMetrics),
              HasSubstr("a_seconds_bucket{sink=\"x\",le=\"1.0\"} 3\n"));
}

TEST(ExpositionTest, WritesNumbersExactlyAndShort) {
  MetricFamily family = Family("a", MetricKind::kGauge, "");
  family.Add(9007199254740991.0);
  family.Add(-5);
  family.Add(0.1);
  family.Add(1e300);
  EXPECT_EQ(FormatMetrics({family}, ExpositionFormat::kPrometheusText),
            "# TYPE a gauge\na 9007199254740991\na -5\na 0.1\na 1e+300\n");
}

TEST(ChooseFormatTest, TakesTheTextFormatUnlessOpenMetricsIsPreferred) {
  constexpr auto kText = ExpositionFormat::kPrometheusText;
  constexpr auto kOpen = ExpositionFormat::kOpenMetrics;
  EXPECT_EQ(ChooseFormat(""), kText);
  EXPECT_EQ(ChooseFormat("*/*"), kText);
  EXPECT_EQ(ChooseFormat("text/html,application/xhtml+xml;q=0.9"), kText);
  EXPECT_EQ(ChooseFormat("application/openmetrics-text"), kOpen);
  EXPECT_EQ(ChooseFormat("Application/OpenMetrics-Text; version=1.0.0"), kOpen);
  // What Prometheus 2.42 sends.
  EXPECT_EQ(ChooseFormat("application/openmetrics-text;version=1.0.0,"
                         "application/openmetrics-text;version=0.0.1;q=0.75,"
                         "text/plain;version=0.0.4;q=0.5,*/*;q=0.1"),
            kOpen);
  EXPECT_EQ(ChooseFormat("application/openmetrics-text;q=0.3,text/plain"),
            kText);
  EXPECT_EQ(ChooseFormat("application/openmetrics-text;q=0"), kText);
  EXPECT_EQ(ChooseFormat("application/openmetrics-text;q=x"), kText);
}

}  // namespace
}  // namespace sluice
