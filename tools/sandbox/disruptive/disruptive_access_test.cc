#include "tools/sandbox/disruptive/disruptive_access.h"

#include <string>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "boost/json.hpp"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "pipeline/auth/jwt.h"

namespace sluice::sandbox {
namespace {

using ::testing::HasSubstr;

constexpr char kAudience[] = "http://127.0.0.1:80/oauth2/token";
const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

// What an assertion says; tests change one thing.
struct Assertion {
  std::string header = R"({"alg":"HS256","kid":"key","typ":"JWT"})";
  std::string secret = "secret";
  std::string issuer = "sa@p.serviceaccount.d21s.com";
  std::string audience = absl::StrCat("\"", kAudience, "\"");
  int64_t issued = 1'700'000'000;
  int64_t expires = 1'700'003'600;
  std::string grant_type =
      "urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Ajwt-bearer";

  HttpServerRequest Request() const {
    const std::string claims =
        absl::StrCat(R"({"iat":)", issued, R"(,"exp":)", expires, R"(,"aud":)",
                     audience, R"(,"iss":")", issuer, R"("})");
    HttpServerRequest request;
    request.method = "POST";
    request.body = absl::StrCat("assertion=", SignJwt(header, claims, secret),
                                "&grant_type=", grant_type);
    return request;
  }
};

HttpServerRequest With(const std::string& authorization) {
  HttpServerRequest request;
  request.method = "GET";
  if (!authorization.empty()) {
    request.headers = {{"authorization", authorization}};
  }
  return request;
}

class DisruptiveAccessTest : public ::testing::Test {
 protected:
  DisruptiveAccessTest() { access_.set_audiences({kAudience}); }

  std::string Refusal(const Assertion& assertion) {
    const HttpResponse answer = access_.IssueToken(assertion.Request(), kNow);
    EXPECT_EQ(answer.status, 400);
    return answer.body;
  }
  std::string Token() {
    const HttpResponse answer = access_.IssueToken(Assertion().Request(), kNow);
    EXPECT_EQ(answer.status, 200) << answer.body;
    return std::string(
        boost::json::parse(answer.body).at("access_token").as_string());
  }
  int StatusOf(const std::string& authorization, absl::Time now = kNow) {
    const auto refusal = access_.CheckCredentials(With(authorization), now);
    return refusal.has_value() ? refusal->status : 200;
  }

  DisruptiveAccess access_{{.key_id = "key",
                            .secret = "secret",
                            .email = "sa@p.serviceaccount.d21s.com",
                            .token_lifetime = absl::Seconds(5)}};
};

TEST_F(DisruptiveAccessTest, GivesATokenForAGoodAssertion) {
  const HttpResponse answer = access_.IssueToken(Assertion().Request(), kNow);
  EXPECT_EQ(answer.status, 200);
  const auto body = boost::json::parse(answer.body);
  EXPECT_EQ(body.at("token_type"), "Bearer");
  EXPECT_EQ(body.at("expires_in"), 5);
}

TEST_F(DisruptiveAccessTest, TakesAListOfAudiencesAndNoTyp) {
  Assertion assertion;
  assertion.audience = absl::StrCat(R"(["else",")", kAudience, R"("])");
  assertion.header = R"({"alg":"HS256","kid":"key"})";
  assertion.issued -= 5;
  assertion.expires -= 5;
  EXPECT_EQ(access_.IssueToken(assertion.Request(), kNow).status, 200);
}

TEST_F(DisruptiveAccessTest, RefusesWhatIsWrongWithAnAssertion) {
  Assertion assertion;
  assertion.secret = "guess";
  EXPECT_THAT(Refusal(assertion), HasSubstr("signature"));
  assertion = {};
  assertion.header = R"({"alg":"HS256","kid":"other"})";
  EXPECT_THAT(Refusal(assertion), HasSubstr("signer"));
  assertion = {};
  assertion.header = R"({"alg":"none","kid":"key"})";
  EXPECT_THAT(Refusal(assertion), HasSubstr("HS256"));
  assertion = {};
  assertion.issuer = "someone";
  EXPECT_THAT(Refusal(assertion), HasSubstr("iss"));
  assertion = {};
  assertion.audience = R"("https://elsewhere")";
  EXPECT_THAT(Refusal(assertion), HasSubstr("aud"));
  assertion = {};
  assertion.issued += 60;
  EXPECT_THAT(Refusal(assertion), HasSubstr("future"));
  assertion = {};
  assertion.issued -= 7200;
  assertion.expires -= 7200;
  EXPECT_THAT(Refusal(assertion), HasSubstr("expired"));
  assertion = {};
  assertion.expires += 1;
  EXPECT_THAT(Refusal(assertion), HasSubstr("one hour"));
  assertion = {};
  assertion.grant_type = "password";
  EXPECT_THAT(Refusal(assertion), HasSubstr("unsupported_grant_type"));
  EXPECT_EQ(access_.refused(), 9);
}

TEST_F(DisruptiveAccessTest, TokensLiveTheirTime) {
  const std::string token = Token();
  EXPECT_EQ(StatusOf("Bearer " + token), 200);
  EXPECT_EQ(StatusOf("bearer " + token), 200);
  EXPECT_EQ(StatusOf("Bearer " + token, kNow + absl::Seconds(4)), 200);
  EXPECT_EQ(StatusOf("Bearer " + token, kNow + absl::Seconds(5)), 401);
}

TEST_F(DisruptiveAccessTest, RevokedTokensAreRefused) {
  const std::string token = Token();
  access_.RevokeTokens();
  EXPECT_EQ(StatusOf("Bearer " + token), 401);
}

TEST_F(DisruptiveAccessTest, RefusesWrongOrMissingCredentials) {
  EXPECT_EQ(StatusOf(""), 401);
  EXPECT_EQ(StatusOf("Bearer made-up"), 401);
  EXPECT_EQ(StatusOf("key:secret"), 401);
}

TEST_F(DisruptiveAccessTest, TakesBasicCredentials) {
  EXPECT_EQ(StatusOf("Basic " + absl::Base64Escape("key:secret")), 200);
  EXPECT_EQ(StatusOf("Basic " + absl::Base64Escape("key:guess")), 401);
}

TEST_F(DisruptiveAccessTest, LimitsTheRate) {
  for (int i = 0; i < 25; ++i) {
    EXPECT_FALSE(access_.CheckRate(kNow + absl::Milliseconds(40 * i)));
  }
  // 25 requests within one second: wait four more.
  const auto refusal = access_.CheckRate(kNow + absl::Seconds(1));
  ASSERT_TRUE(refusal.has_value());
  EXPECT_EQ(refusal->status, 429);
  EXPECT_EQ(FindHeader(refusal->headers, "Retry-After"), "4");
  EXPECT_FALSE(access_.CheckRate(kNow + absl::Seconds(5)));
  EXPECT_TRUE(access_.CheckRate(kNow + absl::Seconds(5)));
  EXPECT_EQ(access_.rate_limited(), 2);
  access_.set_rate_limit(0);
  EXPECT_FALSE(access_.CheckRate(kNow + absl::Seconds(5)));
}

}  // namespace
}  // namespace sluice::sandbox
