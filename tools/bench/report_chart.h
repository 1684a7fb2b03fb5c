// The figures of a report that are rates and latencies, drawn.
#ifndef TOOLS_BENCH_REPORT_CHART_H_
#define TOOLS_BENCH_REPORT_CHART_H_

#include <string>
#include <vector>

#include "tools/bench/bar_chart.h"
#include "tools/bench/report.h"

namespace sluice::bench {

// Three panels: events a second, CPU time per million events, and latencies
// with p50, p99 and p99.9 beside each other. A row is labelled with its
// scenario and what stands before the unit in the name of its figure:
// "growth_sinks: sinks 16" of sinks_16_events_per_second.
std::vector<BarPanel> ReportPanels(const Report& report);

// The panels as an SVG document that names the machine.
std::string ReportChart(const Report& report);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_REPORT_CHART_H_
