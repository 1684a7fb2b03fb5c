// Metrics as text, in the formats that Prometheus reads.
#ifndef PIPELINE_MONITORING_EXPOSITION_H_
#define PIPELINE_MONITORING_EXPOSITION_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pipeline/metrics/metrics.h"

namespace sluice {

// One value of a metric, or one histogram.
struct MetricPoint {
  MetricLabels labels;
  double value = 0;
  Histogram::Snapshot histogram;
};

// All values of one metric.
struct MetricFamily {
  // Whole, as it is exported; a counter's ends in "_total".
  std::string name;
  MetricKind kind = MetricKind::kGauge;
  std::string help;
  std::vector<MetricPoint> points;

  void Add(double value, MetricLabels labels = {}) {
    points.push_back({std::move(labels), value, {}});
  }
};

enum class ExpositionFormat {
  // The text format 0.0.4 of Prometheus,
  // https://prometheus.io/docs/instrumenting/exposition_formats/
  kPrometheusText,
  // OpenMetrics 1.0.0,
  // https://prometheus.io/docs/specs/om/open_metrics_spec/
  kOpenMetrics,
};

// The format that a request with this Accept header wants most; the text format
// unless OpenMetrics is asked for by name and is worth at least as much.
ExpositionFormat ChooseFormat(std::string_view accept);

// The value of Content-Type.
std::string_view ContentType(ExpositionFormat format);

// All of `families`, in their order. Values of labels may hold any UTF-8.
std::string FormatMetrics(const std::vector<MetricFamily>& families,
                          ExpositionFormat format);

}  // namespace sluice

#endif  // PIPELINE_MONITORING_EXPOSITION_H_
