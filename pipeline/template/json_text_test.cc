#include "pipeline/template/json_text.h"

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

#include "gtest/gtest.h"

namespace sluice {
namespace {

std::string Quoted(std::string_view text) {
  std::string out;
  AppendJsonString(text, &out);
  return out;
}

std::string Rfc3339(int64_t nanos) {
  std::string out;
  AppendRfc3339(nanos, &out);
  return out;
}

std::string Microseconds(int64_t nanos) {
  std::string out;
  AppendMicroseconds(nanos, &out);
  return out;
}

TEST(JsonTextTest, EscapesOnlyWhatJsonWants) {
  EXPECT_EQ(Quoted(""), "\"\"");
  EXPECT_EQ(Quoted("plain 24.9 °C 😀/"), "\"plain 24.9 °C 😀/\"");
  EXPECT_EQ(Quoted("\"a\\b\"\n\r\t"), R"("\"a\\b\"\n\r\t")");
  EXPECT_EQ(Quoted(std::string_view("\0\x1f\x7f", 3)),
            "\"\\u0000\\u001f\x7f\"");
}

TEST(JsonTextTest, EscapesAtEveryPlace) {
  for (char c : {'"', '\\', '\0', '\x1f'}) {
    for (size_t at = 0; at < 20; ++at) {
      std::string text(20, '\xc3');
      text[at] = c;
      const std::string quoted = Quoted(text);
      EXPECT_EQ(quoted[at + 1], '\\') << at;
      EXPECT_EQ(quoted.substr(1, at), text.substr(0, at));
      EXPECT_TRUE(quoted.ends_with(text.substr(at + 1) + "\"")) << at;
    }
  }
}

TEST(JsonTextTest, KnowsNumbers) {
  for (std::string_view number :
       {"0", "-0", "10", "24.90", "1e2", "1E+2", "-1.5e-10"}) {
    EXPECT_TRUE(IsJsonNumber(number)) << number;
  }
  for (std::string_view other : {"", "-", "01", "+1", "1.", ".5", "1e", "1e+",
                                 "0x10", "NaN", "1 ", "1,0"}) {
    EXPECT_FALSE(IsJsonNumber(other)) << other;
  }
}

TEST(JsonTextTest, KnowsUtf8) {
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8("Küche"));
  EXPECT_TRUE(IsUtf8("a long text in ASCII and then: Küche"));
  EXPECT_FALSE(IsUtf8("a long text in ASCII and then: \xff"));
  EXPECT_FALSE(
      IsUtf8("K\xfc"
             "che"));
}

TEST(JsonTextTest, WritesTimesWithAsManyDecimalsAsTheyHave) {
  EXPECT_EQ(Rfc3339(0), "1970-01-01T00:00:00Z");
  EXPECT_EQ(Rfc3339(1'615'651'547'722'334'000), "2021-03-13T16:05:47.722334Z");
  EXPECT_EQ(Rfc3339(1'615'651'547'720'000'000), "2021-03-13T16:05:47.720Z");
  EXPECT_EQ(Rfc3339(1'615'651'547'000'000'001),
            "2021-03-13T16:05:47.000000001Z");
  EXPECT_EQ(Rfc3339(-1'000'000), "1969-12-31T23:59:59.999Z");
  EXPECT_EQ(Rfc3339(951'782'400'000'000'000), "2000-02-29T00:00:00Z");
  EXPECT_EQ(Rfc3339(std::numeric_limits<int64_t>::max()),
            "2262-04-11T23:47:16.854775807Z");
  EXPECT_EQ(Rfc3339(std::numeric_limits<int64_t>::min()),
            "1677-09-21T00:12:43.145224192Z");
}

TEST(JsonTextTest, WritesMicrosecondsAlwaysInFull) {
  EXPECT_EQ(Microseconds(0), "1970-01-01T00:00:00.000000");
  EXPECT_EQ(Microseconds(1'577'934'245'123'456'999),
            "2020-01-02T03:04:05.123456");
}

}  // namespace
}  // namespace sluice
