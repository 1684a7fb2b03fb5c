#include "plugins/feed/client/rate_headers.h"

#include "gtest/gtest.h"

namespace sluice::feed {
namespace {

constexpr absl::Time kNow = absl::FromUnixSeconds(1'543'604'500);

TEST(RateHeadersTest, TellsTheWindow) {
  const HttpHeaders headers = {{"x-ratelimit-limit", "2000"},
                               {"X-RateLimit-Remaining", "1998"},
                               {"X-Ratelimit-Reset", "1543604520"}};
  const auto window = ReadWindow(headers, kNow);
  ASSERT_TRUE(window.has_value());
  EXPECT_EQ(window->limit, 2000);
  EXPECT_EQ(window->remaining, 1998);
  EXPECT_EQ(window->until_reset, absl::Seconds(20));
  EXPECT_FALSE(ReadWindow(headers, kNow + absl::Seconds(20)).has_value());
  EXPECT_FALSE(ReadWindow({}, kNow).has_value());
}

TEST(RateHeadersTest, WaitsForTheLater) {
  const HttpHeaders headers = {{"Retry-After", "5"},
                               {"X-RateLimit-Reset", "1543604520"}};
  EXPECT_EQ(ReadWait(headers, kNow, true), absl::Seconds(20));
  EXPECT_EQ(ReadWait(headers, kNow, false), absl::Seconds(5));
  EXPECT_EQ(ReadWait(headers, kNow + absl::Seconds(18), true),
            absl::Seconds(5));
  EXPECT_EQ(ReadWait({}, kNow, true), std::nullopt);
}

TEST(RateHeadersTest, GoesByTheClockOfTheService) {
  EXPECT_EQ(ReadWait({{"X-RateLimit-Reset", "1543604520"},
                      {"Date", "Fri, 30 Nov 2018 19:01:50 GMT"}},
                     kNow, true),
            absl::Seconds(10));
}

}  // namespace
}  // namespace sluice::feed
