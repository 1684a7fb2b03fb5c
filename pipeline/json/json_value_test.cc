#include "pipeline/json/json_value.h"

#include "boost/json.hpp"
#include "gtest/gtest.h"

namespace sluice {
namespace {

TEST(JsonValueTest, WritesPlainNumbersAndKeepsTheOrderOfMembers) {
  const boost::json::value value = boost::json::parse(
      R"({"b": 22.5, "a": -27, "c": [1e3, 18446744073709551615, true, null],
          "d": {}, "e": []})");
  EXPECT_EQ(JsonText(value),
            R"({"b":22.5,"a":-27,"c":[1000,18446744073709551615,true,null],)"
            R"("d":{},"e":[]})");
}

TEST(JsonValueTest, EscapesWhatWouldBreakALine) {
  EXPECT_EQ(JsonText(boost::json::value("a\"\\\n\x01\xE2\x80\xA8\xC2\x85ø")),
            "\"a\\\"\\\\\\n\\u0001\\u2028\\u0085ø\"");
}

TEST(JsonValueTest, ReadsBackAsTheSameValue) {
  const boost::json::value value = boost::json::parse(
      R"({"text":"tab\t €","numbers":[0.1,1.7976931348623157e308,5e-324]})");
  EXPECT_EQ(boost::json::parse(JsonText(value)), value);
}

}  // namespace
}  // namespace sluice
