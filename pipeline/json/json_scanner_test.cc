#include "pipeline/json/json_scanner.h"

#include <algorithm>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

// Scans a text that lies alone in memory but for what is behind it.
class JsonScannerTest : public ::testing::Test {
 protected:
  JsonScannerTest() : id_(scanner_.LookFor("id")), a_(scanner_.LookFor("a")) {}

  bool Scan(std::string_view text, char behind = '!') {
    memory_ = std::make_unique<char[]>(text.size() + JsonScanner::kPadding);
    text.copy(memory_.get(), text.size());
    std::fill_n(&memory_[text.size()], JsonScanner::kPadding, behind);
    return scanner_.Scan(std::string_view(memory_.get(), text.size()));
  }
  // What was found; "-": nothing.
  std::string Found(size_t index) const {
    const std::optional<JsonView> found = scanner_.found(index);
    return found.has_value() ? std::string(found->text()) : "-";
  }
  // Whether a parser takes it, for an object.
  static bool Parses(std::string_view text) {
    const absl::StatusOr<JsonView> view = JsonView::Parse(text, 1024);
    return view.ok() && view->is_object();
  }
  // Both must find the same if both take it.
  void Compare(std::string_view text) {
    const bool parses = Parses(text);
    // Whatever would make more of it.
    for (char behind : {'!', '}', ']', '"', '0', ' ', 'e', '\\', '\0'}) {
      const bool taken = Scan(text, behind);
      EXPECT_LE(taken, parses) << text << " and " << behind;
      if (!taken) continue;
      const JsonView view = *JsonView::Parse(text, 1024);
      for (const auto& [index, name] : {std::pair(id_, "id"), {a_, "a"}}) {
        const std::optional<JsonView> expected = view.Find(name);
        EXPECT_EQ(Found(index), expected.has_value() ? expected->text() : "-")
            << text;
      }
    }
  }

  JsonScanner scanner_;
  const size_t id_;
  const size_t a_;
  std::unique_ptr<char[]> memory_;
};

TEST_F(JsonScannerTest, FindsMembersAsTheyAreWritten) {
  ASSERT_TRUE(Scan(R"( {"id" : "e\u00e9\"1" , "b":{"a":1,"id":[]},"a":-0.50E+2}
)"));
  EXPECT_EQ(Found(id_), R"("e\u00e9\"1")");
  EXPECT_EQ(Found(a_), "-0.50E+2");
  ASSERT_TRUE(Scan(R"({"a":{"id":[{}, "x" ]}})"));
  EXPECT_EQ(Found(id_), "-");
  EXPECT_EQ(Found(a_), R"({"id":[{}, "x" ]})");
  ASSERT_TRUE(Scan("{}"));
  EXPECT_EQ(Found(a_), "-");
}

TEST_F(JsonScannerTest, TheLastOfANameCounts) {
  ASSERT_TRUE(Scan(R"({"id":1,"a":"x","id":2})"));
  EXPECT_EQ(Found(id_), "2");
}

TEST_F(JsonScannerTest, TakesWhatIsUsual) {
  for (
      const char* text :
      {R"({"a":[true,false,null,0,-1,1.5,1e5,1E-12345678,12345678901234567890]})",
       R"({"a":"\"\\\/\b\f\n\r\t\u0041\uE000"})",
       "{ \"a\" : [ ] , \"id\" : { } }",
       R"({"a":"grüße, 温度, a text that is longer than a block of bytes"})",
       R"({"a":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]})", "\t{\r\n}\n"}) {
    EXPECT_TRUE(Parses(text)) << text;
    EXPECT_TRUE(Scan(text)) << text;
    Compare(text);
  }
}

TEST_F(JsonScannerTest, LeavesToOthersWhatIsRare) {
  const std::string deep(100, '[');
  for (const std::string& text :
       {absl::StrCat("{\"a\":", deep, std::string(100, ']'), "}"),
        std::string(R"({"\u0069d":1})"), std::string(R"({"a":"\ud83d\ude00"})"),
        std::string(R"({"a":1e000000001})")}) {
    EXPECT_TRUE(Parses(text)) << text;
    EXPECT_FALSE(Scan(text)) << text;
  }
}

