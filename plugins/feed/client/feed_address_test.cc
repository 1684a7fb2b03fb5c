#include "plugins/feed/client/feed_address.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::feed {
namespace {

std::string Address(std::string location, std::string base_url = "",
                    FeedService service = FeedService::kApi) {
  const auto addresses = MakeFeedAddresses(
      {.location = std::move(location), .base_url = std::move(base_url)});
  return addresses.ok() ? addresses->of(service)
                        : ConfigErrorField(addresses.status());
}

TEST(FeedAddressTest, FollowsTheLocation) {
  EXPECT_EQ(Address(""), "https://api.stream-io-api.com/api/v1.0/");
  EXPECT_EQ(Address("us-east"),
            "https://us-east-api.stream-io-api.com/api/v1.0/");
  EXPECT_EQ(Address("dublin-api"),
            "https://dublin-api.stream-io-api.com/api/v1.0/");
  EXPECT_EQ(Address("ca-central-1"),
            "https://ca-central-1.stream-io-api.com/api/v1.0/");
  EXPECT_EQ(Address("evil.example/"), "location");
}

// The cases of stream-python 5.3.1: test_analytics_url, test_personalization_
// url and their "_default" forms.
TEST(FeedAddressTest, KnowsTheOtherServices) {
  EXPECT_EQ(Address("", "", FeedService::kAnalytics),
            "https://analytics.stream-io-api.com/analytics/v1.0/");
  EXPECT_EQ(Address("qa", "", FeedService::kAnalytics),
            "https://qa.stream-io-api.com/analytics/v1.0/");
  EXPECT_EQ(Address("dublin-api", "", FeedService::kAnalytics),
            "https://dublin.stream-io-api.com/analytics/v1.0/");
  EXPECT_EQ(Address("", "", FeedService::kPersonalization),
            "https://personalization.stream-io-api.com/personalization/v1.0/");
  EXPECT_EQ(
      Address("qa", "", FeedService::kPersonalization),
      "https://qa-personalization.stream-io-api.com/personalization/v1.0/");
}

TEST(FeedAddressTest, FollowsTheBaseUrl) {
  EXPECT_EQ(Address("", "http://localhost:8000"),
            "http://localhost:8000/api/v1.0/");
  EXPECT_EQ(Address("", "http://[::1]:8000/api/"),
            "http://[::1]:8000/api/v1.0/");
  EXPECT_EQ(Address("", "https://feeds.example/api/v1.0"),
            "https://feeds.example/api/v1.0/");
  EXPECT_EQ(Address("", "http://localhost:8000/api", FeedService::kAnalytics),
            "http://localhost:8000/analytics/v1.0/");
  for (const char* url : {"localhost:8000", "ftp://x", "http://", "http://a b",
                          "http://u:p@x", "http://x/other", "http://x?y"}) {
    EXPECT_EQ(Address("", url), "base_url") << url;
  }
  EXPECT_EQ(Address("us-east", "http://localhost:8000"), "location");
}

TEST(FeedAddressTest, FollowsTheVersion) {
  EXPECT_EQ(MakeFeedAddresses({.version = "v2.0"})->api,
            "https://api.stream-io-api.com/api/v2.0/");
  for (const char* version : {"", "v1/0", "v1?"}) {
    EXPECT_EQ(
        ConfigErrorField(MakeFeedAddresses({.version = version}).status()),
        "version");
  }
}

}  // namespace
}  // namespace sluice::feed
