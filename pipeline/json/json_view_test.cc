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

TEST(JsonViewTest, TakesTheLastOfMembersWithOneName) {
  EXPECT_EQ(View(R"({"a":1,"a":2})").Find("a")->text(), "2");
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

TEST(JsonViewTest, TakesDeepTextsUpToTheBound) {
  const std::string text = std::string(JsonView::kMaxDepth, '[') +
                           std::string(JsonView::kMaxDepth, ']');
  EXPECT_EQ(View(text).text(), text);
}

}  // namespace
}  // namespace sluice