TEST_F(JsonScannerTest, RefusesWhatIsNoObject) {
  for (const char* text : {"",
                           " ",
                           "[]",
                           "\"a\"",
                           "1",
                           "null",
                           "{",
                           "}",
                           "{}}",
                           "{} {}",
                           "{\"a\"",
                           "{\"a",
                           "{\"a\\",
                           "{\"a\\u00",
                           "{\"a\":",
                           "{\"a\":1",
                           "{\"a\":1,",
                           "{\"a\":1,}",
                           "{,\"a\":1}",
                           "{\"a\" 1}",
                           "{\"a\"::1}",
                           "{a:1}",
                           "{\"a\":[1}",
                           "{\"a\":[1,]}",
                           "{\"a\":[,1]}",
                           "{\"a\":[1 2]}",
                           "{\"a\":{]}",
                           "{\"a\":01}",
                           "{\"a\":+1}",
                           "{\"a\":-}",
                           "{\"a\":1.}",
                           "{\"a\":.5}",
                           "{\"a\":1e}",
                           "{\"a\":1e+}",
                           "{\"a\":0x1}",
                           "{\"a\":1a}",
                           "{\"a\":nul}",
                           "{\"a\":nulll}",
                           "{\"a\":True}",
                           "{\"a\":\"\t\"}",
                           "{\"a\":\"\\x\"}",
                           "{\"a\":\"\\u12g4\"}",
                           "{\"a\":\"\\ud800\"}",
                           "{\"a\":\"\\udc00x\"}",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\xc3\"}",
                           "{\"\xc3\":1}",
                           "{\"a\":\"\xed\xa0\x80\"}",
                           "{\"a\":1}\xff",
                           "{\xc2\xa0}"}) {
    EXPECT_FALSE(Parses(text)) << text;
    Compare(text);
  }
}

TEST_F(JsonScannerTest, StringsMayEndAnywhereInABlock) {
  for (size_t size = 0; size < 70; ++size) {
    const std::string filler(size, 'x');
    const std::string text = absl::StrCat("{\"a\":\"", filler, "\",\"id\":7}");
    ASSERT_TRUE(Scan(text)) << text;
    EXPECT_EQ(Found(a_), absl::StrCat("\"", filler, "\""));
    EXPECT_EQ(Found(id_), "7");
    for (size_t end = 0; end < text.size(); ++end) {
      Compare(std::string_view(text).substr(0, end));
    }
  }
}

// What a parser takes with a byte more, less or changed, and what it does not.
TEST_F(JsonScannerTest, AgreesWithTheParserOnDamagedTexts) {
  const std::vector<std::string> texts = {
      R"({"id":"e1","a":{"b":[1,-2.5e+3,true,null,{"id":""}],"c":"d\u00e9\\"}})",
      R"( { "a" : [ "x" , [ ] , { } , false ] , "id" : "grüße" } )",
      R"({"id":0,"a":"a text that is longer than a block","b":1E5,"a":-0.0})"};
  const std::string bytes =
      "{}[]\",:\\ \t\nuU0123456789abcdefEtrn-+./\x01\x1f\x7f\x80\xc3\xff!";
  std::mt19937 random(7);
  int taken = 0;
  for (int i = 0; i < 60'000; ++i) {
    std::string text = texts[i % texts.size()];
    for (size_t changes = 1 + random() % 3; changes > 0; --changes) {
      const size_t at = random() % text.size();
      const char byte = bytes[random() % bytes.size()];
      switch (random() % 3) {
        case 0:
          text[at] = byte;
          break;
        case 1:
          text.insert(at, 1, byte);
          break;
        default:
          text.erase(at, 1);
      }
    }
    Compare(text);
    taken += Scan(text) ? 1 : 0;
    // Rare things are rare: it judges nearly all itself.
    if (Parses(text) && !Scan(text)) {
      EXPECT_NE(text.find('\\'), text.npos) << text;
    }
  }
  EXPECT_GT(taken, 5'000);
}

}  // namespace
}  // namespace sluice
