// Bar charts as SVG, without a library.
#ifndef TOOLS_BENCH_BAR_CHART_H_
#define TOOLS_BENCH_BAR_CHART_H_

#include <string>
#include <vector>

namespace sluice::bench {

// One bar: from the axis to `value`, with a thin line from `low` to `high`.
struct Bar {
  double value = 0;
  double low = 0;
  double high = 0;
};

// A label with a bar for each series of its panel.
struct BarRow {
  std::string label;
  std::vector<Bar> bars;
};

// Rows below each other over one axis.
struct BarPanel {
  std::string title;
  // Of the axis, e.g. "milliseconds".
  std::string unit;
  // Names of the bars of a row, in order; one name: no legend.
  std::vector<std::string> series;
  // From the power of ten below the smallest value to the one above the
  // largest, instead of from zero. What is not above zero has no bar then.
  bool logarithmic = false;
  std::vector<BarRow> rows;
};

// A document that is as high as its rows need. `note` stands small below the
// title. Panels without rows are left out. Any text may be given; values that
// are not finite have no bar.
std::string RenderBarChart(const std::string& title, const std::string& note,
                           const std::vector<BarPanel>& panels);

// Where the ticks of an axis stand that has to show `low` to `high`; first and
// last are its ends.
//
// Linear: multiples of 1, 2 or 5 times a power of ten, 4 to 11 of them, from
// zero on. REQUIRES: high > 0.
std::vector<double> LinearTicks(double high);
// Powers of ten. REQUIRES: 0 < low <= high.
std::vector<double> LogarithmicTicks(double low, double high);

// 1500000 as "1.5 M", 0.25 as "0.25".
std::string ShortNumber(double value);

}  // namespace sluice::bench

#endif  // TOOLS_BENCH_BAR_CHART_H_
