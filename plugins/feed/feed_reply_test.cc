#include "plugins/feed/feed_reply.h"

#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "gtest/gtest.h"

namespace sluice::feed {
namespace {

using Verdict = FeedReply::Verdict;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'543'604'500);

FeedReply Read(int status, std::string body = "", HttpHeaders headers = {},
               size_t sent = 2) {
  return ReadReply({status, std::move(headers), std::move(body)}, {}, sent,
                   kNow);
}

std::string ErrorBody(int status, int code) {
  return "{\"detail\":\"why\",\"status_code\":" + std::to_string(status) +
         ",\"code\":" + std::to_string(code) +
         ",\"exception\":\"SomeException\",\"duration\":\"0.14ms\"}";
}

constexpr char kStored[] = R"({"activities":[{},{}],"duration":"9ms"})";

TEST(FeedReplyTest, TakesAllActivitiesAsStored) {
  const FeedReply reply = Read(201, kStored);
  EXPECT_EQ(reply.verdict, Verdict::kStored);
  EXPECT_TRUE(reply.status.ok());
  EXPECT_FALSE(reply.wait.has_value());
}

TEST(FeedReplyTest, DoesNotBelieveASuccessThatIsNone) {
  for (const char* body :
       {"", "<html>", "[]", "{}", R"({"activities":[{}]})",
        R"({"exception":"InputException","status_code":400,"code":4})"}) {
    EXPECT_EQ(Read(200, body).verdict, Verdict::kUnknown) << body;
  }
}

// An activity may hold any number; one that no machine word holds made the
// sink send its batch for ever.
TEST(FeedReplyTest, TakesActivitiesWithNumbersOfAnyLength) {
  const std::string big = "123456789012345678901234567890";
  EXPECT_EQ(Read(201, R"({"activities":[{"n":)" + big + R"(},{}]})").verdict,
            Verdict::kStored);
  EXPECT_EQ(Read(201, R"({"activities":[{"n":)" + big + "}]}").verdict,
            Verdict::kUnknown);
  EXPECT_EQ(
      Read(201, R"({"exception":)" + big + R"(,"activities":[{},{}]})").verdict,
      Verdict::kUnknown);
}

TEST(FeedReplyTest, FollowsTheTableOfErrors) {
  struct Case {
    int status;
    int code;
    Verdict verdict;
    absl::StatusCode status_code;
    std::string field;
  };
  using absl::StatusCode;
  for (const Case& c : std::vector<Case>{
           {400, 4, Verdict::kRefusedData, StatusCode::kInvalidArgument, ""},
           {400, 5, Verdict::kRefusedData, StatusCode::kInvalidArgument, ""},
           {400, 10, Verdict::kRefusedData, StatusCode::kInvalidArgument, ""},
           {400, 13, Verdict::kRefusedData, StatusCode::kInvalidArgument, ""},
           {409, 22, Verdict::kRefusedData, StatusCode::kInvalidArgument, ""},
           {400, 6, Verdict::kMisconfigured, StatusCode::kFailedPrecondition,
            "feed: "},
           {400, 14, Verdict::kMisconfigured, StatusCode::kFailedPrecondition,
            "feed: "},
           {401, 2, Verdict::kMisconfigured, StatusCode::kUnauthenticated,
            "api_key: "},
           {401, 3, Verdict::kMisconfigured, StatusCode::kUnauthenticated,
            "api_secret: "},
           {401, 7, Verdict::kMisconfigured, StatusCode::kUnauthenticated,
            "api_key: "},
           {401, 99, Verdict::kMisconfigured, StatusCode::kUnauthenticated,
            "api_key and api_secret: "},
           {403, 17, Verdict::kMisconfigured, StatusCode::kPermissionDenied,
            "api_secret: "},
           {404, 16, Verdict::kMisconfigured, StatusCode::kNotFound,
            "base_url: "},
           {405, 17, Verdict::kMisconfigured, StatusCode::kNotFound,
            "base_url: "},
           {408, 0, Verdict::kNotTaken, StatusCode::kUnavailable, ""},
           {413, 18, Verdict::kTooLarge, StatusCode::kOutOfRange, ""},
           {429, 9, Verdict::kThrottled, StatusCode::kResourceExhausted, ""},
           {500, -1, Verdict::kServerError, StatusCode::kInternal, ""},
           {502, 0, Verdict::kUnknown, StatusCode::kUnknown, ""},
           {503, 0, Verdict::kNotTaken, StatusCode::kUnavailable, ""},
           {504, 0, Verdict::kUnknown, StatusCode::kUnknown, ""},
       }) {
    const FeedReply reply = Read(c.status, ErrorBody(c.status, c.code));
    EXPECT_EQ(reply.verdict, c.verdict) << c.status << "/" << c.code;
    EXPECT_EQ(reply.status.code(), c.status_code) << c.status << "/" << c.code;
    const std::string message(reply.status.message());
    EXPECT_TRUE(message.starts_with(c.field)) << message;
    EXPECT_NE(message.find(std::to_string(c.status)), std::string::npos);
    EXPECT_NE(message.find("why"), std::string::npos) << message;
  }
}

TEST(FeedReplyTest, TakesARedirectOrAForeign400AsAWrongAddress) {
  EXPECT_EQ(Read(301).verdict, Verdict::kMisconfigured);
  EXPECT_EQ(Read(400, "<html>").verdict, Verdict::kMisconfigured);
  EXPECT_EQ(Read(503, "<html>").verdict, Verdict::kNotTaken);
}

TEST(FeedReplyTest, TellsWhatWasSentFromWhatWasNot) {
  const auto fail = [](absl::Status status, bool maybe_sent) {
    return ReadReply({}, {std::move(status), maybe_sent}, 2, kNow);
  };
  EXPECT_EQ(fail(absl::UnavailableError("refused"), false).verdict,
            Verdict::kNotTaken);
  EXPECT_EQ(fail(absl::UnavailableError("reset"), true).verdict,
            Verdict::kUnknown);
  EXPECT_EQ(fail(absl::DeadlineExceededError("late"), true).verdict,
            Verdict::kUnknown);
  const FeedReply tls = fail(absl::FailedPreconditionError("expired"), false);
  EXPECT_EQ(tls.verdict, Verdict::kMisconfigured);
  EXPECT_TRUE(std::string(tls.status.message()).starts_with("ca_file: "));
  EXPECT_EQ(fail(absl::InvalidArgumentError("bad"), false).verdict,
            Verdict::kMisconfigured);
}

TEST(FeedReplyTest, WaitsForTheLaterOfResetAndRetryAfter) {
  EXPECT_EQ(Read(429, ErrorBody(429, 9)).wait, std::nullopt);
  const HttpHeader reset = {"X-RateLimit-Reset", "1543604520"};
  EXPECT_EQ(Read(429, "", {reset}).wait, absl::Seconds(20));
  EXPECT_EQ(Read(429, "", {reset, {"retry-after", "5"}}).wait,
            absl::Seconds(20));
  EXPECT_EQ(Read(429, "", {reset, {"Retry-After", "50"}}).wait,
            absl::Seconds(50));
  EXPECT_EQ(Read(429, "", {{"X-RateLimit-Reset", "1"}}).wait, absl::Seconds(1));
  EXPECT_EQ(Read(429, "", {{"Retry-After", "86400"}}).wait, absl::Hours(1));
  EXPECT_EQ(Read(503, "", {reset, {"Retry-After", "5"}}).wait,
            absl::Seconds(5));
}

TEST(FeedReplyTest, GoesByTheClockOfTheService) {
  EXPECT_EQ(Read(429, "",
                 {{"X-RateLimit-Reset", "1543604520"},
                  {"Date", "Fri, 30 Nov 2018 19:01:50 GMT"}})
                .wait,
            absl::Seconds(10));
}

TEST(FeedReplyTest, TellsWhatIsLeftOfTheWindow) {
  const HttpHeaders headers = {{"X-RateLimit-Limit", "1000"},
                               {"X-RateLimit-Remaining", "50"},
                               {"X-RateLimit-Reset", "1543604520"}};
  for (const FeedReply& reply :
       {Read(201, kStored, headers), Read(429, "", headers)}) {
    ASSERT_TRUE(reply.window.has_value());
    EXPECT_EQ(reply.window->limit, 1000);
    EXPECT_EQ(reply.window->remaining, 50);
    EXPECT_EQ(reply.window->until_reset, absl::Seconds(20));
  }
  EXPECT_FALSE(Read(201, kStored, headers).wait.has_value());
  EXPECT_FALSE(Read(201, kStored, {}).window.has_value());
}

TEST(FeedReplyTest, FindsTheCulpritsTheAnswerNames) {
  EXPECT_EQ(Read(400, R"({"exception":"InputException","code":4,)"
                      R"("exception_fields":[{},{"actor":["required"]}]})")
                .culprits,
            std::vector<size_t>{1});
  EXPECT_TRUE(Read(400, R"({"exception":"InputException","code":4,)"
                        R"("exception_fields":[{"actor":["required"]}]})")
                  .culprits.empty());
  EXPECT_TRUE(Read(400, R"({"exception":"InputException","code":4,)"
                        R"("exception_fields":{"actor":["required"]}})")
                  .culprits.empty());
}

}  // namespace
}  // namespace sluice::feed
