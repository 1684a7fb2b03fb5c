#include "plugins/feed/client/feed_connection.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "pipeline/api/plugin_registry.h"
#include "plugins/feed/client/feed_error.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::feed {
namespace {

FeedClientOptions Options() {
  return {.api_key = "k&y",
          .api_secret = "secret",
          .base_url = "http://localhost:8000",
          .ca_file = "/ca.pem",
          .timeout = absl::Seconds(3),
          .max_answer_bytes = 1000};
}

class FeedConnectionTest : public ::testing::Test {
 protected:
  FeedConnectionTest() { connection_.Start(&http_, &executor_); }

  void Call(absl::StatusOr<FeedRequest> request) {
    call_ = connection_.Call<FeedAnswer>(
        std::move(request), [this](absl::StatusOr<FeedAnswer> answer) {
          answer_.emplace(std::move(answer));
        });
  }
  // A call that is answered so.
  const absl::StatusOr<FeedAnswer>& Answer(int status, std::string body,
                                           HttpHeaders headers = {}) {
    answer_.reset();
    Call(FeedRequest{.method = "GET", .path = "feed/user/1/"});
    http_.open()->Respond(status, std::move(body), std::move(headers));
    executor_.RunReady();
    EXPECT_TRUE(answer_.has_value());
    return *answer_;
  }

  ManualExecutor executor_;
  FakeHttpClient http_{&executor_};
  FeedConnection connection_ = FeedConnection::Create(Options()).value();
  std::optional<absl::StatusOr<FeedAnswer>> answer_;
  std::unique_ptr<HttpCall> call_;
};

TEST_F(FeedConnectionTest, WantsKeySecretAndTime) {
  const auto field = [](FeedClientOptions options) {
    return ConfigErrorField(
        FeedConnection::Create(std::move(options)).status());
  };
  EXPECT_EQ(field({.api_secret = "s"}), "api_key");
  EXPECT_EQ(field({.api_key = "k"}), "api_secret");
  EXPECT_EQ(
      field(
          {.api_key = "k", .api_secret = "s", .timeout = absl::ZeroDuration()}),
      "timeout");
  EXPECT_EQ(field({.api_key = "k", .api_secret = "s", .base_url = "x"}),
            "base_url");
}

TEST_F(FeedConnectionTest, SignsRequests) {
  Call(FeedRequest{
      .method = "DELETE",
      .path = "feed/user/bob/a%2Fb/",
      .query = {{"foreign_id", "1"}, {"x", "a b,c"}},
      .claims = {.action = "write", .resource = "feed", .feed_id = "userbob"}});
  const HttpRequest& request = http_.open()->request();
  EXPECT_EQ(request.method, "DELETE");
  EXPECT_EQ(request.url,
            "http://localhost:8000/api/v1.0/feed/user/bob/a%2Fb/"
            "?api_key=k%26y&foreign_id=1&x=a%20b%2Cc");
  EXPECT_EQ(request.body, "{}");
  EXPECT_EQ(request.total_timeout, absl::Seconds(3));
  EXPECT_EQ(request.max_response_bytes, 1000u);
  EXPECT_EQ(request.tls.ca_file, "/ca.pem");
  EXPECT_EQ(request.max_redirects, 0);
  EXPECT_EQ(FindHeader(request.headers, "stream-auth-type"), "jwt");
  EXPECT_EQ(FindHeader(request.headers, "content-type"), "application/json");
  EXPECT_EQ(FindHeader(request.headers, "x-stream-client"),
            "stream-cpp-client-1.0.0");
  // The second token of token_test.cc.
  EXPECT_TRUE(FindHeader(request.headers, "authorization")
                  ->ends_with(".taeVzLiOVfg22OqbHbc5RqvOCQLL9jVz0o6BttBfX8E"));
}

TEST_F(FeedConnectionTest, SendsNoBodyWithGet) {
  Call(FeedRequest{.method = "GET", .path = "feed/user/1/"});
  EXPECT_EQ(http_.open()->request().body, "");
}

TEST_F(FeedConnectionTest, GoesToTheServiceOfTheRequest) {
  Call(FeedRequest{.method = "POST",
                   .service = FeedService::kAnalytics,
                   .path = "impression/"});
  EXPECT_EQ(http_.open()->request().url,
            "http://localhost:8000/analytics/v1.0/impression/?api_key=k%26y");
}

TEST_F(FeedConnectionTest, HandsOnTheAnswerAndItsRateLimit) {
  const auto& answer = Answer(200, R"({"n":1.000,"duration":"1ms"})",
                              {{"X-RateLimit-Limit", "2000"},
                               {"X-RateLimit-Remaining", "1998"},
                               {"X-RateLimit-Reset", "1700000020"}});
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->json, R"({"n":1.000,"duration":"1ms"})");
  ASSERT_TRUE(answer->rate_limit.has_value());
  EXPECT_EQ(answer->rate_limit->remaining, 1998);
  EXPECT_EQ(answer->rate_limit->until_reset, absl::Seconds(20));
}

