#include "pipeline/template/condition.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "pipeline/template/test_input.h"

namespace sluice {
namespace {

bool Matches(TestInput& input, std::string_view text) {
  auto condition = Condition::Parse(text);
  EXPECT_TRUE(condition.ok()) << text << ": " << condition.status();
  return condition.ok() && condition->Matches(input.get());
}

std::string ErrorOf(std::string_view text) {
  auto condition = Condition::Parse(text);
  EXPECT_EQ(condition.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(condition.status().message());
}

TEST(ConditionTest, ComparesValues) {
  TestInput input;
  for (std::string_view text : {
           "type == \"temperature\"",
           "type == 'temperature' && data.temperature.value > 24.8",
           "data.temperature.value == 24.9",
           "data.temperature.value != 25",
           "24.9 >= data.temperature.value",
           "data.temperature.value <= 24.9",
           "labels.room-number < 100",
           "labels.room-number == \"99\"",
           "labels.room-number == 99.0",
           "time > \"2021-03-13T00:00:00Z\"",
           "data.temperature.samples.0.value == 100",
           "data.note == \"5 °C \\\"ok\\\"\"",
           "data.note == data.note",
           "data.temperature.isBackfilled == false",
           "!data.temperature.isBackfilled",
           "true",
       }) {
    EXPECT_TRUE(Matches(input, text)) << text;
  }
  for (std::string_view text : {
           "type == \"touch\"",
           "data.temperature.value > 25",
           "data.temperature.isBackfilled",
           "type",
           "false",
       }) {
    EXPECT_FALSE(Matches(input, text)) << text;
  }
}

TEST(ConditionTest, BindsNotThenAndThenOr) {
  TestInput input;
  EXPECT_TRUE(Matches(input, "true || true && false"));
  EXPECT_FALSE(Matches(input, "(true || true) && false"));
  EXPECT_TRUE(Matches(input, "!false && true"));
  EXPECT_FALSE(Matches(input, "!(true && true)"));
  EXPECT_TRUE(Matches(input, "!!true"));
  EXPECT_TRUE(Matches(input, "false || false || id == 'e1'"));
}

TEST(ConditionTest, AsksListsPatternsAndExistence) {
  TestInput input;
  EXPECT_TRUE(Matches(input, "type in [\"touch\", \"temperature\"]"));
  EXPECT_FALSE(Matches(input, "type in ['touch']"));
  EXPECT_TRUE(Matches(input, "labels.room-number in [1, 99]"));
  EXPECT_TRUE(Matches(input, "subject =~ \"*/devices/d?\""));
  EXPECT_FALSE(Matches(input, "subject =~ \"devices*\""));
  EXPECT_TRUE(Matches(input, "data.temperature.value =~ '24*'"));
  EXPECT_TRUE(Matches(input, "exists(labels.group) && !exists(labels.x)"));
  EXPECT_TRUE(Matches(input, "exists ( data.empty )"));
  EXPECT_FALSE(Matches(input, "exists(data.none)"));
}

TEST(ConditionTest, TakesComparisonsWithMissingValuesAsFalse) {
  TestInput input;
  for (std::string_view op : {"==", "!=", "<", ">=", "=~"}) {
    EXPECT_FALSE(Matches(input, "labels.x " + std::string(op) + " \"a\""))
        << op;
    EXPECT_FALSE(Matches(input, "data.none " + std::string(op) + " \"a\""))
        << op;
    EXPECT_FALSE(Matches(input, "data.empty " + std::string(op) + " \"{}\""))
        << op;
  }
  EXPECT_FALSE(Matches(input, "labels.x == labels.x"));
  EXPECT_FALSE(Matches(input, "labels.x in ['']"));
  TestInput broken("{");
  EXPECT_FALSE(Matches(broken, "data.a != 1"));
}

TEST(ConditionTest, NamesTheColumnOfEveryMistake) {
  EXPECT_TRUE(ErrorOf("").starts_with("column 1: a value is needed"));
  EXPECT_TRUE(ErrorOf("type == ").starts_with("column 9: a value is needed"));
  EXPECT_TRUE(ErrorOf("typ == 1").starts_with("column 1: unknown value"));
  EXPECT_EQ(ErrorOf("type = 'a'"),
            "column 6: \"&&\" or \"||\" is needed here, not \"=\"");
  EXPECT_EQ(ErrorOf("'a'"),
            "column 4: an operator is needed here, not the end; operators are "
            "== != < <= > >= in =~");
  EXPECT_EQ(ErrorOf("(true"), "column 6: \")\" is needed here, not the end");
  EXPECT_EQ(ErrorOf("exists(id"),
            "column 10: \")\" is needed here, not the end");
  EXPECT_EQ(ErrorOf("id in 'a'"), "column 7: \"[\" is needed here, not \"'\"");
  EXPECT_EQ(ErrorOf("id in ['a' 'b']"),
            "column 12: \",\" or \"]\" is needed here, not \"'\"");
  EXPECT_EQ(ErrorOf("id in [type]"),
            "column 8: a list holds texts in quotes, numbers, true and false "
            "only");
  EXPECT_EQ(ErrorOf("id =~ type"),
            "column 7: =~ takes a pattern in quotes, e.g. \"sensor-*\"");
  EXPECT_TRUE(ErrorOf("true &&").starts_with("column 8: a value is needed"));
}

TEST(ConditionTest, BoundsHostileConditions) {
  TestInput input;
  EXPECT_TRUE(Matches(input, std::string(64, '!') + "true"));
  EXPECT_EQ(ErrorOf(std::string(65, '!') + "true"),
            "column 66: nested more than 64 deep");
  EXPECT_FALSE(Condition::Parse(std::string(16000, '(')).ok());
  EXPECT_EQ(ErrorOf(std::string(16385, ' ')),
            "a condition is at most 16384 bytes long, not 16385");
  EXPECT_EQ(ErrorOf("\xff"), "a condition is UTF-8; this one is not");
  std::string chain = "true";
  while (chain.size() < 16000) chain += "&&true";
  EXPECT_TRUE(Matches(input, chain));
}

}  // namespace
}  // namespace sluice
