#include "plugins/feed/client/feed_environment.h"

#include <map>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"

namespace sluice::feed {
namespace {

using Variables = std::map<std::string, std::string>;

absl::StatusOr<FeedClientOptions> Read(const Variables& variables,
                                       FeedClientOptions options = {}) {
  return WithEnvironment(
      std::move(options),
      [&variables](const char* name) -> std::optional<std::string> {
        const auto at = variables.find(name);
        if (at == variables.end()) return std::nullopt;
        return at->second;
      });
}

// The cases of stream-python 5.3.1: test_heroku*.
TEST(FeedEnvironmentTest, ReadsCredentialsFromStreamUrl) {
  struct Case {
    std::string url;
    std::string location;
  };
  for (const Case& c : std::vector<Case>{
           {"https://thierry:pass@getstream.io/?app_id=1", ""},
           {"https://thierry:pass@us-east.getstream.io/?app_id=1", "us-east"},
           {"https://thierry:pass@bla.stream-io-api.com/?app_id=1", "bla"},
           {"https://thierry:pass@stream-io-api.com/?app_id=1", ""},
           {"HTTPS://thierry:pass@eu-west.getstream.io/?APP_ID=1&x=y",
            "eu-west"}}) {
    const auto options = Read({{"STREAM_URL", c.url}});
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->api_key, "thierry");
    EXPECT_EQ(options->api_secret, "pass");
    EXPECT_EQ(options->app_id, "1");
    EXPECT_EQ(options->location, c.location) << c.url;
    EXPECT_EQ(options->base_url, "");
  }
}

TEST(FeedEnvironmentTest, ReadsAnAddressFromStreamUrl) {
  const auto options = Read(
      {{"STREAM_URL", "http://localhost:9000"}, {"STREAM_REGION", "us-east"}});
  EXPECT_EQ(options->base_url, "http://localhost:9000");
  EXPECT_EQ(options->location, "");
}

TEST(FeedEnvironmentTest, RefusesAStreamUrlThatIsNeither) {
  for (const std::string& url :
       std::vector<std::string>{"https://thierry:secret@us-east.getstream.io/",
                                "https://thierry@getstream.io/?app_id=1",
                                std::string(100'000, 'a')}) {
    const auto options = Read({{"STREAM_URL", url}});
    EXPECT_EQ(ConfigErrorField(options.status()), "STREAM_URL");
    EXPECT_EQ(std::string(options.status().message()).find("secret@"),
              std::string::npos);
  }
}

TEST(FeedEnvironmentTest, LeavesStreamUrlAloneWhenAKeyIsGiven) {
  const auto options =
      Read({{"STREAM_URL", "https://thierry:pass@us-east.getstream.io/"}},
           {.api_key = "key"});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->api_key, "key");
  EXPECT_EQ(options->location, "");
}

TEST(FeedEnvironmentTest, GoesToThisMachineWithLocal) {
  const Variables local = {{"LOCAL", "1"}, {"STREAM_REGION", "us-east"}};
  EXPECT_EQ(Read(local)->base_url, "http://localhost:8000");
  EXPECT_EQ(Read(local)->location, "");
  EXPECT_EQ(Read(local)->timeout, absl::Seconds(20));
  EXPECT_EQ(Read({{"LOCAL", ""}})->base_url, "");
  EXPECT_EQ(Read(local, {.base_url = "http://x"})->base_url, "http://x");
  EXPECT_EQ(Read(local, {.location = "qa"})->base_url, "");
}

TEST(FeedEnvironmentTest, ReadsTheRegion) {
  EXPECT_EQ(Read({{"STREAM_REGION", "tokyo"}})->location, "tokyo");
  EXPECT_EQ(Read({{"STREAM_REGION", "tokyo"}}, {.location = "qa"})->location,
            "qa");
  EXPECT_EQ(
      Read({{"STREAM_REGION", "tokyo"}}, {.base_url = "http://x"})->location,
      "");
}

TEST(FeedEnvironmentTest, ReadsKeysInPairs) {
  const Variables both = {{"STREAM_KEY", "k"},
                          {"STREAM_SECRET", "s"},
                          {"STREAM_API_KEY", "k2"},
                          {"STREAM_API_SECRET", "s2"},
                          {"STREAM_APP_ID", "17"}};
  EXPECT_EQ(Read(both)->api_key, "k");
  EXPECT_EQ(Read(both)->api_secret, "s");
  EXPECT_EQ(Read(both)->app_id, "17");
  EXPECT_EQ(
      Read({{"STREAM_API_KEY", "k2"}, {"STREAM_API_SECRET", "s2"}})->api_secret,
      "s2");
  // The secret of the key that is given, and of no other.
  EXPECT_EQ(Read(both, {.api_key = "k2"})->api_secret, "s2");
  EXPECT_EQ(Read(both, {.api_key = "other"})->api_secret, "");
  EXPECT_EQ(Read(both, {.api_key = "k", .api_secret = "own"})->api_secret,
            "own");
}

TEST(FeedEnvironmentTest, ChangesNothingWhenNothingIsSet) {
  const auto options = Read({});
  EXPECT_EQ(options->api_key, "");
  EXPECT_EQ(options->base_url, "");
  EXPECT_EQ(options->timeout, absl::Seconds(10));
}

}  // namespace
}  // namespace sluice::feed
