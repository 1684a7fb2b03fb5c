#include "pipeline/template/scanner.h"

#include "gtest/gtest.h"

namespace sluice::template_internal {
namespace {

TEST(ScannerTest, ReadsNamesWithDashesAndBeyondAscii) {
  Scanner scanner("room-number.küche x");
  EXPECT_EQ(scanner.Name(), "room-number");
  EXPECT_TRUE(scanner.Consume("."));
  EXPECT_EQ(scanner.Name(), "küche");
  EXPECT_EQ(scanner.Name(), "");
  scanner.SkipSpaces();
  EXPECT_EQ(scanner.peek(), 'x');
  EXPECT_FALSE(scanner.Consume("xy"));
  EXPECT_TRUE(scanner.Consume("x"));
  EXPECT_TRUE(scanner.at_end());
  EXPECT_EQ(scanner.peek(), '\0');
}

TEST(ScannerTest, ReadsQuotedTextsWithEscapes) {
  EXPECT_EQ(*Scanner(R"("a\"b\\c\n\t")").Quoted(), "a\"b\\c\n\t");
  EXPECT_EQ(*Scanner(R"('it\'s "so"')").Quoted(), "it's \"so\"");
}

TEST(ScannerTest, ReportsAnUnclosedTextWhereItBegins) {
  Scanner scanner("  'abc");
  scanner.SkipSpaces();
  EXPECT_EQ(scanner.Quoted().status().message(),
            "column 3: text without its closing '");
}

TEST(ScannerTest, ReportsAnUnknownEscape) {
  EXPECT_EQ(Scanner(R"("a\x")").Quoted().status().message(),
            "column 3: unknown escape; \\' \\\" \\\\ \\n \\t are allowed");
  EXPECT_FALSE(Scanner("\"\\").Quoted().ok());
}

TEST(ScannerTest, ReadsNumbersAsJsonWritesThem) {
  EXPECT_EQ(*Scanner("-0.5e+3)").Number(), "-0.5e+3");
  EXPECT_EQ(Scanner("01").Number().status().message(),
            "column 1: \"01\" is no number; write it as in JSON, e.g. 25, -0.5 "
            "or 1e3");
}

TEST(ScannerTest, CountsColumnsInCharacters) {
  Scanner scanner("äöü!");
  scanner.set_offset(6);
  EXPECT_EQ(scanner.Error("here").message(), "column 4: here");
  EXPECT_EQ(scanner.Found(), "\"!\"");
  scanner.set_offset(4);
  EXPECT_EQ(scanner.Found(), "\"ü\"");
  scanner.set_offset(7);
  EXPECT_EQ(scanner.Found(), "the end");
}

}  // namespace
}  // namespace sluice::template_internal
