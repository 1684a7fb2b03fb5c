#include "plugins/feed/feed_client.h"

#include <optional>
#include <string>

#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::feed {
namespace {

std::string Address(std::string location, std::string base_url = "") {
  auto address = ApiAddress(
      {.location = std::move(location), .base_url = std::move(base_url)});
  return address.ok() ? *address : ConfigErrorField(address.status());
}

TEST(ApiAddressTest, FollowsTheLocation) {
  EXPECT_EQ(Address(""), "https://api.stream-io-api.com/api/v1.0/");
  EXPECT_EQ(Address("us-east"),
            "https://us-east-api.stream-io-api.com/api/v1.0/");
  EXPECT_EQ(Address("dublin-api"),
            "https://dublin-api.stream-io-api.com/api/v1.0/");
  EXPECT_EQ(Address("ca-central-1"),
            "https://ca-central-1.stream-io-api.com/api/v1.0/");
  EXPECT_EQ(Address("evil.example/"), "location");
}

TEST(ApiAddressTest, FollowsTheBaseUrl) {
  EXPECT_EQ(Address("", "http://localhost:8000"),
            "http://localhost:8000/api/v1.0/");
  EXPECT_EQ(Address("", "http://[::1]:8000/api/"),
            "http://[::1]:8000/api/v1.0/");
  EXPECT_EQ(Address("", "https://feeds.example/api/v1.0"),
            "https://feeds.example/api/v1.0/");
  for (const char* url : {"localhost:8000", "ftp://x", "http://", "http://a b",
                          "http://u:p@x", "http://x/other", "http://x?y"}) {
    EXPECT_EQ(Address("", url), "base_url") << url;
  }
  EXPECT_EQ(Address("us-east", "http://localhost:8000"), "location");
}

TEST(FeedClientTest, WantsAKey) {
  EXPECT_EQ(ConfigErrorField(FeedClient::Create({}).status()), "api_key");
}

TEST(FeedClientTest, SendsWhatTheOfficialClientsSend) {
  ManualExecutor executor;
  FakeHttpClient http(&executor);
  auto client = FeedClient::Create({.api_key = "k&y",
                                    .api_secret = "secret",
                                    .base_url = "http://localhost:8000",
                                    .ca_file = "/ca.pem"});
  ASSERT_TRUE(client.ok());
  client->Start(&http, &executor);
  std::optional<FeedReply> reply;
  auto call = client->AddActivities({"user", "bob"}, "{\"activities\":[{}]}", 1,
                                    absl::Seconds(3),
                                    [&](FeedReply r) { reply = std::move(r); });
  const HttpRequest& request = http.open()->request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url,
            "http://localhost:8000/api/v1.0/feed/user/bob/?api_key=k%26y");
  EXPECT_EQ(request.body, "{\"activities\":[{}]}");
  EXPECT_EQ(request.total_timeout, absl::Seconds(3));
  EXPECT_EQ(request.tls.ca_file, "/ca.pem");
  EXPECT_EQ(request.max_redirects, 0);
  EXPECT_EQ(FindHeader(request.headers, "stream-auth-type"), "jwt");
  EXPECT_EQ(FindHeader(request.headers, "content-type"), "application/json");
  // The second token of jwt_test.cc: resource feed, action write, userbob.
  EXPECT_TRUE(FindHeader(request.headers, "authorization")
                  ->ends_with(".taeVzLiOVfg22OqbHbc5RqvOCQLL9jVz0o6BttBfX8E"));

  http.open()->Respond(201, "{\"activities\":[{}],\"duration\":\"1ms\"}");
  executor.RunReady();
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->verdict, FeedReply::Verdict::kStored);
}

TEST(FeedClientTest, ReportsATimeout) {
  ManualExecutor executor;
  FakeHttpClient http(&executor);
  auto client = FeedClient::Create({.api_key = "key"});
  ASSERT_TRUE(client.ok());
  client->Start(&http, &executor);
  std::optional<FeedReply> reply;
  auto call = client->AddActivities({"user", "bob"}, "{}", 1, absl::Seconds(3),
                                    [&](FeedReply r) { reply = std::move(r); });
  executor.Advance(absl::Seconds(3));
  ASSERT_TRUE(reply.has_value());
  EXPECT_EQ(reply->verdict, FeedReply::Verdict::kUnknown);
}

}  // namespace
}  // namespace sluice::feed
