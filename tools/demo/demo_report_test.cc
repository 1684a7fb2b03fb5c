#include "tools/demo/demo_report.h"

#include <string>

#include "boost/json.hpp"
#include "gtest/gtest.h"

namespace sluice::demo {
namespace {

DemoReport GoodReport() {
  DemoReport report;
  report.published = 20'000;
  report.delivered = {{"room-feed", 20'000}, {"ops", 20'000}};
  report.backfilled = 1234;
  report.complete = true;
  return report;
}

TEST(DemoReportTest, PassesOnlyIfNothingIsLostOrDoubled) {
  EXPECT_TRUE(GoodReport().Passed());
  DemoReport lost = GoodReport();
  lost.lost = 1;
  EXPECT_FALSE(lost.Passed());
  DemoReport doubled = GoodReport();
  doubled.duplicated = 1;
  EXPECT_FALSE(doubled.Passed());
  DemoReport unbalanced = GoodReport();
  unbalanced.balanced = false;
  EXPECT_FALSE(unbalanced.Passed());
  DemoReport late = GoodReport();
  late.complete = false;
  EXPECT_FALSE(late.Passed());
}

TEST(DemoReportTest, SaysTheSameInJson) {
  const boost::json::object json = ToJson(GoodReport());
  EXPECT_TRUE(json.at("passed").as_bool());
  EXPECT_EQ(json.at("published").to_number<int>(), 20'000);
  EXPECT_EQ(json.at("lost").to_number<int>(), 0);
  EXPECT_EQ(json.at("delivered").at("ops").to_number<int>(), 20'000);
  EXPECT_EQ(json.at("faults").at("kills").to_number<int>(), 0);
}

TEST(DemoReportTest, SaysInWordsWhatFailed) {
  DemoReport report = GoodReport();
  report.lost = 3;
  const std::string text = Describe(report);
  EXPECT_NE(text.find("FAILED"), std::string::npos);
  EXPECT_NE(text.find("3 lost"), std::string::npos);
}

}  // namespace
}  // namespace sluice::demo
