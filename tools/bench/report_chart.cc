#include "tools/bench/report_chart.h"

#include <iterator>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace sluice::bench {
namespace {

constexpr char kCpuUnit[] = "cpu_seconds_per_million_events";
constexpr const char* kQuantiles[] = {"_p50", "_p99", "_p999"};

Bar BarOf(const Spread& spread) {
  return {spread.median, spread.min, spread.max};
}

// "growth_sinks: sinks 16" of "sinks_16_"; "backlog" of "".
std::string Label(const Measured& measured, std::string_view prefix) {
  const std::string words =
      absl::StrReplaceAll(std::string(prefix), {{"_", " "}});
  const size_t end = words.find_last_not_of(' ');
  if (end == std::string::npos) return measured.scenario();
  return absl::StrCat(measured.scenario(), ": ", words.substr(0, end + 1));
}

// What stands before `unit` at the end of `name`; nullopt: it does not.
std::optional<std::string_view> Before(std::string_view name,
                                       std::string_view unit) {
  if (name.size() < unit.size() ||
      name.substr(name.size() - unit.size()) != unit) {
    return std::nullopt;
  }
  return name.substr(0, name.size() - unit.size());
}

// A row for every figure that ends in `unit`.
BarPanel PanelOfUnit(const Report& report, const std::string& title,
                     const std::string& axis, std::string_view unit) {
  BarPanel panel;
  panel.title = title;
  panel.unit = axis;
  panel.series = {axis};
  // Stages are a thousand times as fast as what does the work of all.
  panel.logarithmic = true;
  for (const Measured& measured : report.scenarios) {
    for (const Measured::Row& row : measured.rows()) {
      const auto prefix = Before(row.name, unit);
      if (!prefix.has_value()) continue;
      panel.rows.push_back({Label(measured, *prefix), {BarOf(row.spread)}});
    }
  }
  return panel;
}

// A row of three bars for every figure that has a p50; its p99 and p99.9 stand
// right behind it.
BarPanel LatencyPanel(const Report& report) {
  BarPanel panel;
  panel.title = "Latency";
  panel.unit = "milliseconds";
  panel.series = {"p50", "p99", "p99.9"};
  panel.logarithmic = true;
  for (const Measured& measured : report.scenarios) {
    const std::vector<Measured::Row> rows = measured.rows();
    for (size_t i = 0; i + 2 < rows.size(); ++i) {
      const auto prefix =
          Before(rows[i].name, absl::StrCat(kQuantiles[0], kLatencyUnit));
      if (!prefix.has_value()) continue;
      BarRow row = {Label(measured, *prefix), {}};
      for (size_t q = 0; q < std::size(kQuantiles); ++q) {
        if (rows[i + q].name ==
            absl::StrCat(std::string(*prefix), kQuantiles[q], kLatencyUnit)) {
          row.bars.push_back(BarOf(rows[i + q].spread));
        }
      }
      if (row.bars.size() == std::size(kQuantiles)) {
        panel.rows.push_back(std::move(row));
      }
    }
  }
  return panel;
}

}  // namespace

std::vector<BarPanel> ReportPanels(const Report& report) {
  return {PanelOfUnit(report, "Events a second", "events/s", kRateUnit),
          PanelOfUnit(report, "CPU time", "CPU seconds per million events",
                      kCpuUnit),
          LatencyPanel(report)};
}

std::string ReportChart(const Report& report) {
  return RenderBarChart(
      "sluice bench",
      absl::StrCat(MachineLine(report.machine), "; medians of ", report.runs,
                   report.runs == 1 ? " run" : " runs",
                   ", lines from the least to the most"),
      ReportPanels(report));
}

}  // namespace sluice::bench
