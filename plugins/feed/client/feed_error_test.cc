#include "plugins/feed/client/feed_error.h"

#include <string>
#include <vector>

#include "gtest/gtest.h"

namespace sluice::feed {
namespace {

using absl::StatusCode;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'543'604'500);

// As the live service wrote it
// (https://github.com/GetStream/react-native-activity-feed/issues/107).
constexpr char kInputError[] =
    R"({"detail":"Errors for fields 'actor'","status_code":400,"code":4,)"
    R"("exception":"InputException",)"
    R"("exception_fields":{"actor":["this field is required"]},)"
    R"("more_info":"https://getstream.io/docs/api_error_responses",)"
    R"("duration":"0.14ms"})";

absl::Status Read(int http_status, std::string body, HttpHeaders headers = {}) {
  return AnswerStatus({http_status, std::move(headers), std::move(body)}, kNow);
}

std::string Body(int code) {
  return "{\"detail\":\"why\",\"code\":" + std::to_string(code) +
         ",\"exception\":\"SomeException\"}";
}

TEST(FeedErrorTest, TellsEveryErrorOfTheTable) {
  struct Case {
    int http_status;
    int code;
    StatusCode status;
  };
  for (const Case& c : std::vector<Case>{
           {401, 2, StatusCode::kUnauthenticated},
           {401, 3, StatusCode::kUnauthenticated},
           {400, 4, StatusCode::kInvalidArgument},
           {400, 5, StatusCode::kInvalidArgument},
           {400, 6, StatusCode::kFailedPrecondition},
           {401, 7, StatusCode::kUnauthenticated},
           {400, 8, StatusCode::kInvalidArgument},
           {429, 9, StatusCode::kResourceExhausted},
           {400, 10, StatusCode::kInvalidArgument},
           {400, 11, StatusCode::kFailedPrecondition},
           {400, 12, StatusCode::kFailedPrecondition},
           {400, 13, StatusCode::kNotFound},
           {400, 14, StatusCode::kFailedPrecondition},
           {400, 15, StatusCode::kInvalidArgument},
           {404, 16, StatusCode::kNotFound},
           {403, 17, StatusCode::kPermissionDenied},
           {405, 17, StatusCode::kUnimplemented},
           {413, 18, StatusCode::kOutOfRange},
           {409, 22, StatusCode::kAlreadyExists},
           {500, -1, StatusCode::kInternal},
           {413, 413, StatusCode::kOutOfRange},
       }) {
    const absl::Status status = Read(c.http_status, Body(c.code));
    EXPECT_EQ(status.code(), c.status) << c.http_status << "/" << c.code;
    EXPECT_EQ(status.message(),
              "the service answered " + std::to_string(c.http_status) +
                  ", code " + std::to_string(c.code) + ", SomeException: why");
    const auto error = FeedErrorOf(status);
    ASSERT_TRUE(error.has_value());
    EXPECT_EQ(error->http_status(), c.http_status);
    EXPECT_EQ(error->code(), c.code);
    EXPECT_EQ(error->exception(), "SomeException");
    EXPECT_EQ(error->detail(), "why");
    EXPECT_EQ(error->maybe_done(), c.http_status == 500);
  }
}

TEST(FeedErrorTest, TakesOtherAnswersForWhatTheyAre) {
  EXPECT_TRUE(Read(200, "{}").ok());
  for (const char* body : {"", "<html>", "{}", "{\"exception\":null}"}) {
    EXPECT_EQ(Read(301, body).code(), StatusCode::kFailedPrecondition) << body;
    EXPECT_EQ(Read(400, body).code(), StatusCode::kFailedPrecondition) << body;
    EXPECT_EQ(Read(404, body).code(), StatusCode::kFailedPrecondition) << body;
    EXPECT_EQ(Read(429, body).code(), StatusCode::kResourceExhausted) << body;
    for (const int status : {408, 502, 503, 504}) {
      EXPECT_EQ(Read(status, body).code(), StatusCode::kUnavailable) << status;
    }
  }
  EXPECT_FALSE(FeedErrorOf(Read(503, ""))->maybe_done());
  EXPECT_TRUE(FeedErrorOf(Read(504, ""))->maybe_done());
}

TEST(FeedErrorTest, NamesTheFields) {
  const absl::Status status = Read(400, kInputError);
  EXPECT_EQ(status.message(),
            "the service answered 400, code 4, InputException: Errors for "
            "fields 'actor'; actor: this field is required");
  const auto error = FeedErrorOf(status);
  ASSERT_EQ(error->fields_size(), 1);
  EXPECT_EQ(error->fields(0).name(), "actor");
  EXPECT_EQ(error->fields(0).messages(0), "this field is required");
  EXPECT_FALSE(error->fields(0).has_position());
}

TEST(FeedErrorTest, NamesTheActivitiesOfABatch) {
  const auto error = ReadErrorBody(
      R"({"exception":"InputException","code":4,"exception_fields":)"
      R"([{},{"verb":"too long","to":[1,{"a":1.0}]}]})");
  ASSERT_TRUE(error.has_value());
  ASSERT_EQ(error->fields_size(), 2);
  EXPECT_EQ(error->fields(0).position(), 1u);
  EXPECT_EQ(error->fields(0).messages(0), "too long");
  EXPECT_EQ(error->fields(1).messages(1), "{\"a\":1.0}");
  EXPECT_NE(DescribeError(*error).find("verb of activity 2: too long"),
            std::string::npos);
}

TEST(FeedErrorTest, TellsTheRateLimit) {
  const auto error = FeedErrorOf(Read(429, Body(9),
                                      {{"X-RateLimit-Limit", "1000"},
                                       {"X-RateLimit-Remaining", "0"},
                                       {"X-RateLimit-Reset", "1543604520"},
                                       {"Retry-After", "25"}}));
  EXPECT_EQ(error->retry_after().seconds(), 25);
  EXPECT_EQ(error->rate_limit().limit(), 1000);
  EXPECT_EQ(error->rate_limit().remaining(), 0);
  EXPECT_EQ(error->rate_limit().until_reset().seconds(), 20);
}

TEST(FeedErrorTest, BoundsWhatItKeeps) {
  std::string fields;
  for (int i = 0; i < 500; ++i) {
    fields += (i == 0 ? "\"f" : ",\"f") + std::to_string(i) + "\":[\"wrong\"]";
  }
  std::string detail;
  for (int i = 0; i < 5'000; ++i) detail += "é";
  const absl::Status status =
      Read(400, "{\"exception\":\"E\",\"detail\":\"" + detail +
                    "\",\"exception_fields\":{" + fields + "}}");
  EXPECT_LT(status.message().size(), 1'000u);
  const auto error = FeedErrorOf(status);
  EXPECT_EQ(error->fields_size(), 100);
  EXPECT_EQ(error->detail().substr(498), "é...");
}

TEST(FeedErrorTest, TellsWhatWasSentFromWhatWasNot) {
  const absl::Status refused =
      FailureStatus({absl::UnavailableError("refused"), false});
  EXPECT_EQ(refused.code(), StatusCode::kUnavailable);
  EXPECT_FALSE(FeedErrorOf(refused)->maybe_done());
  const absl::Status late =
      FailureStatus({absl::DeadlineExceededError("late"), true});
  EXPECT_EQ(late.code(), StatusCode::kDeadlineExceeded);
  EXPECT_TRUE(FeedErrorOf(late)->maybe_done());
  const absl::Status tls =
      FailureStatus({absl::FailedPreconditionError("expired"), false});
  EXPECT_EQ(tls.code(), StatusCode::kFailedPrecondition);
  EXPECT_EQ(std::string(tls.message()).substr(0, 9), "ca_file: ");
  EXPECT_EQ(FailureStatus({absl::InvalidArgumentError("bad"), false}).code(),
            StatusCode::kFailedPrecondition);
  EXPECT_EQ(FailureStatus({absl::ResourceExhaustedError("big"), true}).code(),
            StatusCode::kUnknown);
}

TEST(FeedErrorTest, OtherStatusesHaveNoPayload) {
  EXPECT_FALSE(FeedErrorOf(absl::OkStatus()).has_value());
  EXPECT_FALSE(FeedErrorOf(absl::InvalidArgumentError("x")).has_value());
}

}  // namespace
}  // namespace sluice::feed
