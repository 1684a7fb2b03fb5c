#include "tools/sandbox/pages.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(PagesTest, EscapesWhatHtmlWouldRead) {
  EXPECT_EQ(HtmlEscape("<a href=\"x\">&'"),
            "&lt;a href=&quot;x&quot;&gt;&amp;&#39;");
}

TEST(PagesTest, EscapesTheTitleAndAllowsNoForeignScript) {
  const HttpResponse page = HtmlPage(200, "<b>", "<p>x</p>", /*live=*/true);
  EXPECT_EQ(page.status, 200);
  EXPECT_THAT(page.body, HasSubstr("<h1>&lt;b&gt;</h1>"));
  EXPECT_THAT(page.body, HasSubstr("<main><p>x</p></main>"));
  const auto policy = FindHeader(page.headers, "Content-Security-Policy");
  ASSERT_TRUE(policy.has_value());
  EXPECT_THAT(*policy, HasSubstr("default-src 'none'"));
  EXPECT_THAT(*policy, HasSubstr("script-src 'sha256-"));
  EXPECT_THAT(*policy, Not(HasSubstr("unsafe")));
}

TEST(PagesTest, RunsNoScriptOnAStillPage) {
  EXPECT_THAT(HtmlPage(200, "t", "", /*live=*/false).body,
              Not(HasSubstr("<script>")));
}

TEST(PagesTest, RendersMarkdown) {
  EXPECT_EQ(
      MarkdownToHtml("# Head\n\nsome *text*\nand **more**\n\n- a\n- `b`\n"),
      "<h1>Head</h1>\n<p>some <em>text</em>\nand <strong>more</strong>"
      "</p>\n<ul><li>a</li><li><code>b</code></li></ul>\n");
  EXPECT_EQ(MarkdownToHtml("```\n<x> *y*\n```\n> q"),
            "<pre><code>&lt;x&gt; *y*\n</code></pre>\n<blockquote>q<br>"
            "</blockquote>\n");
  EXPECT_EQ(MarkdownToHtml("\\*no\\* 2*3"), "<p>*no* 2*3</p>\n");
}

TEST(PagesTest, RendersNumberedLists) {
  EXPECT_EQ(MarkdownToHtml("1. a\n2. b\n\n2024. x\n3.5 m\n"),
            "<ol><li>a</li><li>b</li></ol>\n<ol><li>x</li></ol>\n"
            "<p>3.5 m</p>\n");
}

TEST(PagesTest, AFenceEndsAtOneAsLong) {
  EXPECT_EQ(MarkdownToHtml("````c\n```\nx\n````\ny"),
            "<pre><code>```\nx\n</code></pre>\n<p>y</p>\n");
  EXPECT_THAT(MarkdownToHtml("```no``` fence"), Not(HasSubstr("<pre>")));
  EXPECT_EQ(MarkdownToHtml("```\nopen"), "<pre><code>open\n</code></pre>\n");
}

TEST(PagesTest, ADocumentHasItsOwnStyleAndScript) {
  const HttpResponse page = HtmlDocument(200, {.title = "t",
                                               .body = "b",
                                               .aside = "<i>a</i>",
                                               .style = "x{}",
                                               .script = "run()"});
  EXPECT_THAT(page.body, HasSubstr("</h1><i>a</i></header><main>b</main>"
                                   "<script>run()</script>"));
  EXPECT_THAT(page.body, HasSubstr("x{}</style>"));
  const HttpResponse still = HtmlDocument(200, {.title = "t", .body = "b"});
  EXPECT_THAT(*FindHeader(still.headers, "Content-Security-Policy"),
              HasSubstr("script-src 'none'"));
}

TEST(PagesTest, RendersLinksToTheWebOnly) {
  EXPECT_THAT(MarkdownToHtml("[a](https://b.example/?c=1&d=2)"),
              HasSubstr("href=\"https://b.example/?c=1&amp;d=2\">a</a>"));
  EXPECT_EQ(MarkdownToHtml("[a](javascript:alert(1))"),
            "<p>[a](javascript:alert(1))</p>\n");
  EXPECT_THAT(MarkdownToHtml("[a](https://b/\"onclick=x)"),
              Not(HasSubstr("<a ")));
}

TEST(PagesTest, ReadsALongLineOfBracketsInLinearTime) {
  const std::string brackets(2'000'000, '[');
  EXPECT_EQ(MarkdownToHtml(brackets), "<p>" + brackets + "</p>\n");
}

TEST(PagesTest, KeepsHtmlInMarkdownAsText) {
  const std::string html =
      MarkdownToHtml("<script>alert(1)</script> **<img src=x>** `</code>`");
  EXPECT_THAT(html, Not(HasSubstr("<script")));
  EXPECT_THAT(html, Not(HasSubstr("<img")));
  EXPECT_THAT(html, HasSubstr("<code>&lt;/code&gt;</code>"));
}

TEST(PagesTest, KeepsLinesOfPlainText) {
  EXPECT_EQ(TextToHtml("a\n<b>"), "<p>a<br>&lt;b&gt;</p>");
}

}  // namespace
}  // namespace sluice::sandbox
