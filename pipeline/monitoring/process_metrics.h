// What the operating system knows about this process and its disk, as metrics.
#ifndef PIPELINE_MONITORING_PROCESS_METRICS_H_
#define PIPELINE_MONITORING_PROCESS_METRICS_H_

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "pipeline/monitoring/exposition.h"

namespace sluice {

// Memory, file descriptors and processor time of this process, under the names
// that all programs have them (https://prometheus.io/docs/instrumenting/
// writing_clientlibs/#process-metrics), and the space on the disk of
// `data_dir`. What cannot be read has no value. May wait for the disk.
std::vector<MetricFamily> ProcessMetrics(const std::string& data_dir,
                                         absl::Time start_time);

}  // namespace sluice

#endif  // PIPELINE_MONITORING_PROCESS_METRICS_H_
