#include "tools/sandbox/feed/json_paths.h"

#include <string>

#include "gtest/gtest.h"

namespace sluice::sandbox {
namespace {

std::string Set(std::string_view object, std::string_view path,
                std::string_view value) {
  return SetJsonPath(*JsonView::Parse(object), path, value);
}

std::string Unset(std::string_view object, std::string_view path) {
  return UnsetJsonPath(*JsonView::Parse(object), path);
}

TEST(JsonPathsTest, SetsMembersInTheirPlaces) {
  EXPECT_EQ(Set(R"({"a":1.500, "b" : [ 1 ],"c":1e400})", "b", "2.50"),
            R"({"a":1.500,"b":2.50,"c":1e400})");
  EXPECT_EQ(Set("{}", "a", "{}"), R"({"a":{}})");
  EXPECT_EQ(Set(R"({"a":1})", "b", "null"), R"({"a":1,"b":null})");
}

TEST(JsonPathsTest, MakesObjectsOnTheWay) {
  EXPECT_EQ(Set("{}", "a.b.c", "1"), R"({"a":{"b":{"c":1}}})");
  EXPECT_EQ(Set(R"({"a":{"x":1},"z":0})", "a.b", "2"),
            R"({"a":{"x":1,"b":2},"z":0})");
  EXPECT_EQ(Set(R"({"a":[7]})", "a.b", "2"), R"({"a":{"b":2}})");
}

TEST(JsonPathsTest, TakesMembersOut) {
  EXPECT_EQ(Unset(R"({"a":1,"b":{"c":1,"d":0.10}})", "b.c"),
            R"({"a":1,"b":{"d":0.10}})");
  EXPECT_EQ(Unset(R"({"a":1})", "a"), "{}");
  for (const char* path : {"b", "a.b", "c.d"}) {
    EXPECT_EQ(Unset(R"({"a":1})", path), R"({"a":1})") << path;
  }
}

TEST(JsonPathsTest, KnowsNamesHoweverTheyAreWritten) {
  EXPECT_EQ(Set(R"({"h\u00e9":1})", "hé", "2"), R"({"h\u00e9":2})");
  EXPECT_EQ(Unset(R"({"h\u00e9":1})", "hé"), "{}");
}

TEST(JsonPathsTest, LeavesOneOfMembersWithOneName) {
  EXPECT_EQ(Set(R"({"a":1,"b":0,"a":2})", "a", "3"), R"({"a":3,"b":0})");
  EXPECT_EQ(Set(R"({"a":1,"a":{"x":1}})", "a.y", "3"),
            R"({"a":{"x":1,"y":3}})");
  EXPECT_EQ(Unset(R"({"a":1,"b":0,"a":2})", "a"), R"({"b":0})");
}

}  // namespace
}  // namespace sluice::sandbox
