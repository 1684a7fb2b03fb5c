#include "pipeline/http/excerpt.h"

#include <string>

#include "gtest/gtest.h"
#include "pipeline/json/json_text.h"

namespace sluice {
namespace {

TEST(ExcerptTest, LeavesPlainTextAsItIs) {
  EXPECT_EQ(Excerpt(""), "");
  EXPECT_EQ(Excerpt("no such field: \"température\" ☃ 𝄞"),
            "no such field: \"température\" ☃ 𝄞");
}

TEST(ExcerptTest, PutsEverythingOnOneLine) {
  EXPECT_EQ(Excerpt("{\r\n  \"error\":\t\"no\"\n}\n"), "{ \"error\": \"no\" }");
  EXPECT_EQ(Excerpt("\n \n"), "");
}

TEST(ExcerptTest, LeavesNothingThatATerminalActsOn) {
  EXPECT_EQ(Excerpt("\x1b[31mred\x07\x7f"), ".[31mred..");
  EXPECT_EQ(Excerpt(std::string("a\0b", 3)), "a.b");
  // U+009B begins a sequence, too; U+00A0 does not.
  EXPECT_EQ(Excerpt("\xc2\x9b"
                    "31m \xc2\xa0!"),
            ".31m \xc2\xa0!");
}

TEST(ExcerptTest, ReplacesWhatIsNoUtf8) {
  EXPECT_EQ(Excerpt("a\xff"
                    "b\xc3"),
            "a\uFFFDb\uFFFD");
}

TEST(ExcerptTest, CutsBetweenCharacters) {
  EXPECT_EQ(Excerpt("abcdef", 6), "abcdef");
  EXPECT_EQ(Excerpt("abcdef", 3), "abc...");
  EXPECT_EQ(Excerpt("abc def", 4), "abc...");
  const std::string text = "aé☃𝄞";  // 1, 2, 3 and 4 bytes.
  for (size_t limit = 0; limit < text.size(); ++limit) {
    const std::string excerpt = Excerpt(text, limit);
    EXPECT_TRUE(IsUtf8(excerpt)) << limit;
    EXPECT_LE(excerpt.size(), limit + 3) << limit;
    EXPECT_EQ(excerpt.find("\uFFFD"), std::string::npos) << limit;
    EXPECT_TRUE(excerpt.ends_with("...")) << limit;
  }
  EXPECT_EQ(Excerpt(text, 9), "aé☃...");
}

TEST(ExcerptTest, IsBoundedWhateverTheBytesAre) {
  EXPECT_EQ(Excerpt(std::string(100'000, '\x80'), 2), "\uFFFD\uFFFD...");
  EXPECT_EQ(Excerpt(std::string(100'000, 'x'), 200).size(), 203u);
}

}  // namespace
}  // namespace sluice
