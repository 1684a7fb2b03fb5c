#include "plugins/inthing/post_answer.h"

#include <string>

#include "gtest/gtest.h"
#include "plugins/inthing/inthing_error.h"

namespace sluice::inthing {
namespace {

using Code = absl::StatusCode;
using v1::Error;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);

absl::Status Answered(int status, std::string body, HttpHeaders headers = {}) {
  return ToPostedEvent(ReadPostAnswer(
                           {status, std::move(headers), std::move(body)}, kNow))
      .status();
}

absl::Status Failed(absl::Status status, bool maybe_sent) {
  return ToPostedEvent(ReadPostFailure({std::move(status), maybe_sent}))
      .status();
}

// The conditions of section 7.2 of what is known of the protocol, each with its
// class and code.
TEST(PostAnswerTest, EveryConditionIsAnErrorOfItsOwn) {
  struct Case {
    absl::Status status;
    Error::Class error_class;
    Code code;
    bool maybe_stored;
  };
  const char* const kFail =
      R"({"status":"fail","msg":"failed to validate","field_errors":{")";
  const Case cases[] = {
      {Failed(absl::UnavailableError("refused"), false), Error::CONNECTIVITY,
       Code::kUnavailable, false},
      {Failed(absl::UnavailableError("reset"), true), Error::CONNECTIVITY,
       Code::kUnavailable, true},
      {Failed(absl::DeadlineExceededError("slow"), true), Error::CONNECTIVITY,
       Code::kDeadlineExceeded, true},
      {Failed(absl::FailedPreconditionError("certificate"), false),
       Error::CONNECTIVITY, Code::kFailedPrecondition, false},
      {Failed(absl::ResourceExhaustedError("too long"), true),
       Error::BAD_RESPONSE, Code::kUnknown, true},
      {Answered(500, "<html>oops</html>"), Error::BAD_RESPONSE, Code::kUnknown,
       true},
      {Answered(200, "[1]"), Error::BAD_RESPONSE, Code::kUnknown, true},
      {Answered(200, R"({"status":"ok"})"), Error::BAD_RESPONSE, Code::kUnknown,
       true},
      {Answered(302, ""), Error::BAD_RESPONSE, Code::kFailedPrecondition,
       false},
      {Answered(404, "no"), Error::BAD_RESPONSE, Code::kFailedPrecondition,
       false},
      {Answered(503, "busy"), Error::BAD_RESPONSE, Code::kUnavailable, false},
      {Answered(200, R"({"status":"ratelimited","msg":"m"})"),
       Error::RATE_LIMITED, Code::kResourceExhausted, false},
      {Answered(200, std::string(kFail) + R"(title":["wrong"]}})"),
       Error::EVENT_FAIL, Code::kInvalidArgument, false},
      {Answered(200, std::string(kFail) + R"(password":["wrong"]}})"),
       Error::BAD_PASSWORD, Code::kPermissionDenied, false},
      {Answered(200, std::string(kFail) + R"(stream":["wrong"]}})"),
       Error::UNKNOWN_STREAM, Code::kNotFound, false},
      {Answered(200, R"({"status":"error","msg":"boom"})"), Error::SERVER_ERROR,
       Code::kAborted, true},
      {Answered(200, R"({"status":"new"})"), Error::SERVER_ERROR,
       Code::kAborted, true},
  };
  for (const Case& c : cases) {
    const std::optional<Error> error = ErrorOf(c.status);
    ASSERT_TRUE(error.has_value()) << c.status;
    EXPECT_EQ(error->error_class(), c.error_class) << c.status;
    EXPECT_EQ(c.status.code(), c.code) << c.status;
    EXPECT_EQ(error->maybe_stored(), c.maybe_stored) << c.status;
    EXPECT_FALSE(c.status.message().empty());
  }
}

TEST(PostAnswerTest, ASuccessIsAnEvent) {
  const auto event = ToPostedEvent(ReadPostAnswer(
      {200, {}, R"({"status":"ok","event":{"id":"1","url":"u"}})"}, kNow));
  ASSERT_TRUE(event.ok());
  EXPECT_EQ(event->id, "1");
  EXPECT_EQ(event->url, "u");
}

TEST(PostAnswerTest, CarriesFieldErrorsAndWaits) {
  std::optional<Error> error = ErrorOf(
      Answered(200, R"({"status":"fail","field_errors":{"title":["a","b"]}})"));
  ASSERT_EQ(error->field_errors_size(), 1);
  EXPECT_EQ(error->field_errors(0).field(), "title");
  EXPECT_EQ(error->field_errors(0).message(), "a, b");
  // 1,700,000,000 is 20 s into its minute.
  error = ErrorOf(Answered(200, R"({"status":"ratelimited","msg":"Unclaimed )"
                                R"(streams are rate-limited"})"));
  EXPECT_EQ(error->retry_after().seconds(), 40);
  EXPECT_TRUE(error->is_unclaimed_limit());
  error = ErrorOf(Answered(503, "", {{"Retry-After", "3"}}));
  EXPECT_EQ(error->retry_after().seconds(), 3);
  EXPECT_EQ(error->http_status(), 503);
}

TEST(InthingErrorTest, OnlyOurErrorsCarryAClass) {
  EXPECT_EQ(ErrorClassOf(absl::InternalError("x")), Error::CLASS_UNSPECIFIED);
  EXPECT_TRUE(AsConfigError(absl::OkStatus()).ok());
  EXPECT_EQ(ErrorClassOf(AsConfigError(absl::InvalidArgumentError("x"))),
            Error::CONFIG);
  const absl::Status io = MakeError(Code::kNotFound, "x", Error::IO);
  EXPECT_EQ(ErrorClassOf(AsConfigError(io)), Error::IO);
}

}  // namespace
}  // namespace sluice::inthing
