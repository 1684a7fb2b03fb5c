#include "pipeline/template/value.h"

#include <string>
#include <string_view>

#include "gtest/gtest.h"
#include "pipeline/template/payload.h"
#include "pipeline/template/test_input.h"

namespace sluice::template_internal {
namespace {

Value Find(TestInput& input, std::string_view name) {
  Scanner scanner(name);
  auto path = ValuePath::Parse(scanner);
  EXPECT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(path->name(), name);
  return path->Find(input.get());
}

std::string ErrorOf(std::string_view text) {
  Scanner scanner(text);
  return std::string(ValuePath::Parse(scanner).status().message());
}

TEST(ValuePathTest, FindsAttributesAndLabels) {
  TestInput input;
  EXPECT_EQ(Find(input, "id").text, "e1");
  EXPECT_EQ(Find(input, "source").text, "//example.com/projects/p1");
  EXPECT_EQ(Find(input, "type").text, "temperature");
  EXPECT_EQ(Find(input, "subject").text, "projects/p1/devices/d7");
  EXPECT_EQ(Find(input, "datacontenttype").text, "application/json");
  EXPECT_EQ(Find(input, "data").kind, Value::Kind::kPayload);
  EXPECT_EQ(Find(input, "labels.room-number").text, "99");
  EXPECT_EQ(Find(input, "labels.\"room name\"").text, "Küche");
  EXPECT_EQ(Find(input, "labels.group").kind, Value::Kind::kText);
  EXPECT_EQ(Find(input, "labels.other").kind, Value::Kind::kMissing);
}

TEST(ValuePathTest, FindsTimes) {
  TestInput input;
  EXPECT_EQ(Find(input, "time").unix_nanos, 1'615'651'547'722'334'000);
  EXPECT_EQ(Find(input, "ingest_time").kind, Value::Kind::kMissing);
  std::string buffer;
  EXPECT_EQ(TextOf(Find(input, "time"), &buffer),
            "2021-03-13T16:05:47.722334Z");
}

TEST(ValuePathTest, TakesAnEmptyAttributeAsMissing) {
  TestInput input("");
  input.event.clear_subject();
  EXPECT_TRUE(Find(input, "subject").absent());
  EXPECT_TRUE(Find(input, "data").absent());
}

TEST(ValuePathTest, FindsMembersOfThePayload) {
  TestInput input;
  EXPECT_EQ(Find(input, "data.temperature.value").text, "24.90");
  EXPECT_EQ(Find(input, "data.\"none\"").kind, Value::Kind::kNull);
}

TEST(ValuePathTest, NamesTheColumnOfEveryMistake) {
  const std::string allowed =
      "values are id, source, type, subject, time, ingest_time, "
      "datacontenttype, data, labels.NAME and data.NAME";
  EXPECT_EQ(ErrorOf(""),
            "column 1: a value is needed, not the end; " + allowed);
  EXPECT_EQ(ErrorOf("tpye"), "column 1: unknown value \"tpye\"; " + allowed);
  EXPECT_EQ(ErrorOf("labels"),
            "column 7: labels needs a name, e.g. labels.room-number");
  EXPECT_EQ(ErrorOf("labels.a.b"),
            "column 9: a label has no members; quote a key with dots in it, "
            "e.g. labels.\"a.b\"");
  EXPECT_EQ(ErrorOf("id.x"), "column 3: \"id\" has no members");
  EXPECT_EQ(ErrorOf("data. x"),
            "column 6: a name is needed after \".\", not \" \"; quote a name "
            "with other characters, e.g. labels.\"room number\"");
  std::string deep = "data";
  for (int i = 0; i < 33; ++i) deep += ".a";
  EXPECT_EQ(ErrorOf(deep), "column 69: more than 32 members deep");
}

}  // namespace
}  // namespace sluice::template_internal
