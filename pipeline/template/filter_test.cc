#include "pipeline/template/filter.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "pipeline/template/payload.h"
#include "pipeline/template/test_input.h"

namespace sluice::template_internal {
namespace {

// What `filter` makes of `value`, or the error.
std::string Apply(std::string_view filter, Value value) {
  TestInput input;
  Scanner scanner(filter);
  auto parsed = Filter::Parse(scanner);
  if (!parsed.ok()) return std::string(parsed.status().message());
  absl::Status status = parsed->Apply(input.get(), &value);
  if (!status.ok()) return std::string(status.message());
  std::string buffer;
  return std::string(TextOf(value, &buffer));
}

Value Number(std::string_view text) {
  return Value::Json(Value::Kind::kNumber, text);
}
const Value kMoment{.kind = Value::Kind::kTime,
                    .unix_nanos = 1'615'651'547'722'334'000};

TEST(FilterTest, DefaultStandsInForMissingAndNull) {
  const Value null = Value::Json(Value::Kind::kNull, "null");
  EXPECT_EQ(Apply("default(\"none\")", Value()), "none");
  EXPECT_EQ(Apply("default('')", null), "");
  EXPECT_EQ(Apply("default( 0 )", null), "0");
  EXPECT_EQ(Apply("default(true)", null), "true");
  EXPECT_EQ(Apply("default(\"none\")", Value::Text("")), "");
}

TEST(FilterTest, OtherFiltersPassMissingOn) {
  EXPECT_EQ(Apply("upper", Value()), "");
  EXPECT_EQ(Apply("round(1)", Value()), "");
}

TEST(FilterTest, ChangesTexts) {
  EXPECT_EQ(Apply("upper", Value::Text("küche 9")), "KüCHE 9");
  EXPECT_EQ(Apply("lower", Value::Text("KÜCHE")), "kÜche");
  EXPECT_EQ(Apply("trim", Value::Text(" \t a b\n")), "a b");
  EXPECT_EQ(Apply("last(\"/\")", Value::Text("projects/p1/devices/d7")), "d7");
  EXPECT_EQ(Apply("last(\"/\")", Value::Text("d7")), "d7");
  EXPECT_EQ(Apply("last(':')", kMoment), "47.722334Z");
}

TEST(FilterTest, RoundsNumbers) {
  EXPECT_EQ(Apply("round(1)", Number("24.96")), "25.0");
  EXPECT_EQ(Apply("round(0)", Number("24.4")), "24");
  EXPECT_EQ(Apply("round(2)", Number("-27")), "-27.00");
  EXPECT_EQ(Apply("round(0)", Number("12345678901234567890")),
            "12345678901234567890");
  EXPECT_EQ(Apply("round(1)", Value::Text(" 24.96 ")), "25.0");
  EXPECT_EQ(Apply("round(0)", Number("1e308")).size(), 309u);
}

TEST(FilterTest, FormatsDates) {
  EXPECT_EQ(Apply("date(\"%H:%M\")", kMoment), "16:05");
  EXPECT_EQ(Apply("date('%Y-%m-%d')", Value::Text("2021-03-14T00:30:00+01:00")),
            "2021-03-13");
}

TEST(FilterTest, WritesJson) {
  EXPECT_EQ(Apply("json", Value::Text("a\"b")), R"("a\"b")");
  EXPECT_EQ(Apply("json", Number("24.90")), "24.90");
  EXPECT_EQ(Apply("json", kMoment), "\"2021-03-13T16:05:47.722334Z\"");
  EXPECT_EQ(Apply("json", Value::Json(Value::Kind::kPayload, "{\"a\":1}")),
            "{\"a\":1}");
}

TEST(FilterTest, RefusesValuesItCannotTake) {
  const Value object = Value::Json(Value::Kind::kJson, "{\"a\":1}");
  EXPECT_EQ(Apply("upper", object),
            "is \"{\"a\":1}\", but upper takes a text or number");
  EXPECT_EQ(Apply("round(1)", Value::Text("warm")),
            "is \"warm\", but round takes a number");
  EXPECT_EQ(Apply("round(1)", Number("1.5e999")),
            "is \"1.5e999\", but round takes a number that fits into 64 bits");
  EXPECT_EQ(Apply("date(\"%H\")", Value::Text("noon")),
            "is \"noon\", but date takes a time such as 2021-03-13T16:05:47Z");
  EXPECT_EQ(Apply("date(\"%H\")", Number("5")),
            "is \"5\", but date takes a time such as 2021-03-13T16:05:47Z");
  EXPECT_EQ(Apply("json", Value::Json(Value::Kind::kPayload, "{")),
            "is not JSON");
  EXPECT_EQ(Apply("round(1)", Value::Text(std::string(80, 'x'))),
            "is \"" + std::string(60, 'x') + "...\", but round takes a number");
}

TEST(FilterTest, NamesTheColumnOfEveryMistake) {
  const std::string allowed =
      "filters are default, upper, lower, trim, last, round, date and json";
  EXPECT_EQ(
      Apply(" ", Value()),
      "column 2: a filter is needed after \"|\", not the end; " + allowed);
  EXPECT_EQ(Apply(" uper", Value()),
            "column 2: unknown filter \"uper\"; " + allowed);
  EXPECT_EQ(Apply("upper(1)", Value()),
            "column 6: the filter upper takes nothing in ()");
  EXPECT_EQ(Apply("round", Value()),
            "column 6: the filter round needs \"(\" next, not the end");
  EXPECT_EQ(Apply("round(16)", Value()),
            "column 7: round takes a number of decimals from 0 to 15, e.g. "
            "round(1)");
  EXPECT_EQ(Apply("default(none)", Value()),
            "column 9: default takes a text in quotes, a number, true or "
            "false, e.g. default(\"none\")");
  EXPECT_EQ(Apply("default(\"a\"", Value()),
            "column 12: \")\" is needed here, not the end");
  EXPECT_EQ(Apply("last(1)", Value()),
            "column 6: last takes a text in quotes, e.g. last(\"/\")");
  EXPECT_EQ(Apply("last('')", Value()),
            "column 6: last takes a text that is not empty, e.g. last(\"/\")");
  EXPECT_EQ(Apply("date()", Value()),
            "column 6: date takes a text in quotes, e.g. date(\"%H:%M\")");
}

}  // namespace
}  // namespace sluice::template_internal
