#include "plugins/disruptive/authorizer.h"

#include <random>

#include "absl/strings/match.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::disruptive {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class AuthorizerTest : public ::testing::Test {
 protected:
  AuthorizerTest() {
    settings_.key = {"key1", "hush", "sa@p"};
    settings_.token_url = "http://identity/token";
  }

  void Start() {
    authorizer_ = std::make_unique<Authorizer>(&settings_, &executor_, &http_,
                                               &random_, &clock_);
  }

  // Asks and notes the answer in `answers_`.
  void Ask() {
    authorizer_->Get([this](const absl::StatusOr<Grant>& grant) {
      answers_.push_back(grant.ok() ? grant->header
                                    : grant.status().ToString());
    });
    executor_.RunReady();
  }

  void GiveToken(const std::string& token, int seconds = 3600) {
    http_.open()->Respond(200, "{\"access_token\":\"" + token +
                                   "\",\"token_type\":\"Bearer\","
                                   "\"expires_in\":" +
                                   std::to_string(seconds) + "}");
    executor_.RunReady();
  }

  size_t fetches() const { return http_.requests().size(); }

  ManualExecutor executor_;
  FakeHttpClient http_{&executor_};
  std::mt19937_64 engine_{3};
  absl::BitGenRef random_{engine_};
  Settings settings_;
  ServerClock clock_{&executor_};
  std::unique_ptr<Authorizer> authorizer_;
  std::vector<std::string> answers_;
};

TEST_F(AuthorizerTest, TradesASignedAssertionForAToken) {
  Start();
  Ask();
  const HttpRequest& request = http_.open()->request();
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "http://identity/token");
  EXPECT_THAT(request.body, StartsWith("assertion=eyJ"));
  EXPECT_THAT(request.body,
              HasSubstr("&grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type"
                        "%3Ajwt-bearer"));
  EXPECT_EQ(FindHeader(request.headers, "content-type"),
            "application/x-www-form-urlencoded");
  GiveToken("tok1");
  EXPECT_THAT(answers_, testing::ElementsAre("Bearer tok1"));
}

TEST_F(AuthorizerTest, FetchesOnceForManyWhoAsk) {
  Start();
  Ask();
  Ask();
  Ask();
  EXPECT_EQ(fetches(), 1u);
  GiveToken("tok1");
  EXPECT_EQ(answers_.size(), 3u);
  Ask();
  executor_.Advance(absl::ZeroDuration());
  EXPECT_EQ(answers_.size(), 4u);
  EXPECT_EQ(fetches(), 1u);
}

TEST_F(AuthorizerTest, RenewsWellBeforeTheEnd) {
  Start();
  Ask();
  GiveToken("tok1", 1000);
  executor_.Advance(absl::Seconds(740));
  EXPECT_EQ(fetches(), 1u);
  ASSERT_TRUE(
      executor_.RunUntil([&] { return fetches() == 2; }, absl::Seconds(61)));
  Ask();
  executor_.Advance(absl::ZeroDuration());
  EXPECT_EQ(answers_.back(), "Bearer tok1");
  GiveToken("tok2", 1000);
  Ask();
  executor_.Advance(absl::ZeroDuration());
  EXPECT_EQ(answers_.back(), "Bearer tok2");
}

TEST_F(AuthorizerTest, KeepsTryingToRenewWhileTheOldTokenLasts) {
  Start();
  Ask();
  GiveToken("tok1", 1000);
  executor_.Advance(absl::Seconds(801));
  http_.open()->Respond(503, "{}");
  executor_.Advance(absl::Seconds(5));
  ASSERT_GE(fetches(), 3u);
  GiveToken("tok2");
  Ask();
  executor_.Advance(absl::ZeroDuration());
  EXPECT_EQ(answers_.back(), "Bearer tok2");
}

TEST_F(AuthorizerTest, SaysThatTheCredentialsAreRefusedWithoutShowingThem) {
  Start();
  Ask();
  http_.open()->Respond(400, R"({"error":"invalid_grant",
      "error_description":"unknown kid"})");
  executor_.RunReady();
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_THAT(answers_[0], StartsWith("UNAUTHENTICATED"));
  EXPECT_THAT(answers_[0], HasSubstr("invalid_grant: unknown kid"));
  EXPECT_THAT(answers_[0], Not(HasSubstr("hush")));
}

TEST_F(AuthorizerTest, AsksAgainByTheClockOfAServiceThatRefuses) {
  Start();
  Ask();
  const std::string refusal = R"({"error":"invalid_grant"})";
  // An hour ahead of us.
  const HttpHeaders date = {{"Date", "Tue, 14 Nov 2023 23:13:20 GMT"}};
  const std::string first = http_.open()->request().body;
  http_.open()->Respond(400, refusal, date);
  executor_.RunReady();
  EXPECT_EQ(fetches(), 2u);
  EXPECT_EQ(answers_.size(), 0u);
  EXPECT_NE(http_.open()->request().body, first);
  GiveToken("tok1");
  EXPECT_THAT(answers_, testing::ElementsAre("Bearer tok1"));
}

