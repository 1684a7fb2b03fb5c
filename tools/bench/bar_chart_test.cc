#include "tools/bench/bar_chart.h"

#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice::bench {
namespace {

size_t CountOf(const std::string& text, const std::string& part) {
  size_t count = 0;
  for (size_t at = text.find(part); at != std::string::npos;
       at = text.find(part, at + part.size())) {
    ++count;
  }
  return count;
}

std::string Render(const BarPanel& panel) {
  return RenderBarChart("title", "note", {panel});
}

BarPanel OnePanel() {
  return {.title = "throughput",
          .unit = "events/s",
          .series = {"events/s"},
          .rows = {{"fast", {{1'000'000, 900'000, 1'100'000}}},
                   {"slow", {{250'000, 250'000, 250'000}}}}};
}

TEST(TicksTest, LinearOnesAreRoundBeginAtZeroAndReachTheTop) {
  EXPECT_EQ(LinearTicks(1),
            (std::vector<double>{0, .2, .4, .6000000000000001, .8, 1}));
  for (const double high : {0.03, 1.0, 3.7, 9.99, 10.0, 12345.0, 2.1e9}) {
    const std::vector<double> ticks = LinearTicks(high);
    EXPECT_EQ(ticks.front(), 0) << high;
    EXPECT_GE(ticks.back(), high * (1 - 1e-6)) << high;
    EXPECT_LT(ticks[ticks.size() - 2], high) << high;
    EXPECT_GE(ticks.size(), 4u) << high;
    EXPECT_LE(ticks.size(), 12u) << high;
  }
}

TEST(TicksTest, LogarithmicOnesArePowersOfTenAroundTheValues) {
  const std::vector<double> ticks = LogarithmicTicks(0.3, 40);
  ASSERT_EQ(ticks.size(), 4u);
  EXPECT_NEAR(ticks[0], 0.1, 1e-12);
  EXPECT_NEAR(ticks[3], 100, 1e-9);
  // One value alone still has an axis.
  EXPECT_EQ(LogarithmicTicks(10, 10).size(), 2u);
  EXPECT_EQ(LogarithmicTicks(1000, 1000).front(), 1000);
}

TEST(ShortNumberTest, HasThreeDigitsAndAUnit) {
  EXPECT_EQ(ShortNumber(0), "0");
  EXPECT_EQ(ShortNumber(0.25), "0.25");
  EXPECT_EQ(ShortNumber(999), "999");
  EXPECT_EQ(ShortNumber(1500), "1.5 k");
  EXPECT_EQ(ShortNumber(999'999), "1 M");
  EXPECT_EQ(ShortNumber(1'234'567), "1.23 M");
  EXPECT_EQ(ShortNumber(2.5e9), "2.5 G");
}

TEST(BarChartTest, DrawsABarALabelAndAValueForEachRow) {
  const std::string svg = Render(OnePanel());
  EXPECT_TRUE(absl::StartsWith(svg, "<svg xmlns="));
  EXPECT_TRUE(absl::EndsWith(svg, "</svg>\n"));
  EXPECT_EQ(CountOf(svg, "fill=\"#0072b2\""), 2u);
  for (const char* text : {">title<", ">note<", ">throughput<", ">fast<",
                           ">slow<", ">1 M<", ">250 k<", ">events/s<"}) {
    EXPECT_TRUE(absl::StrContains(svg, text)) << text;
  }
  // One series needs no legend, and only the first row has a spread.
  EXPECT_EQ(CountOf(svg, "class=\"unit\""), 1u);
  EXPECT_EQ(CountOf(svg, "class=\"spread\""), 1u);
}

TEST(BarChartTest, BarsAreAsLongAsTheirValues) {
  // The axis goes from 0 to 1.2 M over 960 - 330 - 80 units.
  const std::string svg = Render(OnePanel());
  EXPECT_TRUE(absl::StrContains(svg, absl::StrCat("width=\"458.3\""))) << svg;
  EXPECT_TRUE(absl::StrContains(svg, "width=\"114.6\"")) << svg;
}

TEST(BarChartTest, SeveralSeriesHaveALegendAndTheirOwnColours) {
  const BarPanel panel = {.title = "latency",
                          .unit = "ms",
                          .series = {"p50", "p99"},
                          .logarithmic = true,
                          .rows = {{"idle", {{1, 1, 1}, {10, 10, 10}}}}};
  const std::string svg = Render(panel);
  EXPECT_TRUE(absl::StrContains(svg, ">p50<"));
  EXPECT_TRUE(absl::StrContains(svg, ">p99<"));
  // In the legend and as a bar.
  EXPECT_EQ(CountOf(svg, "fill=\"#0072b2\""), 2u);
  EXPECT_EQ(CountOf(svg, "fill=\"#e69f00\""), 2u);
}

TEST(BarChartTest, WhatCannotBeDrawnHasNoBar) {
  BarPanel panel = OnePanel();
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const double infinity = std::numeric_limits<double>::infinity();
  panel.rows = {{"nan", {{nan, nan, nan}}},
                {"infinite", {{infinity, infinity, infinity}}},
                {"negative", {{-5, -5, -5}}}};
  const std::string svg = Render(panel);
  EXPECT_EQ(CountOf(svg, "fill=\"#0072b2\""), 0u);
  EXPECT_EQ(CountOf(svg, "nan\""), 0u);
  EXPECT_TRUE(absl::StrContains(svg, ">negative<"));
  panel.logarithmic = true;
  panel.rows = {{"zero", {{0, 0, 0}}}};
  EXPECT_EQ(CountOf(Render(panel), "fill=\"#0072b2\""), 0u);
}

TEST(BarChartTest, TextCannotBreakOutOfTheDocument) {
  BarPanel panel = OnePanel();
  panel.rows[0].label = "<script>\"&";
  const std::string svg = Render(panel);
  EXPECT_EQ(CountOf(svg, "<script>"), 0u);
  EXPECT_TRUE(absl::StrContains(svg, "&lt;script&gt;&quot;&amp;"));
}

TEST(BarChartTest, LeavesOutPanelsWithoutRowsAndGrowsWithTheOthers) {
  BarPanel empty;
  empty.title = "nothing";
  const std::string svg = RenderBarChart("t", "n", {empty, OnePanel()});
  EXPECT_FALSE(absl::StrContains(svg, "nothing"));
  // 64 above, 34 + 2 * 20 + 52 for the panel.
  EXPECT_TRUE(absl::StrContains(svg, "viewBox=\"0 0 960 190\"")) << svg;
  EXPECT_TRUE(absl::StrContains(RenderBarChart("t", "n", {}),
                                "viewBox=\"0 0 960 64\""));
}

}  // namespace
}  // namespace sluice::bench
