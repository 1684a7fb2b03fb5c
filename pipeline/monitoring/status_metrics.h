// The status of a process as metrics. docs/metrics.md lists them; a test
// compares the two.
#ifndef PIPELINE_MONITORING_STATUS_METRICS_H_
#define PIPELINE_MONITORING_STATUS_METRICS_H_

#include <vector>

#include "pipeline/metrics/metrics.h"
#include "pipeline/monitoring/exposition.h"
#include "proto/admin/v1/status.pb.h"

namespace sluice {

// Everything that `status` has in numbers, with names that begin with
// "sluice_". Every metric is there, also one without values.
std::vector<MetricFamily> StatusMetrics(const admin::v1::ProcessStatus& status);

// The metrics of components, as "sluice_" and their name. The label "component"
// becomes "source" or "sink", as `status` knows it.
std::vector<MetricFamily> ComponentMetrics(
    const std::vector<MetricSample>& samples,
    const admin::v1::ProcessStatus& status);

}  // namespace sluice

#endif  // PIPELINE_MONITORING_STATUS_METRICS_H_
