#include "pipeline/template/payload.h"

#include <string>
#include <string_view>
#include <vector>

#include "gtest/gtest.h"
#include "pipeline/template/test_input.h"

namespace sluice {
namespace {

using template_internal::Value;

class PayloadTest : public ::testing::Test {
 protected:
  Value Find(std::string_view data, const std::vector<std::string>& steps) {
    json_.Reset();
    return json_.Find(data, steps);
  }

  TemplateInput::Json json_;
};

TEST_F(PayloadTest, FindsEveryKindOfValue) {
  const std::string_view data = TestInput::kReading;
  EXPECT_EQ(Find(data, {"temperature", "value"}).text, "24.90");
  EXPECT_EQ(Find(data, {"big"}).text, "12345678901234567890");
  EXPECT_EQ(Find(data, {"temperature", "isBackfilled"}).kind,
            Value::Kind::kBool);
  EXPECT_EQ(Find(data, {"none"}).kind, Value::Kind::kNull);
  const Value note = Find(data, {"note"});
  EXPECT_EQ(note.text, "5 °C \"ok\"");
  EXPECT_EQ(note.quoted, R"("5 \u00b0C \"ok\"")");
  EXPECT_EQ(Find(data, {"temperature", "samples"}).text,
            R"([{"value":1e2},{"value":-27}])");
  EXPECT_EQ(Find(data, {"empty"}).text, "{}");
}

TEST_F(PayloadTest, FindsElementsAndEscapedNames) {
  const std::string_view data = TestInput::kReading;
  EXPECT_EQ(Find(data, {"temperature", "samples", "1", "value"}).text, "-27");
  EXPECT_EQ(Find("[1,[2, 3 ]]", {"1", "1"}).text, "3");
  EXPECT_EQ(Find(data, {"kéy"}).text, "escaped name");
}

TEST_F(PayloadTest, ReadsManyValuesOfOneEventInAnyOrder) {
  json_.Reset();
  const std::string_view data = TestInput::kReading;
  EXPECT_EQ(json_.Find(data, {"big"}).text, "12345678901234567890");
  const Value first = json_.Find(data, {"note"});
  const Value second = json_.Find(data, {"note"});
  EXPECT_EQ(json_.Find(data, {"temperature", "value"}).text, "24.90");
  EXPECT_EQ(first.text, second.text);
}

// Found by template_fuzz: the second search used a document that the parser had
// given up in the first.
TEST_F(PayloadTest, GivesUpAnArrayWithABrokenElement) {
  const std::string_view data = R"({"x":[ject =~ "y"]})";
  json_.Reset();
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(json_.Find(data, {"x", "5"}).kind, Value::Kind::kMissing);
  }
  EXPECT_FALSE(json_.error().empty());
}

TEST_F(PayloadTest, MissesWhatIsNotThere) {
  const std::string_view data = TestInput::kReading;
  for (const std::vector<std::string>& steps :
       std::vector<std::vector<std::string>>{{"other"},
                                             {"temperature", "other"},
                                             {"big", "x"},
                                             {"none", "x"},
                                             {"temperature", "samples", "2"},
                                             {"temperature", "samples", "-1"},
                                             {"temperature", "samples", "x"},
                                             {"empty", "x"}}) {
    EXPECT_EQ(Find(data, steps).kind, Value::Kind::kMissing) << steps.back();
    EXPECT_EQ(json_.error(), "");
  }
  EXPECT_EQ(Find("", {"a"}).kind, Value::Kind::kMissing);
  EXPECT_EQ(Find("5", {"a"}).kind, Value::Kind::kMissing);
  EXPECT_EQ(json_.error(), "");
}

TEST_F(PayloadTest, TakesTheFirstOfANameThatIsThereTwice) {
  EXPECT_EQ(Find(R"({"a":1,"a":2})", {"a"}).text, "1");
}

TEST_F(PayloadTest, SurvivesWhatIsNotJson) {
  for (std::string_view data : {"{",
                                "}",
                                "[",
                                "{\"a\"",
                                "{\"a\":",
                                "{\"a\":}",
                                "{\"a\":tru}",
                                "{\"a\":nul}",
                                "{\"a\":1x}",
                                "{\"a\":-}",
                                "{\"a\":01}",
                                "{\"a\":\"x}",
                                "{\"a\":\"\\q\"}",
                                "{\"a\":{]}",
                                "{\"a\":[1,}}",
                                "{\"a\":\"\xff\"}",
                                "{\"a\":[}",
                                "{\"a\" 1}",
                                "{\"a\":{\"b\":}}",
                                "{\"a\":\"\n\"}",
                                " ",
                                "nonsense",
                                "{\"\\",
                                "{\"a\":{1}}",
                                "{\"a\":{\"b\" \"c\"}}"}) {
    EXPECT_EQ(Find(data, {"a"}).kind, Value::Kind::kMissing) << data;
    EXPECT_TRUE(json_.error() != "" || data == "nonsense") << data;
    EXPECT_EQ(json_.Find(data, {"a"}).kind, Value::Kind::kMissing) << data;
    // The next event finds a working parser.
    EXPECT_EQ(Find("{\"a\":1}", {"a"}).text, "1");
  }
}

TEST_F(PayloadTest, ChecksObjectsWholeAndOthersOnlyOnTheWay) {
  EXPECT_EQ(Find(R"({"a":1,"b":{"c":[1}]}})", {"a"}).text, "1");
  EXPECT_EQ(Find(R"({"a":1,"b":{"c":[1}]}})", {"b"}).kind,
            Value::Kind::kMissing);
}

TEST_F(PayloadTest, ManagesDeepNesting) {
  std::string data(2000, '[');
  data += std::string(2000, ']');
  EXPECT_EQ(Find(data, {"a"}).kind, Value::Kind::kMissing);
  EXPECT_EQ(Find(R"({"x":)" + data + R"(,"a":1})", {"a"}).text, "1");
}

TEST_F(PayloadTest, ChecksWholeTexts) {
  EXPECT_TRUE(json_.IsValid(" {\"a\": [1, null]} "));
  EXPECT_TRUE(json_.IsValid("5"));
  EXPECT_FALSE(json_.IsValid("{} {}"));
  EXPECT_FALSE(json_.IsValid("{\"a\":1"));
  EXPECT_FALSE(json_.IsValid(""));
}

}  // namespace
}  // namespace sluice
