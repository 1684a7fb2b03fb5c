#include "tools/bench/bar_chart.h"

#include <algorithm>
#include <cmath>
#include <iterator>
#include <string_view>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"

namespace sluice::bench {
namespace {

// All lengths are in user units, which a browser shows as pixels.
constexpr double kWidth = 960;
constexpr double kLabelWidth = 330;
constexpr double kRightMargin = 80;
constexpr double kTop = 64;
constexpr double kPanelTitle = 34;
constexpr double kAxis = 52;
constexpr double kBarHeight = 11;
constexpr double kRowGap = 9;

// Told apart by people who do not see all colours, too (Okabe and Ito).
constexpr const char* kColours[] = {"#0072b2", "#e69f00", "#009e73", "#cc79a7"};

std::string Escaped(std::string_view text) {
  return absl::StrReplaceAll(
      std::string(text),
      {{"&", "&amp;"}, {"<", "&lt;"}, {">", "&gt;"}, {"\"", "&quot;"}});
}

const char* Colour(size_t series) {
  return kColours[series % std::size(kColours)];
}

std::string Text(double x, double y, std::string_view anchor,
                 std::string_view style, std::string_view text) {
  return absl::StrFormat(
      "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" class=\"%s\">%s</text>\n",
      x, y, std::string(anchor), std::string(style), Escaped(text));
}

std::string Line(double x1, double y1, double x2, double y2,
                 std::string_view style) {
  return absl::StrFormat(
      "<line x1=\"%.1f\" y1=\"%.1f\" x2=\"%.1f\" y2=\"%.1f\" class=\"%s\"/>\n",
      x1, y1, x2, y2, std::string(style));
}

bool Shown(double value, bool logarithmic) {
  return std::isfinite(value) && (logarithmic ? value > 0 : value >= 0);
}

// Where values stand on the axis of a panel.
class Scale {
 public:
  explicit Scale(const BarPanel& panel) : logarithmic_(panel.logarithmic) {
    double low = 0;
    double high = 0;
    for (const BarRow& row : panel.rows) {
      for (const Bar& bar : row.bars) {
        for (const double value : {bar.value, bar.low, bar.high}) {
          if (!Shown(value, logarithmic_) || value == 0) continue;
          low = low == 0 ? value : std::min(low, value);
          high = std::max(high, value);
        }
      }
    }
    if (high == 0) low = high = 1;  // Nothing to show but the axis.
    ticks_ = logarithmic_ ? LogarithmicTicks(low, high) : LinearTicks(high);
  }

  const std::vector<double>& ticks() const { return ticks_; }
  double x(double value) const {
    const double begin = Place(ticks_.front());
    const double share =
        (Place(value) - begin) / (Place(ticks_.back()) - begin);
    return kLabelWidth + share * (kWidth - kRightMargin - kLabelWidth);
  }

 private:
  double Place(double value) const {
    return logarithmic_ ? std::log10(value) : value;
  }