TEST_F(FeedConnectionTest, HandsOnErrors) {
  const auto& answer = Answer(
      404,
      R"({"detail":"gone","code":16,"exception":"DoesNotExistException"})");
  EXPECT_EQ(answer.status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(FeedErrorOf(answer.status())->code(), 16);
}

TEST_F(FeedConnectionTest, DoesNotTakeOtherAnswersForTheApis) {
  for (const char* body :
       {"", "<html>", "[]", "17",
        R"({"exception":"InputException","status_code":400,"code":4})"}) {
    const auto& answer = Answer(200, body);
    EXPECT_EQ(answer.status().code(), absl::StatusCode::kUnknown) << body;
    EXPECT_TRUE(FeedErrorOf(answer.status())->maybe_done());
  }
  // Of an activity of one's own.
  EXPECT_TRUE(Answer(200, R"({"exception":"overflow"})").ok());
}

TEST_F(FeedConnectionTest, ReportsATimeout) {
  Call(FeedRequest{.method = "GET", .path = "feed/user/1/"});
  executor_.Advance(absl::Seconds(3));
  ASSERT_TRUE(answer_.has_value());
  EXPECT_EQ(answer_->status().code(), absl::StatusCode::kDeadlineExceeded);
}

TEST_F(FeedConnectionTest, SendsNothingForARequestThatIsNone) {
  Call(absl::InvalidArgumentError("limit: wrong"));
  EXPECT_FALSE(answer_.has_value());
  executor_.RunReady();
  ASSERT_TRUE(answer_.has_value());
  EXPECT_EQ(answer_->status(), absl::InvalidArgumentError("limit: wrong"));
  EXPECT_TRUE(http_.requests().empty());
}

TEST_F(FeedConnectionTest, IsSilentAfterACancel) {
  Call(FeedRequest{.method = "GET", .path = "feed/user/1/"});
  http_.open()->Respond(200, "{}");
  call_.reset();
  executor_.RunReady();
  EXPECT_FALSE(answer_.has_value());
  EXPECT_TRUE(http_.requests().back()->cancelled());
  Call(absl::InvalidArgumentError("limit: wrong"));
  call_.reset();
  executor_.RunReady();
  EXPECT_FALSE(answer_.has_value());
}

TEST_F(FeedConnectionTest, MayBeCancelledFromItsCallback) {
  int calls = 0;
  call_ =
      connection_.Call<FeedAnswer>(absl::InvalidArgumentError("limit: wrong"),
                                   [&](absl::StatusOr<FeedAnswer>) {
                                     call_.reset();
                                     ++calls;
                                   });
  executor_.RunReady();
  EXPECT_EQ(calls, 1);
}

TEST(PathSegmentTest, KeepsOnlyWhatIsSafe) {
  EXPECT_EQ(PathSegment("flat:42"), "flat:42");
  EXPECT_EQ(PathSegment("a/b?c#d é"), "a%2Fb%3Fc%23d%20%C3%A9");
}

}  // namespace
}  // namespace sluice::feed
