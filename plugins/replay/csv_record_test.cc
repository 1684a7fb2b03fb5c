#include "plugins/replay/csv_record.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::replay {
namespace {

using Fields = std::vector<std::string>;

TEST(CsvRecordTest, SplitsLinesAsRfc4180Says) {
  Fields fields;
  ASSERT_TRUE(SplitCsvLine("a,b c,,\"d,e\",\"f\"\"g\",\"\"", &fields).ok());
  EXPECT_EQ(fields, (Fields{"a", "b c", "", "d,e", "f\"g", ""}));
  ASSERT_TRUE(SplitCsvLine("", &fields).ok());
  EXPECT_EQ(fields, Fields{""});
  ASSERT_TRUE(SplitCsvLine("a,", &fields).ok());
  EXPECT_EQ(fields, (Fields{"a", ""}));
}

TEST(CsvRecordTest, RefusesQuotesThatMakeNoSense) {
  Fields fields;
  EXPECT_FALSE(SplitCsvLine("a,\"b", &fields).ok());
  EXPECT_FALSE(SplitCsvLine("\"a\"b,c", &fields).ok());
}

TEST(CsvRecordTest, NamedColumnsBecomeAttributesAndOthersData) {
  CsvRecordParser parser(
      {.id = "key", .time = "date", .subject = "station", .type = "kind"});
  ASSERT_TRUE(
      parser.ReadHeader("\xef\xbb\xbfkey,date,temp,station,kind,say \"x\"")
          .ok());
  Record record;
  ASSERT_TRUE(
      parser.Parse("7,2010-01-01T00:00:00,3.90,KSEA,weather,wet", &record)
          .ok());
  EXPECT_EQ(record.id, "7");
  EXPECT_EQ(record.time_unix_nanos, 1'262'304'000'000'000'000);
  EXPECT_EQ(record.subject, "KSEA");
  EXPECT_EQ(record.type, "weather");
  EXPECT_EQ(record.data, R"({"temp":3.90,"say \"x\"":"wet"})");
  EXPECT_EQ(record.datacontenttype, "application/json");
}

TEST(CsvRecordTest, ValuesKeepTheirKind) {
  CsvRecordParser parser({});
  ASSERT_TRUE(parser.ReadHeader("v").ok());
  Record record;
  const std::pair<const char*, const char*> cases[] = {
      {"1", "1"},           {"-0.5e+10", "-0.5e+10"}, {"0", "0"},
      {"01", "\"01\""},     {"1.", "\"1.\""},         {".5", "\".5\""},
      {"+1", "\"+1\""},     {"1e", "\"1e\""},         {"-", "\"-\""},
      {"NaN", "\"NaN\""},   {"true", "true"},         {"False", "\"False\""},
      {"a\tb", "\"a\\tb\""}};
  for (const auto& [text, json] : cases) {
    ASSERT_TRUE(parser.Parse(text, &record).ok());
    EXPECT_EQ(record.data, std::string("{\"v\":") + json + "}");
  }
  ASSERT_TRUE(parser.Parse("\"\"", &record).ok());
  EXPECT_EQ(record.data, "{\"v\":null}");
}

TEST(CsvRecordTest, AHeaderWithoutANamedColumnIsRefused) {
  CsvRecordParser parser({.time = "when"});
  const absl::Status status = parser.ReadHeader("date,temp");
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_NE(status.message().find("fields.time"), std::string::npos);
  EXPECT_NE(status.message().find("date,temp"), std::string::npos);
}

TEST(CsvRecordTest, RefusesLinesOfAnotherShape) {
  CsvRecordParser parser({.time = "t"});
  ASSERT_TRUE(parser.ReadHeader("t,v").ok());
  Record record;
  for (const char* line : {"1", "1,2,3", "soon,2", "1,\"2"}) {
    EXPECT_FALSE(parser.Parse(line, &record).ok()) << line;
  }
  EXPECT_EQ(parser.reason(), "malformed_csv");
  EXPECT_TRUE(parser.Parse(",2", &record).ok());
  EXPECT_EQ(record.time_unix_nanos, 0);
}

TEST(CsvRecordTest, DataIsAnEmptyObjectWhenEveryColumnIsNamed) {
  CsvRecordParser parser({.id = "id"});
  ASSERT_TRUE(parser.ReadHeader("id").ok());
  Record record;
  ASSERT_TRUE(parser.Parse("7", &record).ok());
  EXPECT_EQ(record.data, "{}");
}

}  // namespace
}  // namespace sluice::replay