  const bool logarithmic_;
  std::vector<double> ticks_;
};

double RowHeight(const BarPanel& panel) {
  const size_t bars = std::max<size_t>(1, panel.series.size());
  return kBarHeight * static_cast<double>(bars) + kRowGap;
}

double PanelHeight(const BarPanel& panel) {
  return kPanelTitle +
         RowHeight(panel) * static_cast<double>(panel.rows.size()) + kAxis;
}

std::string DrawAxis(const BarPanel& panel, const Scale& scale, double top,
                     double bottom) {
  std::string svg;
  for (const double tick : scale.ticks()) {
    absl::StrAppend(
        &svg, Line(scale.x(tick), top, scale.x(tick), bottom, "grid"),
        Text(scale.x(tick), bottom + 14, "middle", "tick", ShortNumber(tick)));
  }
  absl::StrAppend(&svg, Line(kLabelWidth, top, kLabelWidth, bottom, "axis"),
                  Text((kLabelWidth + kWidth - kRightMargin) / 2, bottom + 30,
                       "middle", "unit", panel.unit));
  return svg;
}

std::string DrawBar(const Bar& bar, size_t series, bool logarithmic,
                    const Scale& scale, double y) {
  if (!Shown(bar.value, logarithmic)) return "";
  const double end = scale.x(bar.value);
  std::string svg = absl::StrFormat(
      "<rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.1f\" "
      "fill=\"%s\"/>\n",
      kLabelWidth, y, end - kLabelWidth, kBarHeight - 2, Colour(series));
  double right = end;
  if (Shown(bar.low, logarithmic) && Shown(bar.high, logarithmic) &&
      bar.low < bar.high) {
    const double middle = y + (kBarHeight - 2) / 2;
    right = std::max(right, scale.x(bar.high));
    absl::StrAppend(&svg, Line(scale.x(bar.low), middle, scale.x(bar.high),
                               middle, "spread"));
  }
  absl::StrAppend(&svg, Text(right + 4, y + kBarHeight - 3, "start", "value",
                             ShortNumber(bar.value)));
  return svg;
}

std::string DrawRow(const BarPanel& panel, const BarRow& row,
                    const Scale& scale, double y) {
  const double middle = y + (RowHeight(panel) - kRowGap) / 2 + 4;
  std::string svg = Text(kLabelWidth - 8, middle, "end", "label", row.label);
  for (size_t i = 0; i < row.bars.size() && i < panel.series.size(); ++i) {
    absl::StrAppend(&svg, DrawBar(row.bars[i], i, panel.logarithmic, scale,
                                  y + kBarHeight * static_cast<double>(i)));
  }
  return svg;
}

std::string DrawLegend(const BarPanel& panel, double y) {
  if (panel.series.size() < 2) return "";
  std::string svg;
  double x = kLabelWidth;
  for (size_t i = 0; i < panel.series.size(); ++i) {
    absl::StrAppend(&svg,
                    absl::StrFormat("<rect x=\"%.1f\" y=\"%.1f\" width=\"10\" "
                                    "height=\"10\" fill=\"%s\"/>\n",
                                    x, y - 9, Colour(i)),
                    Text(x + 14, y, "start", "tick", panel.series[i]));
    x += 30 + 7 * static_cast<double>(panel.series[i].size());
  }
  return svg;
}

std::string DrawPanel(const BarPanel& panel, double y) {
  const Scale scale(panel);
  const double top = y + kPanelTitle;
  const double bottom =
      top + RowHeight(panel) * static_cast<double>(panel.rows.size());
  std::string svg = absl::StrCat(
      Text(16, y + 20, "start", "panel", panel.title),
      DrawLegend(panel, y + 20), DrawAxis(panel, scale, top, bottom));
  double row_y = top + kRowGap / 2;
  for (const BarRow& row : panel.rows) {
    absl::StrAppend(&svg, DrawRow(panel, row, scale, row_y));
    row_y += RowHeight(panel);
  }
  return svg;
}

// The power of ten that is not above `value`. Rounding of log10 must not make
// it another one.
double PowerOfTenBelow(double value) {
  double power = std::pow(10, std::floor(std::log10(value)));
  if (power > value) power /= 10;
  if (power * 10 <= value) power *= 10;
  return power;
}

}  // namespace

std::vector<double> LinearTicks(double high) {
  const double power = PowerOfTenBelow(high);
  const double lead = high / power;  // 1 to below 10.
  const double step = power * (lead <= 2 ? 0.2 : lead <= 5 ? 0.5 : 1);
  const int count = static_cast<int>(std::ceil(high / step - 1e-9));
  std::vector<double> ticks;
  for (int i = 0; i <= count; ++i) ticks.push_back(step * i);
  return ticks;
}

std::vector<double> LogarithmicTicks(double low, double high) {
  std::vector<double> ticks = {PowerOfTenBelow(low)};
  do {
    ticks.push_back(ticks.back() * 10);
  } while (ticks.back() < high * (1 - 1e-9));
  return ticks;
}

std::string ShortNumber(double value) {
  constexpr std::pair<double, const char*> kUnits[] = {
      {1e9, " G"}, {1e6, " M"}, {1e3, " k"}};
  for (const auto& [size, name] : kUnits) {
    // From where three digits would round up to the next unit.
    if (std::abs(value) >= size * 0.9995) {
      return absl::StrFormat("%.3g%s", value / size, name);
    }
  }
  return absl::StrFormat("%.3g", value);
}

std::string RenderBarChart(const std::string& title, const std::string& note,
                           const std::vector<BarPanel>& panels) {
  std::string body;
  double y = kTop;
  for (const BarPanel& panel : panels) {
    if (panel.rows.empty()) continue;
    absl::StrAppend(&body, DrawPanel(panel, y));
    y += PanelHeight(panel);
  }
  return absl::StrCat(
      absl::StrFormat("<svg xmlns=\"http://www.w3.org/2000/svg\" "
                      "width=\"%.0f\" height=\"%.0f\" "
                      "viewBox=\"0 0 %.0f %.0f\">\n",
                      kWidth, y, kWidth, y),
      "<style>text{font-family:sans-serif;fill:#222}"
      ".title{font-size:18px;font-weight:bold}"
      ".note,.tick,.unit,.value{font-size:11px}.note,.tick{fill:#555}"
      ".panel{font-size:14px;font-weight:bold}.label{font-size:12px}"
      ".grid{stroke:#ddd}.axis{stroke:#222}"
      ".spread{stroke:#222;stroke-width:1.5}</style>\n"
      "<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
      Text(16, 28, "start", "title", title),
      Text(16, 48, "start", "note", note), body, "</svg>\n");
}

}  // namespace sluice::bench
