#include "plugins/inthing/text_limits.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::inthing {
namespace {

TEST(TextLimitsTest, CountsCodePointsNotBytes) {
  EXPECT_EQ(CountCodePoints(""), 0);
  EXPECT_EQ(CountCodePoints("abc"), 3);
  EXPECT_EQ(CountCodePoints("é☃𝄞"), 3);
}

TEST(TextLimitsTest, TruncatesOnlyWhatIsTooLong) {
  std::string text = "é☃𝄞x";
  EXPECT_FALSE(Truncate(4, &text));
  EXPECT_EQ(text, "é☃𝄞x");
  EXPECT_TRUE(Truncate(3, &text));
  EXPECT_EQ(text, "é☃…");
  EXPECT_TRUE(Truncate(1, &text));
  EXPECT_EQ(text, "…");
  text = std::string(101, 'x');
  EXPECT_TRUE(Truncate(100, &text));
  EXPECT_EQ(text, std::string(99, 'x') + "…");
}

TEST(TextLimitsTest, WhiteSpaceBecomesSingleSpaces) {
  EXPECT_EQ(OneLine("  a \r\n\tb  c\n"), "a b c");
  EXPECT_EQ(OneLine(" \n "), "");
}

TEST(TextLimitsTest, MarkupIsEscaped) {
  EXPECT_EQ(EscapeMarkdown("a*b_c <img> [x](y) 1.5 é"),
            "a\\*b\\_c \\<img\\> \\[x\\]\\(y\\) 1\\.5 é");
}

TEST(TextLimitsTest, HashtagsAreOfWordCharacters) {
  EXPECT_EQ(Hashtag("room-12 b"), "#room_12_b");
  EXPECT_EQ(Hashtag("Küche"), "#Küche");
  EXPECT_EQ(Hashtag("--"), "");
  EXPECT_EQ(Hashtag(""), "");
}

}  // namespace
}  // namespace sluice::inthing
