#include "pipeline/template/comparison.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::template_internal {
namespace {

Value Number(std::string_view text) {
  return Value::Json(Value::Kind::kNumber, text);
}

TEST(CompareTest, ComparesNumbersAsNumbers) {
  EXPECT_TRUE(Compare(Number("24.90"), Number("24.9")) == 0);
  EXPECT_TRUE(Compare(Number("9"), Number("10")) < 0);
  EXPECT_TRUE(Compare(Number("1e3"), Number("1000")) == 0);
  EXPECT_TRUE(Compare(Number("9007199254740993"), Number("9007199254740992")) >
              0);
}

TEST(CompareTest, ReadsATextBesideANumberAsNumber) {
  EXPECT_TRUE(Compare(Value::Text("9"), Number("10")) < 0);
  EXPECT_TRUE(Compare(Number("10"), Value::Text("9.5")) > 0);
  EXPECT_TRUE(Compare(Value::Text("nine"), Number("10")) > 0);
}

TEST(CompareTest, ComparesTextsByteByByte) {
  EXPECT_TRUE(Compare(Value::Text("9"), Value::Text("10")) > 0);
  EXPECT_TRUE(Compare(Value::Text("a"), Value::Text("a")) == 0);
  EXPECT_TRUE(Compare(Value::Json(Value::Kind::kBool, "true"),
                      Value::Text("true")) == 0);
}

TEST(CompareTest, ComparesTimesAsTimes) {
  const Value time{.kind = Value::Kind::kTime, .unix_nanos = 500'000'000};
  EXPECT_TRUE(Compare(time, Value::Text("1970-01-01T00:00:00Z")) > 0);
  EXPECT_TRUE(Compare(time, Value::Text("1970-01-01T01:00:00.5+01:00")) == 0);
  EXPECT_TRUE(Compare(time, Value::Text("yesterday")) ==
              std::partial_ordering::unordered);
  EXPECT_TRUE(Compare(time, time) == 0);
}

TEST(CompareTest, LeavesAbsentAndCompositeValuesUnordered) {
  for (const Value& other : {Value(), Value::Json(Value::Kind::kNull, "null"),
                             Value::Json(Value::Kind::kJson, "{}")}) {
    EXPECT_TRUE(Compare(other, other) == std::partial_ordering::unordered);
    EXPECT_TRUE(Compare(Value::Text("{}"), other) ==
                std::partial_ordering::unordered);
  }
}

TEST(GlobMatchesTest, KnowsStarsAndQuestionMarks) {
  EXPECT_TRUE(GlobMatches("sensor-*", "sensor-12"));
  EXPECT_TRUE(GlobMatches("sensor-*", "sensor-"));
  EXPECT_FALSE(GlobMatches("sensor-*", "sensor"));
  EXPECT_TRUE(GlobMatches("*", ""));
  EXPECT_TRUE(GlobMatches("", ""));
  EXPECT_FALSE(GlobMatches("", "a"));
  EXPECT_FALSE(GlobMatches("?", ""));
  EXPECT_TRUE(GlobMatches("a*b*c", "a-b-b-c"));
  EXPECT_FALSE(GlobMatches("a*b*c", "a-b-b-c-"));
  EXPECT_TRUE(GlobMatches("K?che", "Küche"));
  EXPECT_TRUE(GlobMatches("*che", "Küche"));
  EXPECT_TRUE(GlobMatches(R"(a\*b)", "a*b"));
  EXPECT_FALSE(GlobMatches(R"(a\*b)", "axb"));
  EXPECT_TRUE(GlobMatches(R"(a\)", R"(a\)"));
}

TEST(GlobMatchesTest, StaysFastOnHostilePatterns) {
  std::string pattern;
  for (int i = 0; i < 200; ++i) pattern += "a*";
  EXPECT_FALSE(GlobMatches(pattern + "b", std::string(5000, 'a')));
}

}  // namespace
}  // namespace sluice::template_internal
