#include "pipeline/json/json_text.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace sluice {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

TEST(JsonTextTest, EscapesOnlyWhatJsonWants) {
  EXPECT_EQ(Quoted(""), "\"\"");
  EXPECT_EQ(Quoted("plain 24.9 °C 😀/"), "\"plain 24.9 °C 😀/\"");
  EXPECT_EQ(Quoted("\"a\\b\"\n\r\t"), R"("\"a\\b\"\n\r\t")");
  EXPECT_EQ(Quoted(std::string_view("\0\x1f\x7f", 3)),
            "\"\\u0000\\u001f\x7f\"");
}

TEST(JsonTextTest, EscapesAtEveryPlace) {
  for (char c : {'"', '\\', '\0', '\x1f'}) {
    for (size_t length = 1; length <= 20; ++length) {
      for (size_t at = 0; at < length; ++at) {
        std::string text(length, '\xc3');
        text[at] = c;
        const std::string quoted = Quoted(text);
        EXPECT_EQ(quoted[at + 1], '\\') << at << " of " << length;
        EXPECT_EQ(quoted.substr(1, at), text.substr(0, at));
        EXPECT_TRUE(quoted.ends_with(text.substr(at + 1) + "\"")) << at;
      }
    }
  }
}

TEST(JsonTextTest, FindsLineBreaks) {
  EXPECT_FALSE(HasLineBreak(""));
  EXPECT_FALSE(HasLineBreak("{\"a\":\"\\n\"}"));
  EXPECT_TRUE(HasLineBreak("{\n}"));
  EXPECT_TRUE(HasLineBreak("\r"));
}

TEST(JsonTextTest, KnowsNumbers) {
  for (std::string_view number :
       {"0", "-0", "10", "24.90", "1e2", "1E+2", "-1.5e-10"}) {
    EXPECT_TRUE(IsJsonNumber(number)) << number;
  }
  for (std::string_view other : {"", "-", "01", "+1", "1.", ".5", "1e", "1e+",
                                 "0x10", "NaN", "1 ", "1,0"}) {
    EXPECT_FALSE(IsJsonNumber(other)) << other;
  }
}

TEST(JsonTextTest, KnowsUtf8) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("Küche"));
  EXPECT_TRUE(IsUtf8("a long text in ASCII and then: Küche"));
  EXPECT_FALSE(IsUtf8("a long text in ASCII and then: \xff"));
  EXPECT_FALSE(
      IsUtf8("K\xfc"
             "che"));
}

TEST(JsonTextTest, WhatIsNotUtf8IsReplacedByteByByte) {
  EXPECT_EQ(ToUtf8("Küche ☃ 𝄞"), "Küche ☃ 𝄞");
  EXPECT_EQ(ToUtf8("a\xFF\xC3"), "a\uFFFD\uFFFD");
  EXPECT_EQ(ToUtf8("\xE2\x98z\xE2\x98\x83"), "\uFFFD\uFFFDz☃");
  EXPECT_EQ(ToUtf8(""), "");
}

}  // namespace
}  // namespace sluice
