// The source over HTTP.
#include "plugins/lines/http_input.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "plugins/lines/source_testing.h"
#include "tests/testing/loopback_client.h"

namespace sluice::lines {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr char kToken[] = "t0ken";

class HttpInputTest : public ::testing::Test {
 protected:
  HttpInputTest() {
    http_.server.addresses = {"127.0.0.1"};
    http_.server.max_body_bytes = 4096;
    http_.path = "/in";
  }

  void Start() {
    LinesSettings settings;
    settings.input = http_;
    home_.Start(settings);
  }
  static std::string Request(const std::string& body,
                             const std::string& headers = "") {
    return absl::StrCat("POST /in HTTP/1.1\r\nHost: h\r\n", headers,
                        "Content-Length: ", body.size(), "\r\n\r\n", body);
  }
  // The answer to one request on a connection of its own.
  std::string Say(const std::string& request) {
    LoopbackClient client(home_.port());
    client.Send(request);
    return client.ReadAnswer();
  }

  SourceHome home_;
  HttpSettings http_;
};

TEST_F(HttpInputTest, AnswersOnceAllIsSafe) {
  Start();
  EXPECT_EQ(
      home_.health().last().message,
      absl::StrCat("listening at http://127.0.0.1:", home_.port(), "/in"));
  LoopbackClient client(home_.port());
  client.Send(Request("{\"n\":1}\nhello\n{\"n\":2}\n"));
  home_.emitter().AwaitEvents(2);
  home_.Acknowledge();
  const std::string answer = client.ReadAnswer();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200"));
  EXPECT_THAT(answer, HasSubstr("{\"events\":2,\"malformed\":1}"));
  EXPECT_THAT(home_.emitter().data(), ElementsAre("{\"n\":1}", "{\"n\":2}"));
  EXPECT_EQ(home_.emitter().malformed().size(), 1u);
  // A whole body is one emission, on the same connection too.
  client.Send(Request("[{},{}]", "Content-Type: application/json\r\n"));
  home_.emitter().AwaitEvents(4);
  EXPECT_EQ(home_.emitter().emissions(), 2);
  home_.Acknowledge();
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200"));
  EXPECT_EQ(home_.counter("lines_acknowledged_total"), 2u);
}

TEST_F(HttpInputTest, RefusesWhatBringsNoEvents) {
  Start();
  EXPECT_THAT(Say("POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n"),
              StartsWith("HTTP/1.1 404"));
  const std::string get = Say("GET /in HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_THAT(get, StartsWith("HTTP/1.1 405"));
  EXPECT_THAT(get, HasSubstr("Allow: POST"));
  EXPECT_THAT(Say("POST /in HTTP/1.1\r\nHost: h\r\n\r\n"),
              StartsWith("HTTP/1.1 411"));
  EXPECT_THAT(Say(Request(std::string(4097, ' '))), StartsWith("HTTP/1.1 413"));
  EXPECT_THAT(Say(Request("{}", "Content-Type: text/html\r\n")),
              StartsWith("HTTP/1.1 415"));
  EXPECT_THAT(Say(Request("{}", "Content-Encoding: gzip\r\n")),
              StartsWith("HTTP/1.1 415"));
  const std::string bad = Say(Request("{"));
  EXPECT_THAT(bad, StartsWith("HTTP/1.1 400"));
  EXPECT_THAT(bad, HasSubstr("nothing in the body is an event"));
  EXPECT_EQ(home_.emitter().emissions(), 0);
  EXPECT_THAT(Say(Request("[]", "Content-Type: application/json\r\n")),
              StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpInputTest, WantsTheToken) {
  http_.token = kToken;
  Start();
  for (const char* header :
       {"", "Authorization: Bearer t0kem\r\n", "Authorization: Bearer \r\n",
        "Authorization: Bearer t0ken2\r\n", "Authorization: t0ken\r\n",
        "Authorization: Basic t0ken\r\n"}) {
    const std::string answer = Say(Request("{}", header));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 401")) << header;
    EXPECT_THAT(answer, HasSubstr("WWW-Authenticate: Bearer"));
    EXPECT_THAT(answer, testing::Not(HasSubstr(kToken)));
  }
  EXPECT_EQ(home_.emitter().emissions(), 0);
  EXPECT_EQ(home_.counter("lines_unauthorized_total"), 6u);
  LoopbackClient client(home_.port());
  client.Send(Request("{}", "authorization: bearer t0ken\r\n"));
  home_.emitter().AwaitEvents(1);
  home_.Acknowledge();
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpInputTest, PutsOffWhatTheQueueHasNoRoomFor) {
  Start();
  home_.SetFull(true);
  for (int i = 0; i < 3; ++i) {
    const std::string answer = Say(Request("{}"));
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 503"));
    EXPECT_THAT(answer, HasSubstr("Retry-After: 5"));
  }
  EXPECT_EQ(home_.counter("lines_put_off_total"), 3u);
  home_.SetFull(false);
  LoopbackClient client(home_.port());
  client.Send(Request("{}"));
  home_.emitter().AwaitEvents(1);
  home_.Acknowledge();
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 200"));
}

TEST_F(HttpInputTest, PutsOffWhatIsNotSafeInTimeOrWhenItStops) {
  http_.answer_timeout = absl::Milliseconds(50);
  Start();
  EXPECT_THAT(Say(Request("{}")), StartsWith("HTTP/1.1 503"));
  home_.Acknowledge();
  home_.Stop();
  http_.answer_timeout = absl::Seconds(30);
  Start();
  LoopbackClient client(home_.port());
  client.Send(Request("{}"));
  home_.emitter().AwaitEvents(2);
  home_.Stop();
  EXPECT_THAT(client.ReadAnswer(), StartsWith("HTTP/1.1 503"));
}

TEST(RefuseRequestTest, ComparesDecodedPaths) {
  HttpSettings settings;
  settings.path = "/a b";
  HttpServerRequest request;
  request.method = "POST";
  request.headers = {{"Transfer-Encoding", "chunked"}};
  request.path = "/a%20b";
  EXPECT_FALSE(RefuseRequest(settings, request).has_value());
  request.path = "/a%20b/";
  EXPECT_EQ(RefuseRequest(settings, request)->status, 404);
}

}  // namespace
}  // namespace sluice::lines
