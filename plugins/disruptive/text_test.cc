#include "plugins/disruptive/text.h"

#include "gtest/gtest.h"
#include "pipeline/http/url.h"

namespace sluice::disruptive {
namespace {

TEST(TextTest, EncodesEverythingThatIsNotUnreserved) {
  EXPECT_EQ(PercentEncode("room-number=9 9/\xc3\xa5~"),
            "room-number%3D9%209%2F%C3%A5~");
}

TEST(TextTest, AppendsQueryParametersOneAfterTheOther) {
  std::string url = "http://h/p";
  AppendQuery(&url, "a", "1 2");
  AppendQuery(&url, "b", "");
  EXPECT_EQ(url, "http://h/p?a=1%202&b=");
}

}  // namespace
}  // namespace sluice::disruptive
