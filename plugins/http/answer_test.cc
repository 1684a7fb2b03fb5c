#include "plugins/http/answer.h"

#include <map>
#include <string>
#include <utility>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace sluice::http {
namespace {

using Kind = Outcome::Kind;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

StatusMeanings Meanings(const std::map<std::string, v1::StatusMeaning>& given) {
  v1::HttpSinkConfig config;
  config.mutable_statuses()->insert(given.begin(), given.end());
  return *StatusMeanings::Create(config);
}

AnswerReader Reader(
    const std::map<std::string, v1::StatusMeaning>& given = {}) {
  return AnswerReader(Meanings(given), "authorization.bearer",
                      {"s3cret", "very-s3cret-token"});
}

DeliveryResult Read(const AnswerReader& reader, int status,
                    std::string body = "", HttpHeaders headers = {}) {
  return reader.Read({.status = status,
                      .headers = std::move(headers),
                      .body = std::move(body)},
                     {}, kNow);
}

TEST(AnswerTest, HasTheUsualMeanings) {
  const AnswerReader reader = Reader();
  EXPECT_EQ(Read(reader, 204).outcomes[0].kind, Kind::kDelivered);
  EXPECT_EQ(Read(reader, 503).outcomes[0].kind, Kind::kRetry);
  EXPECT_EQ(Read(reader, 500).outcomes[0].kind, Kind::kUnknown);
  EXPECT_EQ(Read(reader, 413).outcomes[0].reason, "too_large");
  EXPECT_EQ(Read(reader, 400).outcomes[0].kind, Kind::kRejected);
  EXPECT_EQ(Read(reader, 400).outcomes.size(), 1u);
  EXPECT_EQ(Read(reader, 404).misconfigured.message(),
            "url: the service answered 404");
  EXPECT_EQ(Read(reader, 401).misconfigured.message(),
            "authorization.bearer: the service answered 401");
  EXPECT_EQ(Read(reader, 429, "", {{"Retry-After", "7"}}).retry_after,
            absl::Seconds(7));
}

TEST(AnswerTest, BlamesTheCertificatesForAServerThatIsNotTrusted) {
  const DeliveryResult result = Reader().Read(
      {}, {absl::FailedPreconditionError("https://h: self-signed"), false},
      kNow);
  EXPECT_EQ(result.misconfigured.message(), "ca_file: https://h: self-signed");
}

TEST(AnswerTest, LetsTheConfigurationSayOtherwise) {
  const AnswerReader reader = Reader({{"409", v1::DELIVERED},
                                      {"4xx", v1::RETRY},
                                      {"500", v1::REJECTED},
                                      {"413", v1::REJECTED},
                                      {"202", v1::MISCONFIGURED},
                                      {"403", v1::MISCONFIGURED}});
  EXPECT_EQ(Read(reader, 409, "conflict").outcomes[0].kind, Kind::kDelivered);
  EXPECT_EQ(Read(reader, 409, "conflict").outcomes[0].message, "");

  const DeliveryResult retry =
      Read(reader, 404, "later", {{"retry-after", "9"}});
  EXPECT_TRUE(retry.misconfigured.ok());
  EXPECT_EQ(retry.outcomes[0].kind, Kind::kRetry);
  EXPECT_EQ(retry.outcomes[0].message, "the service answered 404: later");
  EXPECT_EQ(retry.retry_after, absl::Seconds(9));
  EXPECT_FALSE(Read(reader, 404).retry_after.has_value());

  const DeliveryResult rejected = Read(reader, 500, "no");
  ASSERT_EQ(rejected.outcomes.size(), 1u);
  EXPECT_EQ(rejected.outcomes[0].kind, Kind::kRejected);
  EXPECT_EQ(rejected.outcomes[0].reason, "refused");
  EXPECT_EQ(rejected.outcomes[0].message, "the service answered 500: no");
  EXPECT_EQ(Read(reader, 413).outcomes[0].reason, "too_large");

  EXPECT_EQ(Read(reader, 202, "ignored").misconfigured.message(),
            "url: the service answered 202: ignored");
  EXPECT_EQ(Read(reader, 403).misconfigured.message(),
            "authorization.bearer: the service answered 403");
  // What it does not speak of keeps its meaning.
  EXPECT_EQ(Read(reader, 200).outcomes[0].kind, Kind::kDelivered);
  EXPECT_EQ(Read(reader, 502).outcomes[0].kind, Kind::kUnknown);
}

TEST(AnswerTest, SaysWhatTheServiceSays) {
  const AnswerReader reader = Reader();
  EXPECT_EQ(Read(reader, 400, "{\n \"error\": \"no \x1b[31mid\"\n}\n")
                .outcomes[0]
                .message,
            "the service answered 400: { \"error\": \"no .[31mid\" }");
  EXPECT_EQ(
      Read(reader, 500, std::string(10'000, 'x')).outcomes[0].message,
      absl::StrCat("the service answered 500: ", std::string(300, 'x'), "..."));
  EXPECT_EQ(Read(reader, 403, "\xff").misconfigured.message(),
            "authorization.bearer: the service answered 403: \uFFFD");
  EXPECT_EQ(Read(reader, 200, "thank you").outcomes[0].message, "");
}

TEST(AnswerTest, SaysWhereARedirectLeads) {
  const AnswerReader reader = Reader();
  EXPECT_EQ(Read(reader, 308, "moved", {{"Location", "https://h/new\x1b"}})
                .misconfigured.message(),
            "url: the service answered 308: redirects are not followed; this "
            "one is to https://h/new.");
  EXPECT_EQ(Read(reader, 302, "moved").misconfigured.message(),
            "url: the service answered 302: moved");
}

TEST(AnswerTest, RepeatsNoSecretThatTheServiceRepeats) {
  const AnswerReader reader = Reader();
  EXPECT_EQ(Read(reader, 400, "token very-s3cret-token or s3cret is wrong")
                .outcomes[0]
                .message,
            "the service answered 400: token (secret) or (secret) is wrong");
  EXPECT_THAT(std::string(Read(reader, 401, "Bearer very-s3cret-token")
                              .misconfigured.message()),
              Not(HasSubstr("s3cret")));
  EXPECT_THAT(std::string(Read(reader, 301, "", {{"Location", "/a?t=s3cret"}})
                              .misconfigured.message()),
              Not(HasSubstr("s3cret")));
  // One that lies across the end of the excerpt shows nothing of itself.
  EXPECT_THAT(Read(reader, 400, std::string(290, 'x') + "very-s3cret-token")
                  .outcomes[0]
                  .message,
              Not(HasSubstr("very")));
}

TEST(AnswerTest, AnAnswerThatIsTooLongIsOneAllTheSame) {
  const AnswerReader reader = Reader({{"409", v1::DELIVERED}});
  const HttpFailure too_long = {
      absl::ResourceExhaustedError("the answer is longer than 262144 bytes"),
      true};
  EXPECT_EQ(reader.Read({.status = 200, .body = "x"}, too_long, kNow)
                .outcomes[0]
                .kind,
            Kind::kDelivered);
  EXPECT_EQ(reader.Read({.status = 409}, too_long, kNow).outcomes[0].kind,
            Kind::kDelivered);
  EXPECT_EQ(reader.Read({.status = 400, .body = "why"}, too_long, kNow)
                .outcomes[0]
                .message,
            "the service answered 400: why");
}

TEST(AnswerTest, HalfAnAnswerIsNone) {
  const HttpFailure lost = {absl::UnavailableError("connection lost"), true};
  for (const int status : {0, 200, 400, 409}) {
    const DeliveryResult result =
        Reader({{"409", v1::DELIVERED}}).Read({.status = status}, lost, kNow);
    EXPECT_EQ(result.outcomes[0].kind, Kind::kUnknown) << status;
    EXPECT_EQ(result.outcomes[0].message, "connection lost") << status;
  }
  const HttpFailure never_sent = {absl::UnavailableError("no route"), false};
  EXPECT_EQ(Reader().Read({}, never_sent, kNow).outcomes[0].kind, Kind::kRetry);
}

}  // namespace
}  // namespace sluice::http
