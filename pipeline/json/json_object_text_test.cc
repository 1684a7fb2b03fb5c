#include "pipeline/json/json_object_text.h"

#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(JsonObjectTextTest, WritesMembersInTheOrderTheyWereAdded) {
  EXPECT_EQ(JsonObjectText().text(), "{}");
  EXPECT_EQ(JsonObjectText()
                .AddString("text", "a \"b\"")
                .Add("json", R"({"n":1.500})")
                .AddInteger("number", -7)
                .AddQuoted(R"("h\u00e9")", "[]")
                .AddStrings("list", {"a", "\n"})
                .text(),
            R"({"text":"a \"b\"","json":{"n":1.500},"number":-7,)"
            R"("h\u00e9":[],"list":["a","\n"]})");
}

TEST(JsonObjectTextTest, WritesArrays) {
  EXPECT_EQ(JsonArrayOf({}), "[]");
  EXPECT_EQ(JsonArrayOf({"1", "{}"}), "[1,{}]");
  EXPECT_EQ(JsonArrayOfStrings({}), "[]");
  EXPECT_EQ(JsonArrayOfStrings({"a", "\""}), R"(["a","\""])");
}

}  // namespace
}  // namespace sluice
