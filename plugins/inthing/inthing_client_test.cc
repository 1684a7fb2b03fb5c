#include "plugins/inthing/inthing_client.h"

#include <memory>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "gtest/gtest.h"
#include "plugins/inthing/inthing_error.h"
#include "tests/testing/fake_http_client.h"
#include "tests/testing/manual_executor.h"

namespace sluice::inthing {
namespace {

using Kind = PostAnswer::Kind;

constexpr absl::Time kNow = absl::FromUnixSeconds(1'700'000'000);
constexpr char kOk[] =
    R"({"status":"ok","event":{"id":"5a1f7e52","url":"https://x/e/5a1f7e52/"}})";

class InthingClientTest : public testing::Test {
 protected:
  // Sends `post` and returns the request that goes out.
  const HttpRequest& Send(const Post& post,
                          Stream stream = {"/will/test/", ""}) {
    EXPECT_TRUE(ValidatePost(post).ok()) << ValidatePost(post);
    client_ = std::make_unique<InthingClient>(options_, &http_, &random_ref_);
    call_ = client_->Send(
        stream, post, [this] { return executor_.Now(); },
        [this](PostAnswer answer) { answer_ = std::move(answer); });
    executor_.RunReady();
    return http_.requests().back()->request();
  }

  PostAnswer Answer(int status, std::string body, HttpHeaders headers = {}) {
    Post post;
    post.title = "T";
    Send(post);
    http_.open()->Respond(status, std::move(body), std::move(headers));
    executor_.RunReady();
    EXPECT_TRUE(answer_.has_value());
    return *std::exchange(answer_, std::nullopt);
  }
  PostAnswer Fail(absl::Status status, bool maybe_sent) {
    Post post;
    post.title = "T";
    Send(post);
    http_.open()->Fail(std::move(status), maybe_sent);
    executor_.RunReady();
    EXPECT_TRUE(answer_.has_value());
    return *std::exchange(answer_, std::nullopt);
  }

  ManualExecutor executor_{kNow};
  FakeHttpClient http_{&executor_};
  std::mt19937_64 random_{7};
  absl::BitGenRef random_ref_{random_};
  InthingClientOptions options_;
  std::unique_ptr<InthingClient> client_;
  std::unique_ptr<HttpCall> call_;
  std::optional<PostAnswer> answer_;
};

TEST_F(InthingClientTest, PostsAFormAsTheOfficialClientDoes) {
  Post post;
  post.title = "T";
  post.description = "Hello, World! é ☃ a&b=c+d";
  post.generator = "vm";
  const HttpRequest& request =
      Send(post, {"4d9f242c-0805-11e6-8d28-fb90f1f704e0", ""});
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.url, "https://www.inthing.io/api/new-event/?format=json");
  EXPECT_EQ(FindHeader(request.headers, "content-type"),
            "application/x-www-form-urlencoded");
  EXPECT_EQ(FindHeader(request.headers, "user-agent"), "sluice");
  EXPECT_EQ(request.max_redirects, 0);
  // The bytes that inthing 0.1.7a0 puts on the wire for this event.
  EXPECT_EQ(request.body,
            "stream=4d9f242c-0805-11e6-8d28-fb90f1f704e0&title=T&type=text&"
            "priority=0&markup=markdown&description=Hello%2C+World%21+%C3%A9+"
            "%E2%98%83+a%26b%3Dc%2Bd&generator=vm");
}

TEST_F(InthingClientTest, SendsEveryFieldItKnows) {
  options_.base_url = "http://127.0.0.1:8080/prefix//";
  Post post;
  post.title = "a\r\nb~";
  post.type = "code";
  post.priority = -2;
  post.markup = "text";
  post.text = "x = 1";
  post.code_language = "python";
  post.time_unix_seconds = 1'715'847'318;
  const HttpRequest& request = Send(post, {"/will/test/", "daffo dil"});
  EXPECT_EQ(request.url,
            "http://127.0.0.1:8080/prefix/api/new-event/?format=json");
  EXPECT_EQ(request.body,
            "stream=%2Fwill%2Ftest%2F&password=daffo+dil&title=a%0D%0Ab~&type="
            "code&priority=-2&markup=text&text=x+%3D+1&code_language=python&"
            "time=1715847318");
}

TEST_F(InthingClientTest, AnImageMakesAMultipartBodyWithTheImageLast) {
  Post post;
  post.title = "T";
  post.type = "image";
  post.image = Image{"pic.png", "image/png", std::string("\x89PNG\r\n\0--", 9)};
  const HttpRequest& request = Send(post, {"/will/test/", "daffodil"});
  const std::string type(*FindHeader(request.headers, "content-type"));
  const std::string prefix = "multipart/form-data; boundary=";
  ASSERT_EQ(type.substr(0, prefix.size()), prefix);
  const std::string boundary = type.substr(prefix.size());
  EXPECT_EQ(boundary.size(), 32);
  const auto part = [&](const std::string& name, const std::string& value) {
    return "--" + boundary + "\r\nContent-Disposition: form-data; name=\"" +
           name + "\"\r\n\r\n" + value + "\r\n";
  };
  EXPECT_EQ(request.body,
            part("stream", "/will/test/") + part("password", "daffodil") +
                part("title", "T") + part("type", "image") +
                part("priority", "0") + part("markup", "markdown") + "--" +
                boundary +
                "\r\nContent-Disposition: form-data; name=\"image\"; "
                "filename=\"pic.png\"\r\nContent-Type: image/png\r\n\r\n" +
                post.image->bytes + "\r\n--" + boundary + "--\r\n");
}

TEST_F(InthingClientTest, AnOkNamesTheEvent) {
  const PostAnswer answer = Answer(200, kOk);
  EXPECT_EQ(answer.kind, Kind::kOk);
  EXPECT_EQ(answer.event_id, "5a1f7e52");
  EXPECT_EQ(answer.event_url, "https://x/e/5a1f7e52/");
}

TEST_F(InthingClientTest, TheBodyDecidesWhateverTheHttpStatus) {
  EXPECT_EQ(Answer(500, kOk).kind, Kind::kOk);
  EXPECT_EQ(Answer(200, R"({"status":"error","msg":"boom"})").kind,
            Kind::kServerError);
  EXPECT_EQ(Answer(429, R"({"status":"ratelimited","msg":"m"})").kind,
            Kind::kRateLimited);
}

TEST_F(InthingClientTest, AFailListsTheFieldErrors) {
  const PostAnswer answer = Answer(
      200, R"({"status":"fail","msg":"failed to validate","error":"One",)"
           R"("field_errors":{"password":["password failed"],)"
           R"("title":["This field is required","really"]}})");
  EXPECT_EQ(answer.kind, Kind::kFail);
  ASSERT_NE(answer.FieldError("password"), nullptr);
  EXPECT_EQ(*answer.FieldError("password"), "password failed");
  EXPECT_EQ(*answer.FieldError("title"), "This field is required, really");
  EXPECT_EQ(answer.FieldError("stream"), nullptr);
  EXPECT_EQ(answer.message,
            "failed to validate; password: password failed; title: This field "
            "is required, really");
}

TEST_F(InthingClientTest, AFailWithoutDetailsIsStillAFail) {
  EXPECT_EQ(Answer(200, R"({"status":"fail"})").message,
            "event failed to validate");
}

TEST_F(InthingClientTest, ARateLimitTellsHowLongToWait) {
  // 1,700,000,000 is 20 s into its minute and 800 s into its quarter hour.
  PostAnswer answer = Answer(
      200, R"({"status":"ratelimited","msg":"you have exceeded the maximum of )"
           R"(20 requests in 60 seconds"})");
  EXPECT_EQ(answer.kind, Kind::kRateLimited);
  EXPECT_EQ(answer.retry_after, absl::Seconds(40));
  EXPECT_FALSE(answer.is_unclaimed_limit);
  answer = Answer(200, R"({"status":"ratelimited","msg":"Unclaimed streams )"
                       R"(are rate-limited to 30 events in 15 minutes"})");
  EXPECT_EQ(answer.retry_after, absl::Seconds(100));
  EXPECT_TRUE(answer.is_unclaimed_limit);
}

