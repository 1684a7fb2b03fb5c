#include "pipeline/http/url.h"

#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"

namespace sluice {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

TEST(UrlTest, DecodesEscapesAndLeavesBadOnes) {
  EXPECT_EQ(PercentDecode("a%20b%2Fc%c3%A9"), "a b/c\xc3\xa9");
  EXPECT_EQ(PercentDecode("100%"), "100%");
  EXPECT_EQ(PercentDecode("%4"), "%4");
  EXPECT_EQ(PercentDecode("%zz%41"), "%zzA");
  EXPECT_EQ(PercentDecode("%00"), std::string(1, '\0'));
}

TEST(UrlTest, PlusIsASpaceOnlyInQueries) {
  EXPECT_EQ(PercentDecode("a+b"), "a+b");
  EXPECT_EQ(PercentDecode("a+b%2B", true), "a b+");
}

TEST(UrlTest, EncodesAllButTheUnreserved) {
  EXPECT_EQ(PercentEncode("AZaz09-._~"), "AZaz09-._~");
  EXPECT_EQ(PercentEncode("a b/c?d=\xff"), "a%20b%2Fc%3Fd%3D%FF");
}

TEST(UrlTest, EncodingAndDecodingGiveEveryByteBack) {
  std::string all;
  for (int i = 0; i < 256; ++i) all.push_back(static_cast<char>(i));
  EXPECT_EQ(PercentDecode(PercentEncode(all)), all);
  EXPECT_EQ(PercentDecode(PercentEncode(all), true), all);
}

TEST(UrlTest, SplitsAQueryInOrder) {
  EXPECT_EQ(ParseQuery("b=2&a=1&a=&c&d=x%3Dy=z&&e=+"), (Pairs{{"b", "2"},
                                                              {"a", "1"},
                                                              {"a", ""},
                                                              {"c", ""},
                                                              {"d", "x=y=z"},
                                                              {"e", " "}}));
  EXPECT_EQ(ParseQuery(""), Pairs{});
  EXPECT_EQ(ParseQuery("&"), Pairs{});
  EXPECT_EQ(ParseQuery("=v"), (Pairs{{"", "v"}}));
}

}  // namespace
}  // namespace sluice
