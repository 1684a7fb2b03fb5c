#include "tools/sluice/output.h"

#include <string>

#include "CLI/CLI.hpp"
#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(FormatTableTest, AlignsColumns) {
  EXPECT_EQ(FormatTable({{"a", "long name", "x"}, {"bb", "c", "yy"}, {"d"}}),
            "a   long name  x\n"
            "bb  c          yy\n"
            "d\n");
  EXPECT_EQ(FormatTable({}), "");
}

TEST(CountTest, UsesThePlural) {
  EXPECT_EQ(Count(0, "sink"), "0 sinks");
  EXPECT_EQ(Count(1, "sink"), "1 sink");
  EXPECT_EQ(Count(2, "sink"), "2 sinks");
}

TEST(AddOutputOptionTest, ReadsTheFormat) {
  CLI::App app;
  OutputFormat format = OutputFormat::kText;
  AddOutputOption(app, &format);
  app.parse("--output json");
  EXPECT_EQ(format, OutputFormat::kJson);
  EXPECT_THROW(app.parse("--output xml"), CLI::ValidationError);
}

TEST(OutputTest, ShowsNoControlCharacters) {
  EXPECT_EQ(Printable("a\x1b[31m\nb\x7f"), "a [31m b ");
  EXPECT_EQ(Printable("a\xc2\x9b"
                      "b é"),
            "a b é");
  EXPECT_EQ(Printable("\xff"), "\\xff");
}

TEST(OutputTest, CutsCellsBetweenCharacters) {
  EXPECT_EQ(Cell("short"), "short");
  EXPECT_EQ(Cell("ééééé", 8), "éé...");
}

}  // namespace
}  // namespace sluice