TEST_F(AuthorizerTest, BelievesTheSecondRefusalWhateverTheClockSays) {
  Start();
  Ask();
  const std::string refusal = R"({"error":"invalid_grant"})";
  http_.open()->Respond(400, refusal,
                        {{"Date", "Tue, 14 Nov 2023 23:13:20 GMT"}});
  executor_.RunReady();
  http_.open()->Respond(400, refusal,
                        {{"Date", "Tue, 14 Nov 2023 21:13:20 GMT"}});
  executor_.RunReady();
  EXPECT_EQ(fetches(), 2u);
  ASSERT_EQ(answers_.size(), 1u);
  EXPECT_THAT(answers_[0], HasSubstr("refuses the credentials"));
}

TEST_F(AuthorizerTest, NeverHammersAfterARefusal) {
  Start();
  for (int second = 0; second < 600; ++second) {
    Ask();
    if (http_.open() != nullptr) http_.open()->Respond(400, "{}");
    executor_.Advance(absl::Seconds(1));
  }
  EXPECT_LE(fetches(), 20u);
  EXPECT_GE(answers_.size(), 600u);
}

TEST_F(AuthorizerTest, TellsPassingTroubleApart) {
  Start();
  Ask();
  http_.open()->Fail(absl::UnavailableError("refused"));
  executor_.RunReady();
  EXPECT_THAT(answers_.back(), StartsWith("UNAVAILABLE"));
  executor_.Advance(absl::Minutes(2));
  Ask();
  http_.open()->Fail(absl::FailedPreconditionError("bad certificate"));
  executor_.RunReady();
  EXPECT_THAT(answers_.back(), StartsWith("FAILED_PRECONDITION"));
}

TEST_F(AuthorizerTest, WaitsAsLongAsTheServiceAsks) {
  Start();
  Ask();
  http_.open()->Respond(429, "{}", {{"Retry-After", "100"}});
  executor_.RunReady();
  EXPECT_THAT(answers_.back(), HasSubstr("answered 429"));
  executor_.Advance(absl::Seconds(99));
  Ask();
  executor_.Advance(absl::ZeroDuration());
  EXPECT_EQ(fetches(), 1u);
  executor_.Advance(absl::Minutes(1));
  Ask();
  EXPECT_EQ(fetches(), 2u);
}

TEST_F(AuthorizerTest, DropsARejectedTokenOnly) {
  Start();
  Ask();
  GiveToken("tok1");
  authorizer_->Reject("Bearer other");
  Ask();
  executor_.Advance(absl::ZeroDuration());
  EXPECT_EQ(fetches(), 1u);
  authorizer_->Reject("Bearer tok1");
  Ask();
  ASSERT_EQ(fetches(), 2u);
  GiveToken("tok2");
  EXPECT_EQ(answers_.back(), "Bearer tok2");
}

TEST_F(AuthorizerTest, DoesNotGiveOutATokenAboutToEnd) {
  Start();
  Ask();
  GiveToken("tok1", 100);
  executor_.Advance(absl::Seconds(80));
  http_.open()->Fail(absl::UnavailableError("down"));
  executor_.RunReady();
  executor_.Advance(absl::Seconds(11));
  answers_.clear();
  Ask();
  executor_.Advance(absl::ZeroDuration());
  for (const std::string& answer : answers_) {
    EXPECT_FALSE(absl::StrContains(answer, "tok1"));
  }
}

TEST_F(AuthorizerTest, FetchesAgainForWhoAskedBeforeARejection) {
  Start();
  Ask();
  GiveToken("tok1");
  answers_.clear();
  authorizer_->Get([this](const absl::StatusOr<Grant>& grant) {
    answers_.push_back(grant.ok() ? grant->header : grant.status().ToString());
  });
  authorizer_->Reject("Bearer tok1");
  executor_.Advance(absl::ZeroDuration());
  EXPECT_THAT(answers_, testing::IsEmpty());
  ASSERT_EQ(fetches(), 2u);
  GiveToken("tok2");
  EXPECT_THAT(answers_, testing::ElementsAre("Bearer tok2"));
}

TEST_F(AuthorizerTest, UsesTokensOfAnyLifetimeWithoutHammering) {
  Start();
  Ask();
  GiveToken("tok1", 5);
  EXPECT_THAT(answers_, testing::ElementsAre("Bearer tok1"));
  EXPECT_EQ(fetches(), 1u);
  executor_.Advance(absl::Seconds(3));
  EXPECT_EQ(fetches(), 1u);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(fetches(), 2u);
  // It says a millisecond; a second is the shortest that counts.
  http_.open()->Respond(200, R"({"access_token":"tok2","expires_in":0.001})");
  executor_.RunReady();
  executor_.Advance(absl::Milliseconds(700));
  EXPECT_EQ(fetches(), 2u);
  executor_.Advance(absl::Milliseconds(101));
  EXPECT_EQ(fetches(), 3u);
}

TEST_F(AuthorizerTest, SendsBasicCredentialsWithoutAskingAnybody) {
  settings_.key.basic = true;
  Start();
  Ask();
  executor_.Advance(absl::ZeroDuration());
  EXPECT_THAT(answers_, testing::ElementsAre("Basic a2V5MTpodXNo"));
  EXPECT_EQ(fetches(), 0u);
}

}  // namespace
}  // namespace sluice::disruptive