TEST_F(InthingClientTest, TheServersClockCountsNotOurs) {
  const PostAnswer answer =
      Answer(200, R"({"status":"ratelimited","msg":"... in 60 seconds"})",
             {{"Date", "Tue, 14 Nov 2023 22:13:50 GMT"}});
  EXPECT_EQ(answer.retry_after, absl::Seconds(10));
  EXPECT_EQ(Answer(200, R"({"status":"ratelimited","msg":"x"})",
                   {{"Retry-After", "7"}})
                .retry_after,
            absl::Seconds(7));
}

TEST_F(InthingClientTest, EveryDocumentedLimitMessageIsUnderstood) {
  const absl::Time at = absl::FromUnixSeconds(900 * 1'000'000 + 1);
  EXPECT_EQ(RateLimitWait("you have exceeded the maximum of 20 requests in 60 "
                          "seconds",
                          at),
            absl::Seconds(59));
  EXPECT_EQ(RateLimitWait("you have exceeded the maximum of 100 requests in "
                          "900 seconds",
                          at),
            absl::Seconds(899));
  EXPECT_EQ(RateLimitWait(
                "Unclaimed streams are rate-limited to 10 events a minute", at),
            absl::Seconds(59));
  EXPECT_EQ(RateLimitWait("Unclaimed streams are rate-limited to 30 events in "
                          "15 minutes",
                          at),
            absl::Seconds(899));
  EXPECT_EQ(RateLimitWait("", at), absl::Seconds(59));
  EXPECT_EQ(RateLimitWait("in 0 seconds", at), absl::Seconds(59));
}

