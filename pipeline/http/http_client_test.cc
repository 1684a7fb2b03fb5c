#include "pipeline/http/http_client.h"

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice {
namespace {

absl::Time At(const char* rfc3339) {
  absl::Time time;
  std::string error;
  EXPECT_TRUE(absl::ParseTime(absl::RFC3339_full, rfc3339, &time, &error))
      << error;
  return time;
}

TEST(FindHeaderTest, FindsTheFirstOfANameInAnyCase) {
  const HttpHeaders headers = {{"Via", "a"}, {"X-Id", "1"}, {"x-id", "2"}};
  EXPECT_EQ(FindHeader(headers, "x-ID"), "1");
  EXPECT_EQ(FindHeader(headers, "X-I"), std::nullopt);
}

TEST(ParseRetryAfterTest, ReadsSeconds) {
  const absl::Time now = absl::UnixEpoch();
  EXPECT_EQ(ParseRetryAfter("120", now), absl::Seconds(120));
  EXPECT_EQ(ParseRetryAfter(" 0 ", now), absl::ZeroDuration());
  EXPECT_GT(*ParseRetryAfter("99999999999999999999999", now),
            absl::Hours(24 * 365));
}

TEST(ParseRetryAfterTest, ReadsAllThreeDateForms) {
  const absl::Time now = At("1994-11-06T08:49:07Z");
  for (const char* date :
       {"Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
        "Sun Nov  6 08:49:37 1994"}) {
    EXPECT_EQ(ParseRetryAfter(date, now), absl::Seconds(30)) << date;
  }
}

TEST(ParseRetryAfterTest, ADateThatHasPassedIsZero) {
  EXPECT_EQ(ParseRetryAfter("Sun, 06 Nov 1994 08:49:37 GMT",
                            At("2024-01-01T00:00:00Z")),
            absl::ZeroDuration());
}

TEST(ParseRetryAfterTest, RefusesAnythingElse) {
  for (const char* text : {"", "  ", "-5", "1.5", "soon", "infinite-future",
                           "Infinite", "Sun, 06 Nov 1994 08:49:37 CET", "5s"}) {
    EXPECT_EQ(ParseRetryAfter(text, absl::UnixEpoch()), std::nullopt) << text;
  }
}

class FetchTest : public ::testing::Test {
 protected:
  // Starts a request that records its end in `response_` and `failure_`.
  void Start(HttpRequest request = {}) {
    request.url = "http://h/x";
    call_ = client_.Fetch(std::move(request),
                          [this](HttpResponse response, HttpFailure failure) {
                            ++ends_;
                            response_ = std::move(response);
                            failure_ = std::move(failure);
                            if (drop_call_when_done_) call_.reset();
                          });
  }

  ManualExecutor executor_;
  FakeHttpClient client_{&executor_};
  std::unique_ptr<HttpCall> call_;
  bool drop_call_when_done_ = false;
  int ends_ = 0;
  HttpResponse response_;
  HttpFailure failure_;
};

TEST_F(FetchTest, GathersTheWholeAnswer) {
  Start();
  client_.open()->Begin(201, {{"Content-Length", "6"}});
  client_.open()->Send("abc");
  client_.open()->Send("def");
  client_.open()->End();
  EXPECT_EQ(ends_, 0);
  executor_.RunReady();
  EXPECT_EQ(ends_, 1);
  EXPECT_TRUE(failure_.status.ok());
  EXPECT_EQ(response_.status, 201);
  EXPECT_EQ(response_.body, "abcdef");
  EXPECT_EQ(FindHeader(response_.headers, "content-length"), "6");
}

TEST_F(FetchTest, AnErrorStatusIsAnAnswer) {
  Start();
  client_.open()->Respond(503, "busy");
  executor_.RunReady();
  EXPECT_TRUE(failure_.status.ok());
  EXPECT_EQ(response_.status, 503);
}

TEST_F(FetchTest, AFailureKeepsWhatHadArrived) {
  Start();
  client_.open()->Begin(200);
  client_.open()->Send("half");
  client_.open()->Fail(absl::UnavailableError("reset"));
  executor_.RunReady();
  EXPECT_EQ(failure_.status.code(), absl::StatusCode::kUnavailable);
  EXPECT_TRUE(failure_.maybe_sent);
  EXPECT_EQ(response_.status, 200);
  EXPECT_EQ(response_.body, "half");
}

TEST_F(FetchTest, TellsThatNothingWasSent) {
  Start();
  client_.open()->Fail(absl::UnavailableError("refused"), false);
  executor_.RunReady();
  EXPECT_FALSE(failure_.maybe_sent);
}

TEST_F(FetchTest, ABodyOverTheLimitEndsTheRequest) {
  Start({.max_response_bytes = 5});
  auto* exchange = client_.open();
  exchange->Begin(200);
  exchange->Send("abcde");
  exchange->Send("f");
  exchange->Send("g");
  exchange->End();
  executor_.RunReady();
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(failure_.status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(response_.body, "abcde");
  EXPECT_TRUE(exchange->cancelled());
}

TEST_F(FetchTest, ABodyOfExactlyTheLimitIsFine) {
  Start({.max_response_bytes = 5});
  client_.open()->Respond(200, "abcde");
  executor_.RunReady();
  EXPECT_TRUE(failure_.status.ok());
}

TEST_F(FetchTest, TheCallMayBeDestroyedWhenDone) {
  drop_call_when_done_ = true;
  Start();
  client_.open()->Respond(200, "ok");
  executor_.RunReady();
  EXPECT_EQ(ends_, 1);
  EXPECT_EQ(call_, nullptr);
}

TEST_F(FetchTest, TheCallMayBeDestroyedWhenTheBodyIsOverTheLimit) {
  drop_call_when_done_ = true;
  Start({.max_response_bytes = 1});
  client_.open()->Respond(200, "long");
  executor_.RunReady();
  EXPECT_EQ(ends_, 1);
}

TEST_F(FetchTest, ACancelledCallIsSilent) {
  Start();
  auto exchange = client_.requests().front();
  exchange->Respond(200, "late");
  call_.reset();
  executor_.Advance(absl::Hours(1));
  EXPECT_EQ(ends_, 0);
  EXPECT_TRUE(exchange->cancelled());
}

TEST_F(FetchTest, TotalTimeoutEndsTheRequest) {
  Start({.total_timeout = absl::Seconds(3)});
  executor_.Advance(absl::Seconds(2));
  EXPECT_EQ(ends_, 0);
  executor_.Advance(absl::Seconds(1));
  EXPECT_EQ(failure_.status.code(), absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace sluice
