// The table of docs/metrics.md, and the same read from what a process exports.
#ifndef TESTS_MONITORING_METRICS_TABLE_H_
#define TESTS_MONITORING_METRICS_TABLE_H_

#include <map>
#include <string>
#include <string_view>

namespace sluice {

// A metric as people read about it.
struct MetricRow {
  std::string type;    // "counter", "gauge", "histogram"
  std::string labels;  // "pipeline, source"; those of histograms without le
  std::string help;
};

// By name.
using MetricsTable = std::map<std::string, MetricRow>;

// Rows of Markdown: | `name` | type | `label`, `label` | help |
MetricsTable ReadDocumentedMetrics(std::string_view markdown);

// From the text format of Prometheus. A metric without values has the labels
// "?".
MetricsTable ReadExportedMetrics(std::string_view text);

// The page's rows of `table`.
std::string ToMarkdown(const MetricsTable& table);

}  // namespace sluice

#endif  // TESTS_MONITORING_METRICS_TABLE_H_
