#include "tools/sandbox/inthing/code_highlight.h"

#include <regex>
#include <string>

#include "gtest/gtest.h"
#include "tools/sandbox/pages.h"

namespace sluice::sandbox {
namespace {

TEST(CodeHighlightTest, MarksTheWordsOfEachLanguage) {
  EXPECT_EQ(HighlightCode("if x: # why\n  y = 'a\\'b' + 12", "python"),
            "<span class=\"k\">if</span> x: <span class=\"c\"># why</span>\n"
            "  y = <span class=\"s\">&#39;a\\&#39;b&#39;</span> + "
            "<span class=\"n\">12</span>");
  EXPECT_EQ(HighlightCode("def f; nil; end", "ruby"),
            "<span class=\"k\">def</span> f; <span class=\"k\">nil</span>; "
            "<span class=\"k\">end</span>");
  EXPECT_EQ(HighlightCode("/* a\nb */ int x1;", "cpp"),
            "<span class=\"c\">/* a\nb */</span> <span class=\"k\">int</span> "
            "x1;");
  EXPECT_EQ(HighlightCode("let a=`b`", "javascript"),
            "<span class=\"k\">let</span> a=<span class=\"s\">`b`</span>");
  EXPECT_EQ(HighlightCode("<a b=\"1\">x 2</a>", "html"),
            "<span class=\"t\">&lt;a b=&quot;1&quot;&gt;</span>x 2"
            "<span class=\"t\">&lt;/a&gt;</span>");
}

TEST(CodeHighlightTest, EscapesCodeOfOtherLanguages) {
  EXPECT_EQ(HighlightCode("if <b>", "rust"), "if &lt;b&gt;");
  EXPECT_EQ(HighlightCode("if <b>", ""), "if &lt;b&gt;");
}

TEST(CodeHighlightTest, LosesNothingAndAddsNothingButItsSpans) {
  const std::string hostile =
      "<script>alert(\"1\")</script> '''x\n/* \\ '\"` # // <!-- -- > \\";
  for (const char* language :
       {"python", "ruby", "c", "cpp", "javascript", "html", "xml", ""}) {
    for (size_t size = 0; size <= hostile.size(); ++size) {
      const std::string code = hostile.substr(0, size);
      const std::string plain = std::regex_replace(
          HighlightCode(code, language),
          std::regex("<span class=\"[csknt]\">|</span>"), "");
      EXPECT_EQ(plain, HtmlEscape(code)) << language;
    }
  }
}

}  // namespace
}  // namespace sluice::sandbox
