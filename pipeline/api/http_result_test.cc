#include "pipeline/api/http_result.h"

#include <string>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sluice {
namespace {

using Kind = Outcome::Kind;

const absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

DeliveryResult OfStatus(int status, HttpHeaders headers = {}) {
  return HttpDeliveryResult({.status = status, .headers = std::move(headers)},
                            {}, kNow);
}

TEST(HttpResultTest, TellsWhatBecameOfTheEvents) {
  struct Case {
    Kind kind;
    std::vector<int> statuses;
  };
  for (const Case& c :
       {Case{Kind::kDelivered, {200, 201, 202, 204, 299}},
        Case{Kind::kRetry, {408, 425, 429, 503}},
        Case{Kind::kUnknown, {500, 501, 502, 504, 599}},
        Case{Kind::kRejected, {100, 400, 402, 406, 409, 413, 422, 451, 499}}}) {
    for (const int status : c.statuses) {
      const DeliveryResult result = OfStatus(status);
      EXPECT_TRUE(result.misconfigured.ok()) << status;
      ASSERT_EQ(result.outcomes.size(), 1u) << status;
      EXPECT_EQ(result.outcomes[0].kind, c.kind) << status;
      if (c.kind == Kind::kDelivered) continue;
      EXPECT_EQ(result.outcomes[0].message,
                "the service answered " + std::to_string(status));
    }
  }
  EXPECT_EQ(OfStatus(413).outcomes[0].reason, "too_large");
  EXPECT_EQ(OfStatus(422).outcomes[0].reason, "refused");
}

TEST(HttpResultTest, BlamesTheFieldAndNoEventForARefusalOfTheSink) {
  for (const int status : {401, 403, 407}) {
    EXPECT_EQ(OfStatus(status).misconfigured,
              absl::FailedPreconditionError("token: the service answered " +
                                            std::to_string(status)));
    EXPECT_TRUE(OfStatus(status).outcomes.empty());
  }
  for (const int status : {301, 302, 304, 404, 405, 410}) {
    EXPECT_EQ(OfStatus(status).misconfigured,
              absl::FailedPreconditionError("url: the service answered " +
                                            std::to_string(status)));
    EXPECT_TRUE(OfStatus(status).outcomes.empty());
  }
  EXPECT_EQ(
      HttpDeliveryResult({.status = 401}, {}, kNow, {.credentials = "api_key"})
          .misconfigured.message(),
      "api_key: the service answered 401");
}

TEST(HttpResultTest, HandsOnHowLongTheServiceWantsToBeLeftAlone) {
  EXPECT_EQ(OfStatus(429, {{"Retry-After", "7"}}).retry_after,
            absl::Seconds(7));
  EXPECT_EQ(OfStatus(503, {{"retry-after", "Tue, 14 Nov 2023 22:13:50 GMT"}})
                .retry_after,
            absl::Seconds(30));
  EXPECT_FALSE(OfStatus(429).retry_after.has_value());
  EXPECT_FALSE(OfStatus(429, {{"Retry-After", "soon"}}).retry_after);
}

TEST(HttpResultTest, KnowsWhatASilentServiceMayHaveTaken) {
  const auto of_failure = [](const absl::Status& status, bool maybe_sent) {
    return HttpDeliveryResult({}, {status, maybe_sent}, kNow);
  };
  const absl::Status lost = absl::UnavailableError("connection lost");
  EXPECT_EQ(of_failure(lost, true).outcomes[0].kind, Kind::kUnknown);
  EXPECT_EQ(of_failure(lost, true).outcomes[0].message, "connection lost");
  EXPECT_EQ(of_failure(lost, false).outcomes[0].kind, Kind::kRetry);
  EXPECT_EQ(of_failure(absl::DeadlineExceededError("too slow"), true)
                .outcomes[0]
                .kind,
            Kind::kUnknown);
  for (const absl::Status& status :
       {absl::FailedPreconditionError("certificate refused"),
        absl::InvalidArgumentError("no URL")}) {
    EXPECT_EQ(of_failure(status, false).misconfigured.message(),
              "url: " + std::string(status.message()));
  }
  EXPECT_EQ(HttpDeliveryResult(
                {}, {absl::FailedPreconditionError("self-signed"), false}, kNow,
                {.certificates = "ca_file"})
                .misconfigured.message(),
            "ca_file: self-signed");
  // Half an answer, whatever it began with.
  EXPECT_EQ(
      HttpDeliveryResult({.status = 200}, {lost, true}, kNow).outcomes[0].kind,
      Kind::kUnknown);
}

}  // namespace
}  // namespace sluice
