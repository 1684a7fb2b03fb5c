#include "plugins/feed/client/analytics.h"

#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "plugins/feed/client/client_fixture.h"

namespace sluice::feed {
namespace {

class AnalyticsTest : public ClientFixture {};

// Made with stream-python 5.3.1 from the events of its README.
TEST_F(AnalyticsTest, MakesTheRedirectUrlOfTheOfficialClient) {
  const auto url = client_->analytics().RedirectUrl(
      "http://google.com/?a=b&c=d", "user_id",
      R"([{"content_list": ["tweet:1", "tweet:2", "tweet:3"], )"
      R"("user_data": "tommaso", "location": "email", )"
      R"("feed_id": "user:global"}, {"content": "tweet:2", )"
      R"("label": "click", "position": 1, "user_data": "tommaso", )"
      R"("location": "email", "feed_id": "user:global"}])");
  ASSERT_TRUE(url.ok()) << url.status();
  EXPECT_EQ(
      *url,
      "https://analytics.stream-io-api.com/analytics/redirect/?auth_type=jwt&"
      "authorization=eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
      "eyJhY3Rpb24iOiIqIiwicmVzb3VyY2UiOiJyZWRpcmVjdF9hbmRfdHJhY2siLCJmZWVkX2lk"
      "IjoiKiIsInVzZXJfaWQiOiJ1c2VyX2lkIn0."
      "SkPy3C53zzMxf46aFlzlfSQsvLKe54opvh0_K0zXlic&url=http%3A%2F%2Fgoogle.com%"
      "2F%3Fa%3Db%26c%3Dd&api_key=key&events=%5B%7B%22content_list%22%3A+%5B%"
      "22tweet%3A1%22%2C+%22tweet%3A2%22%2C+%22tweet%3A3%22%5D%2C+%22user_data%"
      "22%3A+%22tommaso%22%2C+%22location%22%3A+%22email%22%2C+%22feed_id%22%"
      "3A+%22user%3Aglobal%22%7D%2C+%7B%22content%22%3A+%22tweet%3A2%22%2C+%"
      "22label%22%3A+%22click%22%2C+%22position%22%3A+1%2C+%22user_data%22%3A+%"
      "22tommaso%22%2C+%22location%22%3A+%22email%22%2C+%22feed_id%22%3A+%"
      "22user%3Aglobal%22%7D%5D");
  EXPECT_TRUE(http_.requests().empty());
}

TEST_F(AnalyticsTest, ChecksTheRedirect) {
  const auto refusal = [this](std::string url, std::string user,
                              std::string events) {
    const auto made = client_->analytics().RedirectUrl(url, user, events);
    EXPECT_EQ(made.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(made.status().message());
  };
  for (const char* url : {"", "google.com", "google.com/a:b", "http:///x",
                          "https://", "://x", "http:x"}) {
    EXPECT_TRUE(refusal(url, "u", "[]").starts_with("target_url: ")) << url;
  }
  EXPECT_TRUE(refusal("http://x", "", "[]").starts_with("user_id: "));
  EXPECT_TRUE(refusal("http://x", "u", "{}").starts_with("events: "));
  EXPECT_TRUE(client_->analytics().RedirectUrl("mailto:a@b", "u", "[]").ok());
}

TEST_F(AnalyticsTest, CountsEngagementsAndImpressions) {
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->analytics().TrackEngagements(
                        R"([{"content":"1"}])", std::move(done));
                  },
                  201, "{}")
                  .ok());
  EXPECT_EQ(Line(), "POST /analytics/v1.0/engagement/?api_key=key");
  EXPECT_EQ(Body(), R"({"content_list":[{"content":"1"}]})");
  EXPECT_EQ(TokenClaims(), "* * *");
  ASSERT_TRUE(Ask<FeedAnswer>(
                  [&](auto done) {
                    return client_->analytics().TrackImpressions(
                        R"([{"content_list":["1"]}])", std::move(done));
                  },
                  201, "{}")
                  .ok());
  EXPECT_EQ(Line(), "POST /analytics/v1.0/impression/?api_key=key");
  EXPECT_EQ(Body(), R"([{"content_list":["1"]}])");
  EXPECT_TRUE(Refusal<FeedAnswer>([&](auto done) {
                return client_->analytics().TrackEngagements("{}",
                                                             std::move(done));
              }).starts_with("engagements: "));
  EXPECT_TRUE(Refusal<FeedAnswer>([&](auto done) {
                return client_->analytics().TrackImpressions("",
                                                             std::move(done));
              }).starts_with("impressions: "));
}

TEST_F(AnalyticsTest, PreviewsAPage) {
  const auto page = Ask<PagePreview>(
      [&](auto done) {
        return client_->analytics().Preview("https://google.com/a?b",
                                            std::move(done));
      },
      200, R"({"title":"Google"})");
  ASSERT_TRUE(page.ok()) << page.status();
  EXPECT_EQ(page->title, "Google");
  EXPECT_EQ(
      Line(),
      "GET /api/v1.0/og/?api_key=key&url=https%3A%2F%2Fgoogle.com%2Fa%3Fb");
  EXPECT_EQ(TokenClaims(), "* * *");
  EXPECT_TRUE(Refusal<PagePreview>([&](auto done) {
                return client_->analytics().Preview("google.com",
                                                    std::move(done));
              }).starts_with("url: "));
}

}  // namespace
}  // namespace sluice::feed
