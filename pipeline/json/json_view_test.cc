#include "pipeline/json/json_view.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Kind = JsonView::Kind;

JsonView View(std::string_view text) {
  const absl::StatusOr<JsonView> view = JsonView::Parse(text);
  EXPECT_TRUE(view.ok()) << text << ": " << view.status();
  return *view;
}

TEST(JsonViewTest, LeavesValuesAsTheyWereWritten) {
  const std::string text =
      R"( {"big":123456789012345678901234567890, "exact":0.10000,)"
      R"( "e":1E+2 , "text":"h\u00e9 \"é\"","list":[ 1,{"a":[]} ],"none":null} )";
  const JsonView view = View(text);
  EXPECT_EQ(view.text(), std::string_view(text).substr(1, text.size() - 2));
  EXPECT_EQ(view.Find("big")->text(), "123456789012345678901234567890");
  EXPECT_EQ(view.Find("exact")->text(), "0.10000");
  EXPECT_EQ(view.Find("e")->text(), "1E+2");
  EXPECT_EQ(view.Find("text")->text(), R"("h\u00e9 \"é\"")");
  EXPECT_EQ(view.Find("list")->text(), R"([ 1,{"a":[]} ])");
  EXPECT_TRUE(view.Find("none")->is_null());
  EXPECT_FALSE(view.Find("other").has_value());
}

TEST(JsonViewTest, WalksOverMembersAndElements) {
  std::string seen;
  for (const auto& [name, value] :
       View(R"({"a" : 1,"b\n":[] , "":{"c":"}"}})").members()) {
    seen += name + "=" + std::string(value.text()) + ";";
  }
  EXPECT_EQ(seen, "a=1;b\n=[];={\"c\":\"}\"};");
  seen.clear();
  for (const JsonView& value :
       View(R"([true , "],\"" ,-1.5e3,[[ ]], null])").elements()) {
    seen += std::string(value.text()) + ";";
  }
  EXPECT_EQ(seen, R"(true;"],\"";-1.5e3;[[ ]];null;)");
  for (const char* empty : {"{}", "{ }", "[]", "[ \n]"}) {
    EXPECT_TRUE(View(empty).members().empty()) << empty;
    EXPECT_TRUE(View(empty).elements().empty()) << empty;
  }
}

TEST(JsonViewTest, ShowsNamesAsTheyWereWritten) {
  std::string seen;
  View(R"({"h\u00e9":1, "a\\" : "\\\"" , "\\\\":[{}]})")
      .ForEachMember([&](const JsonView& name, const JsonView& value) {
        seen += std::string(name.text()) + "=" + std::string(value.text());
      });
  EXPECT_EQ(seen, R"("h\u00e9"=1"a\\"="\\\"""\\\\"=[{}])");
  View("[1]").ForEachMember([](const JsonView&, const JsonView&) { FAIL(); });
}

TEST(JsonViewTest, ComparesAndLendsStrings) {
  std::string room = "unused";
  const JsonView plain = View("\"text\"");
  EXPECT_TRUE(plain.IsString("text"));
  EXPECT_FALSE(plain.IsString("tex"));
  EXPECT_EQ(plain.StringIn(&room), "text");
  EXPECT_EQ(room, "unused");
  const JsonView escaped = View(R"("t\u0065xt")");
  EXPECT_TRUE(escaped.IsString("text"));
  EXPECT_EQ(escaped.StringIn(&room), "text");
  EXPECT_EQ(room, "text");
  EXPECT_FALSE(View("17").IsString(""));
  EXPECT_EQ(View("17").StringIn(&room), "");
}

TEST(JsonViewTest, TakesTheLastOfMembersWithOneName) {
  EXPECT_EQ(View(R"({"a":1,"a":2})").Find("a")->text(), "2");
  EXPECT_EQ(View(R"({"a":[1],"a":[2]})").FindElements("a")->front().text(),
            "2");
  EXPECT_FALSE(View(R"({"a":[1],"a":2})").FindElements("a").has_value());
}

TEST(JsonViewTest, FindsTheElementsOfAnArray) {
  const JsonView view = View(R"({"x":{"a":[0]},"a" : [ 1 ,"]" ] ,"b":[ ]})");
  const auto elements = view.FindElements("a");
  ASSERT_TRUE(elements.has_value());
  ASSERT_EQ(elements->size(), 2u);
  EXPECT_EQ((*elements)[0].text(), "1");
  EXPECT_EQ((*elements)[1].text(), "\"]\"");
  EXPECT_TRUE(view.FindElements("b")->empty());
  EXPECT_FALSE(view.FindElements("x").has_value());
  EXPECT_FALSE(view.FindElements("c").has_value());
  EXPECT_FALSE(View("[1]").FindElements("a").has_value());
}

TEST(JsonViewTest, ReadsScalars) {
  EXPECT_EQ(View("17").AsInteger(), 17);
  EXPECT_EQ(View("-17").AsInteger(), -17);
  EXPECT_EQ(View("1.0").AsInteger(), std::nullopt);
  EXPECT_EQ(View("9223372036854775808").AsInteger(), std::nullopt);
  EXPECT_EQ(View("\"17\"").AsInteger(), std::nullopt);
  EXPECT_EQ(View("true").AsBool(), true);
  EXPECT_EQ(View("false").AsBool(), false);
  EXPECT_EQ(View("1").AsBool(), std::nullopt);
  EXPECT_EQ(View(R"("\u00e9\ud83d\ude00\n")").AsString(), "é😀\n");
  EXPECT_EQ(View("1").AsString(), std::nullopt);
  EXPECT_EQ(View(" null ").kind(), Kind::kNull);
  EXPECT_EQ(View("-0.5").kind(), Kind::kNumber);
  EXPECT_TRUE(View("5").members().empty());
  EXPECT_TRUE(View("{\"a\":1}").elements().empty());
}

TEST(JsonViewTest, RefusesWhatIsNotJson) {
  for (const std::string& text : std::vector<std::string>{
           "",
           " ",
           "{",
           "[1,]",
           "{\"a\":1,}",
           "{a:1}",
           "'a'",
           "01",
           "1.",
           "nul",
           "\"a",
           "\"\n\"",
           "\"\\x\"",
           "\"\xff\"",
           "\"\\ud800\"",
           "1 2",
           "{} x",
           "[1] ,",
           "NaN",
           "/**/1",
           std::string(JsonView::kMaxDepth + 1, '[') +
               std::string(JsonView::kMaxDepth + 1, ']')}) {
    const absl::StatusOr<JsonView> view = JsonView::Parse(text);
    EXPECT_EQ(view.status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_EQ(JsonView::Parse("[1,x]").status().message(),
            "no JSON at byte 3: syntax error");
}

TEST(JsonViewTest, RefusesWhatIsDeeperThanAsked) {
  EXPECT_TRUE(JsonView::Parse("[[1]]", 2).ok());
  EXPECT_FALSE(JsonView::Parse("[[[1]]]", 2).ok());
}

TEST(JsonViewTest, TakesNumbersThatNoDoubleHolds) {
  EXPECT_EQ(View("[1e400,-1E-999]").elements()[1].text(), "-1E-999");
  EXPECT_EQ(JsonView::Parse("1e99999999999").status().message(),
            "no JSON at byte 11: exponent overflow");
}

TEST(JsonViewTest, TakesDeepTextsUpToTheBound) {
  const std::string text = std::string(JsonView::kMaxDepth, '[') +
                           std::string(JsonView::kMaxDepth, ']');
  EXPECT_EQ(View(text).text(), text);
}

}  // namespace
}  // namespace sluice