TEST_F(InthingClientTest, AnAnswerThatCannotBeUnderstoodMayHideASuccess) {
  for (const char* body :
       {"", "<html>", "[1]", "\"ok\"", "{", R"({"status":"ok"})",
        R"({"status":"ok","event":{}})"}) {
    EXPECT_EQ(Answer(200, body).kind, Kind::kLost) << body;
  }
  EXPECT_EQ(Answer(500, "<html>oops</html>").kind, Kind::kLost);
  EXPECT_EQ(Answer(502, "").kind, Kind::kLost);
  EXPECT_EQ(Answer(200, "{}").kind, Kind::kServerError);
  EXPECT_NE(Answer(500, "<b>oops</b>").message.find("HTTP 500"),
            std::string::npos);
}

TEST_F(InthingClientTest, AnAnswerOfAProxyIsARefusal) {
  for (int status : {301, 400, 401, 403, 404, 413, 429, 503}) {
    const PostAnswer answer = Answer(status, "no", {{"Retry-After", "3"}});
    EXPECT_EQ(answer.kind, Kind::kRefused) << status;
    EXPECT_EQ(answer.http_status, status);
    EXPECT_EQ(answer.retry_after, absl::Seconds(3));
  }
}

TEST_F(InthingClientTest, AFailureTellsWhetherTheRequestWentOut) {
  EXPECT_EQ(Fail(absl::UnavailableError("refused"), false).kind,
            Kind::kUnreachable);
  EXPECT_EQ(Fail(absl::UnavailableError("reset"), true).kind, Kind::kLost);
  EXPECT_EQ(Fail(absl::DeadlineExceededError("slow"), true).kind, Kind::kLost);
  EXPECT_EQ(Fail(absl::FailedPreconditionError("certificate"), false).kind,
            Kind::kMisconfigured);
}

TEST_F(InthingClientTest, DestroyingTheCallCancelsIt) {
  Post post;
  post.title = "T";
  Send(post);
  call_.reset();
  executor_.RunReady();
  EXPECT_TRUE(http_.requests().back()->cancelled());
  EXPECT_FALSE(answer_.has_value());
}

TEST_F(InthingClientTest, MakesAStream) {
  client_ = std::make_unique<InthingClient>(options_, &http_, &random_ref_);
  std::optional<absl::StatusOr<NewStream>> made;
  const auto make = [&](std::string body) {
    call_ = client_->MakeStream([&](auto stream) { made = std::move(stream); });
    executor_.RunReady();
    http_.open()->Respond(200, std::move(body));
    executor_.RunReady();
  };
  make(R"({"jsonrpc":"2.0","id":2,"result":{"status":"ok","id":"4d9f",)"
       R"("slug":"4d9f","password":null,"url":"https://x/s/4d9f/"}})");
  const HttpRequest& request = http_.requests().back()->request();
  EXPECT_EQ(request.url, "https://www.inthing.io/api/public/");
  EXPECT_EQ(FindHeader(request.headers, "content-type"), "application/json");
  EXPECT_EQ(request.body,
            R"({"jsonrpc": "2.0", "method": "stream.new", "params": {}, )"
            R"("id": 2})");
  ASSERT_TRUE(made->ok()) << made->status();
  EXPECT_EQ((*made)->id, "4d9f");
  EXPECT_EQ((*made)->password, "");
  EXPECT_EQ((*made)->url, "https://x/s/4d9f/");
  for (const char* bad : {R"({"jsonrpc":"2.0","id":2,"result":{}})",
                          R"({"jsonrpc":"2.0","id":2,"result":7})", "<html>"}) {
    make(bad);
    EXPECT_EQ(ErrorClassOf(made->status()), v1::Error::BAD_RESPONSE) << bad;
  }
  make(R"({"jsonrpc":"2.0","id":2,"error":{"code":-32603,"message":"no"}})");
  EXPECT_EQ(ErrorClassOf(made->status()), v1::Error::STREAM_ERROR);
}

TEST_F(InthingClientTest, SaysThatNoStreamCouldBeMade) {
  client_ = std::make_unique<InthingClient>(options_, &http_, &random_ref_);
  std::optional<absl::StatusOr<NewStream>> made;
  call_ = client_->MakeStream([&](auto stream) { made = std::move(stream); });
  executor_.RunReady();
  http_.open()->Fail(absl::UnavailableError("refused"), false);
  executor_.RunReady();
  EXPECT_EQ(made->status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(ErrorClassOf(made->status()), v1::Error::CONNECTIVITY);
}

TEST_F(InthingClientTest, CallsManyMethodsAtOnce) {
  client_ = std::make_unique<InthingClient>(options_, &http_, &random_ref_);
  std::optional<absl::StatusOr<std::vector<RpcResult>>> results;
  call_ = client_->CallBatch(
      {{.method = "greet"}, {.method = "greet", .is_notification = true}},
      [&](auto got) { results = std::move(got); });
  executor_.RunReady();
  http_.open()->Respond(200, R"([{"jsonrpc":"2.0","id":2,"result":"Hello"}])");
  executor_.RunReady();
  ASSERT_TRUE(results->ok());
  EXPECT_EQ(*(**results)[0], "\"Hello\"");
  EXPECT_EQ(*(**results)[1], "null");
}

}  // namespace
}  // namespace sluice::inthing
