#include "plugins/disruptive/webhook/push_request.h"

#include <string>

#include "gtest/gtest.h"
#include "plugins/disruptive/webhook/push_testing.h"

namespace sluice::disruptive {
namespace {

constexpr char kSecret[] = "s3cret";
const absl::Time kNow = absl::FromUnixSeconds(1735787045);

class PushRequestTest : public ::testing::Test {
 protected:
  PushRequestTest() { settings_.secrets = {kSecret}; }

  // The status of the refusal; 0: it is taken.
  int Refusal(const HttpServerRequest& request) {
    const auto answer = RefuseRequest(settings_, request, kNow);
    answer_ = answer.value_or(HttpResponse());
    return answer_.status;
  }
  HttpServerRequest Push() {
    return PushRequest(PushBody("e1"), kSecret, kNow);
  }

  WebhookSettings settings_;
  HttpResponse answer_;
};

TEST_F(PushRequestTest, TakesASignedPush) {
  HttpServerRequest request = Push();
  EXPECT_EQ(Refusal(request), 0) << answer_.body;
  request.headers[0].first = "x-DT-signature";
  EXPECT_EQ(Refusal(request), 0);
  for (const char* type : {"application/json", "Application/JSON",
                           "application/json ; charset=utf-8"}) {
    request = Push();
    request.headers.emplace_back("content-type", type);
    EXPECT_EQ(Refusal(request), 0) << type;
  }
}

TEST_F(PushRequestTest, AnswersOnItsPathOnly) {
  HttpServerRequest request = Push();
  settings_.path = "/hooks/d t";
  EXPECT_EQ(Refusal(request), 404);
  request.path = "/hooks/d%20t";
  EXPECT_EQ(Refusal(request), 0);
  request.path = "/hooks/d%20t/";
  EXPECT_EQ(Refusal(request), 404);
}

TEST_F(PushRequestTest, TakesNoOtherMethod) {
  for (const char* method : {"GET", "HEAD", "PUT", "post", "DELETE"}) {
    HttpServerRequest request = Push();
    request.method = method;
    EXPECT_EQ(Refusal(request), 405) << method;
    EXPECT_EQ(FindHeader(answer_.headers, "Allow"), "POST");
  }
}

TEST_F(PushRequestTest, TakesNoOtherContents) {
  HttpServerRequest request = Push();
  request.headers.emplace_back("Content-Type", "text/plain");
  EXPECT_EQ(Refusal(request), 415);
  request = Push();
  request.headers.emplace_back("Content-Encoding", "gzip");
  EXPECT_EQ(Refusal(request), 415);
  request.headers.back().second = "identity";
  EXPECT_EQ(Refusal(request), 0);
}

TEST_F(PushRequestTest, WantsASignature) {
  HttpServerRequest request = Push();
  request.headers.clear();
  EXPECT_EQ(Refusal(request), 401);
  EXPECT_EQ(FindHeader(answer_.headers, "WWW-Authenticate"), "X-Dt-Signature");
  request = PushRequest(PushBody("e1"), "another", kNow);
  EXPECT_EQ(Refusal(request), 401);
  request = Push();
  request.body += " ";
  EXPECT_EQ(Refusal(request), 401);
  EXPECT_EQ(
      Refusal(PushRequest(PushBody("e1"), kSecret, kNow - absl::Hours(2))),
      401);
  // Of two, the first counts.
  request = Push();
  request.headers.insert(request.headers.begin(), {"X-Dt-Signature", "a.b.c"});
  EXPECT_EQ(Refusal(request), 401);
  settings_.secrets.clear();
  EXPECT_EQ(Refusal(request), 0);
}

TEST_F(PushRequestTest, AnswersSayNothingOfTheRequest) {
  HttpServerRequest request = PushRequest("private-body", "another", kNow);
  request.path = "/private-path";
  EXPECT_EQ(Refusal(request), 404);
  EXPECT_EQ(answer_.body.find("private"), std::string::npos);
  request.path = "/";
  EXPECT_EQ(Refusal(request), 401);
  EXPECT_EQ(answer_.body.find("private"), std::string::npos);
}

}  // namespace
}  // namespace sluice::disruptive
