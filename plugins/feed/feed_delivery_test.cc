#include "plugins/feed/feed_delivery.h"

#include <optional>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::feed {
namespace {

class FeedDeliveryTest : public ::testing::Test {
 protected:
  FeedDeliveryTest() {
    connection_.Start(&http_, &executor_);
    call_ = DeliverActivities(connection_, {"user", "bob"},
                              "{\"activities\":[{}]}", 1, absl::Seconds(3),
                              [this](FeedReply r) { reply_ = std::move(r); });
  }

  ManualExecutor executor_;
  FakeHttpClient http_{&executor_};
  FeedConnection connection_ =
      FeedConnection::Create({.api_key = "k&y",
                              .api_secret = "secret",
                              .base_url = "http://localhost:8000",
                              .ca_file = "/ca.pem"})
          .value();
  std::optional<FeedReply> reply_;
  std::unique_ptr<HttpCall> call_;
};

TEST_F(FeedDeliveryTest, SendsWhatTheOfficialClientsSend) {
  const HttpRequest& request = http_.open()->request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url,
            "http://localhost:8000/api/v1.0/feed/user/bob/?api_key=k%26y");
  EXPECT_EQ(request.body, "{\"activities\":[{}]}");
  EXPECT_EQ(request.total_timeout, absl::Seconds(3));
  // The second token of token_test.cc: resource feed, action write, userbob.
  EXPECT_TRUE(FindHeader(request.headers, "authorization")
                  ->ends_with(".taeVzLiOVfg22OqbHbc5RqvOCQLL9jVz0o6BttBfX8E"));

  http_.open()->Respond(201, "{\"activities\":[{}],\"duration\":\"1ms\"}");
  executor_.RunReady();
  ASSERT_TRUE(reply_.has_value());
  EXPECT_EQ(reply_->verdict, FeedReply::Verdict::kStored);
}

TEST_F(FeedDeliveryTest, ReportsATimeout) {
  executor_.Advance(absl::Seconds(3));
  ASSERT_TRUE(reply_.has_value());
  EXPECT_EQ(reply_->verdict, FeedReply::Verdict::kUnknown);
}

}  // namespace
}  // namespace sluice::feed
